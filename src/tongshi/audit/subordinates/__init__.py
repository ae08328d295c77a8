"""Heads that subordinate nodes hand over: kept as they came, and compared with those before."""
