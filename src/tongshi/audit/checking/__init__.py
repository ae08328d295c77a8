"""Verifying a running node's chain beside its work, and reading an export without a node."""
