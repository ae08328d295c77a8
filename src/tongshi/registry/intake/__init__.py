"""What comes in from devices, on its way into the store.

In: registrations, descriptions, changes of a catalog.  Out: rows.
"""
