"""Passwords as argon2id hashes, a bounded number of them at once.

In: passwords.  Out: hashes, and whether one is right.  Only `service` is here: it has the chance.
"""
