"""What accounts did, as the watch reads and remembers it."""
