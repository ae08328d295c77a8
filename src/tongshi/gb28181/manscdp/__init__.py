"""MANSCDP: the XML that MESSAGE and NOTIFY carry.

Enters: bodies as peers write them.  Leaves: typed messages; and the other way round.

Source: GB/T 28181-2022 annex A.

``read`` and ``write`` are the whole face; the messages are in query, notify, response.
"""

from tongshi.gb28181.manscdp.message import Message, Other, read, write

CONTENT_TYPE = "Application/MANSCDP+xml"
"""Media type of the bodies; peers differ in its case."""

__all__ = ["CONTENT_TYPE", "Message", "Other", "read", "write"]
