"""Webhooks: what other programs are told, signed, and told again until they heard it."""
