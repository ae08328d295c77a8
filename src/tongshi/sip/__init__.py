"""SIP without sockets or clocks: RFC 3261, with RFC 3581 (rport) and RFC 6026 (INVITE and 2xx).

In: datagrams or TCP messages with their source, and the time.  Out: datagrams with their target,
events, and the moment to call again.  :class:`~tongshi.sip.endpoint.Endpoint` is the face; what
stands below it can be used alone: ``uri`` and ``headers`` (clauses 19, 20, 25), ``message``
(clause 7), ``framing`` (18.3), ``transaction`` (17, as tables), ``dialog`` (12).
"""
