"""The audit chain: every security-relevant act, append-only, each bound to the one before."""
