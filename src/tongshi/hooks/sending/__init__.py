"""One delivery on its way: to a checked address, within its bounds.

service  the connection
"""
