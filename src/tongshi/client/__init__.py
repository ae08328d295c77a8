"""A client of the interface for other programs, of the standard library alone.

In: the address of a node, and a token or a name with its password.  Out: devices, channels,
addresses of live pictures and playback, downloads, snapshots, alarms, events, usage; `Failure` with
the code, title and advice that the node gave.

It imports nothing of the platform: the folder can be copied into another program.

    failure   what can go wrong
    wire      one call and its answer
    pages     lists, page by page
    events    what changes, as it changes
    shapes    what answers look like
    views     open pictures
    platform  `Platform`: start here
    signature whether a webhook's delivery is genuine
"""
