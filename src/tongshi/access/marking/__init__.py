"""Marks of cameras, as people set them: what grants select by, beside divisions."""
