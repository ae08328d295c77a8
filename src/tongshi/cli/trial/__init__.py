"""``tongshi demo --check``: the whole chain, held against what must hold, without a browser.

In: a running node and its simulated devices.  Out: a `verdict.Verdict`, one line a promise, with
figures.  Everything goes through the doors that browsers and devices use: HTTP, WebSocket, SIP,
RTP; pictures are decoded and the counters burnt into them are read.
"""
