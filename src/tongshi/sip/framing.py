"""Messages out of a TCP stream.

Theory of operation.  What is between messages, keep-alives and stray bytes, is skipped until a
line that looks like a start line; so a device that puts private bytes on the connection wedges
nothing.  A message ends where its Content-Length says; one without is taken to have no body.

Source: RFC 3261 7.5 and 18.3; RFC 5626 3.5.1 (CRLF keep-alives between messages).
"""

import re

_TOKEN = rb"[A-Za-z0-9\-.!%*_+`'~]{1,64}"
_REQUEST = re.compile(_TOKEN + rb" +[^ ]+ +SIP/[0-9]")
_BROKEN_REQUEST = re.compile(_TOKEN + rb" +[^ ].* SIP/[0-9]", re.S)
_RESPONSE = re.compile(rb"SIP/2\.0 +[0-9]")
_TOKEN_AT_END = re.compile(_TOKEN + rb"$")
_BLANK = re.compile(rb"[\r\n\0 \t]+")
_END = re.compile(rb"\n\r*\n")
_LENGTH = re.compile(
    rb"^(?:content-length|l)[ \t]*:(?:[ \t]*\r*\n[ \t])?[ \t]*([0-9]{1,18})[ \t\r]*$", re.I | re.M
)
# A start line is looked for in so many bytes before the line's end.
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
        end = _END.search(self._buffer, max(0, self._searched - 8))
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
        while self._buffer:
            blank = _BLANK.match(self._buffer)
            if blank is not None:
                self._skip(blank.end())
            line = self._buffer.find(b"\n")
            if line < 0:
                if len(self._buffer) > _LINE:
                    self._skip(len(self._buffer) - _LINE)
                return False
            if line > _LINE:
                self._skip(line - _LINE)
                line = _LINE
            start = _locate(bytes(self._buffer[:line]))
            if start >= 0:
                self._skip(start)
                return True
            self._skip(line + 1)
        return False

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


def _locate(line: bytes) -> int:
    """Return where in *line* a start line begins, -1 for nowhere."""
    if _REQUEST.match(line) or _RESPONSE.match(line):
        return 0
    at = line.find(b"SIP/")
    while at >= 0:
        if _RESPONSE.match(line, at):
            return at
        before, _, uri = line[:at].rstrip(b" ").rpartition(b" ")
        before = before.rstrip(b" ")
        method = _TOKEN_AT_END.search(before[-64:])
        if uri and method is not None:
            return len(before) - len(method[0])
        at = line.find(b"SIP/", at + 4)
    # Spaces inside the Request-URI: whole enough to be refused rather than skipped.
    return 0 if _BROKEN_REQUEST.match(line) else -1
