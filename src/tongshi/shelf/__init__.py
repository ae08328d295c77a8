"""What devices bring and fetch by HTTP: pictures and firmware, on disk, listed in the store.

In: bodies of uploads, files of firmware, what devices tell of upgrades.  Out: pictures with their
sizes, files to send, how far upgrades have come.

Clauses: GB/T 28181-2022 9.13 (upgrade), 9.14 (snapshot), A.2.5.7, A.2.5.9.

`jpeg`, `parcel`, `picture`, `firmware` are pure; `store` has the statements, `service` files, time
and chance.  No path is ever taken from a peer: a file has its row's number for a name.
"""
