"""Messages out of a TCP stream.

Theory of operation.  What is between messages, keep-alives and stray bytes, is skipped until a
line that looks like a start line; so a device that puts private bytes on the connection wedges
nothing.  A message ends where its Content-Length says; one without is taken to have no body.

Source: RFC 3261 7.5 and 18.3; RFC 5626 3.5.1 (CRLF keep-alives between messages).
"""

import re

_START = re.compile(
    rb"(?:SIP/2\.0[ ]+[1-6][0-9][0-9]|[A-Za-z0-9\-.!%*_+`'~]{1,64}[ ]+[^\s]{1,2048}[ ]+SIP/[0-9])",
    re.IGNORECASE,
)
_END = re.compile(rb"\r*\n\r*\n")
_LENGTH = re.compile(
    rb"^(?:content-length|l)[ \t]*:(?:[ \t]*\r*\n[ \t])?[ \t]*([0-9]{1,18})[ \t\r]*$", re.I | re.M
)
# A start line is looked for in so much; what is longer and has none cannot become one.
_LINE = 4096


class Framer:
    """Cut a stream into messages; skip what is between them.

    max_head, max_body: bytes.
    skipped: bytes so far that belonged to no message.
    broken: why the stream can no longer be cut, "" while it can; close the connection then.
    """

    __slots__ = ("_buffer", "_max_body", "_max_head", "_searched", "_size", "broken", "skipped")

    def __init__(self, *, max_head: int = 32768, max_body: int = 1 << 20) -> None:
        self._buffer = bytearray()
        self._max_head = max_head
        self._max_body = max_body
        self._searched = 0
        self._size = 0
        self.skipped = 0
        self.broken = ""

    def feed(self, data: bytes) -> list[bytes]:
        """Take what was read; return the messages that are whole now."""
        if self.broken:
            self.skipped += len(data)
            return []
        self._buffer += data
        messages: list[bytes] = []
        while self._size or self._find_message():
            if len(self._buffer) < self._size:
                break
            messages.append(bytes(self._buffer[: self._size]))
            self._drop(self._size)
        return messages

    @property
    def pending(self) -> int:
        """Bytes kept for a message that is not whole yet."""
        return len(self._buffer)

    def _find_message(self) -> bool:
        """Whether the buffer begins with a whole head; its message's size is known then."""
        if not self._searched and not self._find_start():
            return False
        end = _END.search(self._buffer, max(0, self._searched - 4))
        if end is None:
            # Something was searched, so that the start line is not looked for again.
            self._searched = max(1, len(self._buffer))
            if len(self._buffer) > self._max_head:
                self._give_up("head is too long")
            return False
        if end.end() > self._max_head:
            self._give_up("head is too long")
            return False
        return self._measure(end.end())

    def _measure(self, head: int) -> bool:
        length = _LENGTH.search(self._buffer, 0, head)
        # What is no number counts as none: the message is passed on to be refused.
        body = int(length[1]) if length is not None else 0
        if body > self._max_body:
            self._give_up("body is too long")
            return False
        self._size = head + body
        return True

    def _find_start(self) -> bool:
        """Skip to a start line; whether the buffer begins with one."""
        blank = len(self._buffer) - len(self._buffer.lstrip(b"\r\n\0 \t"))
        if blank:
            self._skip(blank)
        found = _START.match(self._buffer)
        while found is None:
            line = self._buffer.find(b"\n")
            window = line if line >= 0 else len(self._buffer)
            found = _START.search(self._buffer, 0, window)
            if found is not None:
                self._skip(found.start())
                return True
            if line < 0:
                if window > _LINE:
                    self._skip(window - _LINE)
                return False
            self._skip(line + 1)
            found = _START.match(self._buffer)
        return True

    def _skip(self, count: int) -> None:
        self.skipped += count
        del self._buffer[:count]

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._searched = 0
        self._size = 0

    def _give_up(self, why: str) -> None:
        self.broken = why
        self.skipped += len(self._buffer)
        self._drop(len(self._buffer))
