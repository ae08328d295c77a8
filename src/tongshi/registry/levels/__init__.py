"""Levels of the tree in the store: what hangs under an entry, what stands in a division."""
