"""The list of purposes: read before every look, changed by the security administrator."""
