"""The HTTP interface under ``/api``: what pages and other programs ask of a node.

In: HTTP requests of signed-in people, one `parts.Parts` with the services that answer them,
notices that ``app`` publishes to `feed.Feed`, the engine's events to `views.Views`.
Out: JSON described by ``/api/openapi.json``, problem details (RFC 9457) in Chinese or English,
server-sent events, single-use tickets for pictures.

``routes`` is the table: every row names its permission.  `views.Views` owns every open view: an
entry in the access register stands before the first INVITE and is closed when the view ends.
``text`` is the one catalogue of words, which the console shares.
"""
