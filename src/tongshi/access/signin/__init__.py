"""Signing in: a password, a code, and the session that they open.

In: names, passwords, codes, tokens, addresses.  Out: sessions; pauses for who guesses.

`pace` says how failures pause, without chance or clock.  Each step gives a fresh token: what was
known before a step opens nothing after it.
"""
