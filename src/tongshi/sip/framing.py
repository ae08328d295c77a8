"""Messages out of a TCP stream.

Source: RFC 3261 7.5 and 18.3; RFC 5626 3.5.1 (CRLF keep-alives between messages).
"""


class Framer:
    """Cut a stream into messages; skip what is between them.

    skipped: bytes so far that belonged to no message.
    broken: why the stream can no longer be cut, "" while it can; close the connection then.
    """

    def __init__(self, *, max_head: int = 32768, max_body: int = 1 << 20) -> None:
        self.skipped = 0
        self.broken = ""

    def feed(self, data: bytes) -> list[bytes]:
        """Take what was read; return the messages that are whole now."""
        raise NotImplementedError

    @property
    def pending(self) -> int:
        """Bytes kept for a message that is not whole yet."""
        raise NotImplementedError
