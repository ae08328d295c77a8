"""Who decides in whose place, between two dates."""
