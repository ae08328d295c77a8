"""Reported positions in the store: the newest of each channel, and every one for a while."""
