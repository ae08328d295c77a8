"""GB/T 28181 without I/O: what this standard adds to SIP, both sides of each exchange.

Enters: SIP requests and responses, XML bodies, session descriptions, the time, tokens.
Leaves: requests and responses to send, typed messages, events, deadlines.

Clauses of GB/T 28181-2022, by module:

========================  =========================================================================
codes, identifier, civil  annex E: the 20-digit code, its types, industries, networks, divisions
version                   annex I: ``X-GB-Ver``
manscdp                   annex A: the XML bodies
catalog, parts, gather    A.2.1.9, annexes J and M: catalog items, answers in parts, their gathering
registration, registrant  9.1: registration as server and as client
keepalive, deadlines      9.6: status reports as client and as server
media_format, subject     annexes G and L: ``f=``, ``Subject``
ssrc, invite              annex G: ``y=`` leases, offers and answers
session                   9.2: a live session as caller and as callee
========================  =========================================================================

Peers write ids that are no 20-digit codes; so ids travel as ``str`` and are parsed where their
meaning is needed.
"""
