"""Tokens of programs: ``Authorization: Bearer tst_<id>_<secret>``, their quotas, what they used.

In: tokens as requests show them, the address that they come from, calls, watched seconds, bytes.
Out: the account behind a token, narrowed to the token's scopes; `Exhausted` with the quota that is
spent; usage by token, hour and kind of call.

A token belongs to a SERVICE account, names what it may (never more than its account), has an end,
and may name the networks that it works from.  Only a digest of it is kept; the token itself is
told once.  Whatever is wrong with a token, the answer is the same.

    token    what a token is, how it is spelt, when it counts; pure
    quota    what may be used in a minute and a day, and when there is more; pure
    usage    what was used, by hour and kind, and its sums; pure
    store    the statements
    service  chance, time, threads
"""
