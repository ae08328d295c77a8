"""Accounts in the store: who may sign in, until when, and with what.

In: persons and hashes.  Out: persons and accounts as values.  What a change of an account needs
stands in `access.service.People`.
"""
