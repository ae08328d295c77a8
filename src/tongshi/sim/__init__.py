"""Cameras, recorders and a platform that exist only as programs.

What enters: SIP requests of a platform over UDP or TCP, orders, a list of quirks and impairments.
What leaves: registrations, keepalives, answers, notices, and RTP with real encoded moving pictures,
live and recorded; pictures uploaded and sound heard.

Clauses: GB/T 28181-2022 9.1 to 9.9 and 9.11 to 9.14, annexes A, B (MANSRTSP), C (PS over RTP),
D (media over TCP), G (SDP), M (answers in parts), N (catalog subscription).

Every exchange runs through the cores that the platform itself is built of; only what a quirk
names is done otherwise.  This package is a leaf: the product never imports it.

    glyphs strip canvas motion thing picture   views, drawn
    encode tone film scene snapshot            views, encoded once and shared by cameras
    tape vault archive playback player         recordings: a function of time, kept by rule, played
    quirk quirk_* quirks impair                how a device deviates, and what the wire does
    profile join listing wording disguise      what it says, rightly or not
    body head route                            what it is: heads, recordings, guards, cards, places
    device correspondent presence host event   the device's core and what its parts see of it
    answering telling obeying configuration    queries, control, settings
    calling call reply history hearing         sessions: live, recorded, spoken
    reporting notice                           subscriptions, alarms, positions, changes
    depot dress carriage rtpline outlet streaming ears  its media
    camera stage porter errand                 the device on sockets: media, uploads, firmware
    recorder subordinate town fleet orders     many devices, and what they can be told to do
    diary load mediaload unrest                what they tell; very many devices
    platform office witness desk               somebody to talk to, and somebody to look
    world                                      all of it in virtual time
"""
