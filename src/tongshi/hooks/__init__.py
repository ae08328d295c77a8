"""Webhooks: what changes, told to other programs over HTTP, signed, in order, again until heard.

In: notices of the feed, what administrators decide.  Out: POST requests with a JSON body and
``Tongshi-Signature``; what became of each delivery.

A hook tells what the account that owns it may know, camera by camera, at the moment when it is
sent.  Deliveries stand in the store until they are taken or given up; a hook's are sent one after
the other, and each hook by itself, so that a slow receiver delays nobody.

    hook      what a hook is, and its deliveries; pure
    target    the url that may be called, and the addresses that may be connected to; pure
    pause     how long to wait after a failure, and when to give up; pure
    signature how a body is signed; pure
    exchange  the bytes of one request and its answer; pure
    store     the statements
    service   sockets, time, chance, threads
"""
