"""A client of the interface for other programs, of the standard library alone."""
