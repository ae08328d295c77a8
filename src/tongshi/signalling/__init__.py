"""The neighbours that speak GB/T 28181, and the live sessions with them.

In: SIP over UDP and TCP; calls of the parts above: open a session, ask for a catalog, restore what
the store knew.  Out: SIP; the events of ``event`` to whoever subscribed; sessions whose media an
``Engine`` receives.  ``platform.Signalling`` is the face: it owns the endpoint, the registrar, the
watch and the sockets.  State of devices lives in memory and is authoritative while it runs.

Clauses: GB/T 28181-2022 9.1 (registration), 9.6 (keepalive), 9.5 (queries), 9.2 (live), annexes
D, G, L, M (media over TCP, SDP, Subject, answers in parts).

    event       what is told upward, as values
    neighbours  who is registered, where, and whether it lives
    queries     catalog, DeviceInfo, DeviceStatus: paced, bounded, gathered
    exchange    one request, one answer, awaited
    waiting     answers on their way, by SN
    reception   what peers ask, and what they are answered
    calls       one INVITE, from the call to the BYE
    upstream    one attempt to get media flowing, and all that it holds
    sessions    one upstream a (device, channel, kind), shared by its viewers
    holders     all that holds media: sessions, histories, talks
    unasked     what devices tell of themselves, with and without a subscription
    entrance    the registrar and its doorkeeper, as the settings make them
    links       the sockets, UDP and TCP under one port
    reactions   what we do ourselves about what we tell
    platform    the face
"""
