"""What people chose to be told by devices, kept across restarts."""
