"""`node.Node`: the parts list.  Builds every part of a node, joins them, owns what runs.

In: settings, a clock.  Out: a platform that listens on SIP, media and HTTP until it is stopped.

`chronicle` hands what signalling says to the parts that keep it; `web` runs the HTTP server inside
the node's loop.  Several nodes can live in one process: nothing here is global.
"""
