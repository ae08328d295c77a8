"""Cells: cameras that no grant tells apart but by name, numbered, so that lists compare a number.

In: channels and devices whose division or marks are new.  Out: the number of the cell of each, to
be written with it, and the cells that a scope is compiled against.  What has no number is in no
scope but that of everything.
"""
