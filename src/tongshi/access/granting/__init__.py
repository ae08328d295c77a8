"""Grants at work: kept, compiled for who asks, decided, tested as somebody; marks of cameras.

In: who asks, for which camera and why.  Out: a `Decision`, a `Scope` for lists, or the error that
a camera which is not there gives as well.
"""
