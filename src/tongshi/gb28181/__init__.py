"""GB/T 28181 without I/O: what this standard adds to SIP, both sides of each exchange.

Enters: SIP requests and responses, XML bodies, session descriptions, the time, tokens.
Leaves: requests and responses to send, typed messages, events, deadlines.

Clauses of GB/T 28181-2022, by module:

==============================  ================================================================
codes, identifier, civil        annex E: the 20-digit code, its types, industries, networks
version                         annex I: ``X-GB-Ver``
manscdp, element                annex A: the XML bodies
ptz, picture_name               A.3: words that turn a camera; 9.14: names of pictures
catalog, parts, gather          A.2.1.9, annexes J and M: items, answers in parts, gathering
registration, registrant, date  9.1, 9.10: registration as server and as client
keepalive                       9.6: status reports as client and as server
media_format, subject           annexes G and L: ``f=``, ``Subject``
ssrc, description, invite       annex G: ``y=`` leases, descriptions, offers and answers
session, steps                  9.2: a session as caller and as callee
subscription, notifier          9.11, annex N: a subscription as subscriber and as notifier
sequence                        which notice is new, which a repetition, which came too late
==============================  ================================================================

Peers write ids that are no 20-digit codes; so ids travel as ``str`` and are parsed where their
meaning is needed.
"""
