"""The node's signing key: made once, in a file of its own beside the store."""
