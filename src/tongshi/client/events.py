"""What changes on a node, as it changes: server-sent events, taken up again after a break."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

RELOAD = "reload"
"""Topic of what stands for everything that was missed: ask anew for what you show."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change.  id: by which the stream is taken up again.  topic: as ``alarm``."""

    id: str
    topic: str
    data: Mapping[str, object]


class Parser:
    """Makes events of lines.  Source: HTML Living Standard, 9.2.6.

    last_id: of the newest line that named one.
    """

    def __init__(self, last_id: str = "") -> None:
        self.last_id = last_id
        self._topic = ""
        self._data: list[str] = []

    def take(self, line: bytes) -> Event | None:
        """Take one line without its end; return the event that an empty line completes."""
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if not text:
            return self._complete()
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            self.last_id = value
        elif name == "event":
            self._topic = value
        elif name == "data":
            self._data.append(value)
        return None

    def _complete(self) -> Event | None:
        topic, data = self._topic, "\n".join(self._data)
        self._topic, self._data = "", []
        if not topic and not data:
            return None
        try:
            body = json.loads(data) if data else {}
        except ValueError:
            return None
        return Event(self.last_id, topic, body) if isinstance(body, dict) else None


def read(lines: Iterator[bytes], parser: Parser) -> Iterator[Event]:
    """Yield the events of *lines*."""
    for line in lines:
        event = parser.take(line)
        if event is not None:
            yield event
