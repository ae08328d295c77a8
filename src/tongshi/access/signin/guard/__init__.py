"""What stands between guessing and getting in: failures counted and pauses kept, in the store.

In: attempts that failed.  Out: whether one that comes now is refused.  The rule is `signin.pace`.
"""
