"""Purposes and requests: what needs somebody's yes, who gives it, and for how long."""
