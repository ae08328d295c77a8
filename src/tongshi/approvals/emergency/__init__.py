"""Broken glass: rights taken at once in an emergency, told at once, reviewed afterwards."""
