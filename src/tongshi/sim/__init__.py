"""Cameras, recorders and a platform that exist only as programs.

What enters: SIP requests of a platform over UDP or TCP, and a list of quirks and impairments.
What leaves: registrations, keepalives, answers, and RTP with real encoded moving pictures.

Clauses: GB/T 28181-2022 9.1 (registration), 9.2 (live), 9.5 (catalog, DeviceInfo, DeviceStatus),
9.6 (keepalive), annex C (PS over RTP), annex D (media over TCP), annex G (SDP).

Every exchange runs through the cores that the platform itself is built of; only what a quirk
names is done otherwise.  This package is a leaf: the product never imports it.

    glyphs strip picture encode tone scene     pictures: drawn, encoded once, shared by cameras
    quirk impair dress                         how a device deviates, and what the wire does
    device sender camera recorder platform     the peers, pure core first, then sockets
    world fleet                                many of them: in virtual time, or in a process
"""
