"""Targets for fuzzing, by the part of the product that peers reach.

In: bytes.  Out: nothing; an exception where a promise was broken.

    texts     one value out of one text or body
    machines  SIP endpoints, registration, sessions, gatherings: what is remembered is bounded
    subscriptions  both halves: each ends once
    intake    uploads, traces, forms, rules, profiles, records, listeners of broadcasts
    streams   media: framing, payloads, pictures, fragments
    doors     gateway, signalling and interface: what stands on the sockets
"""
