"""``tongshi bench``: figures measured on this machine, by a method that the output states.

Out: one object ``{"ok", "method", "machine", "figures"}``, each figure with median, min, max, unit.
The load always comes from another process; every figure is a median of repeated runs.
"""
