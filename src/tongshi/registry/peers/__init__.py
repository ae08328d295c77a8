"""What people decided about peers: who may register, with which password, how each is spoken to.

Enters: rules, passwords and profile fields as people set them.  Leaves: the same, from memory, for
the registrar that asks at every REGISTER.  Passwords go in and never come out: kept are the hashes
of digest authentication, good for one user in one realm.

    rule     one rule of admission, and which of many holds for a device at an address
    store    the statements
    service  use cases: all of it in memory, each change written before it holds
"""
