"""Cameras, recorders and a platform that exist only as programs.

What enters: SIP requests of a platform over UDP or TCP, and a list of quirks and impairments.
What leaves: registrations, keepalives, answers, and RTP with real encoded moving pictures.

Clauses: GB/T 28181-2022 9.1 (registration), 9.2 (live), 9.5 (catalog, DeviceInfo, DeviceStatus),
9.6 (keepalive), annex C (PS over RTP), annex D (media over TCP), annex G (SDP).

Every exchange runs through the cores that the platform itself is built of; only what a quirk
names is done otherwise.  This package is a leaf: the product never imports it.

    glyphs strip canvas motion thing picture   views, drawn
    encode tone film scene                     views, encoded once and shared by cameras
    quirk quirks impair                        how a device deviates, and what the wire does
    profile join listing disguise dress        what it says, rightly or not
    device answering calling                   the device's core
    depot rtpline outlet streaming             its media
    camera recorder town fleet                 devices on sockets, one and many
    platform office witness                    somebody to talk to, and somebody to look
    world                                      all of it in virtual time
"""
