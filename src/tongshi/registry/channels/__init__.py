"""Channels in the store: pages of them, one of them, how many there are by state."""
