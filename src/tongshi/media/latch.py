"""One stream of several of a kind.

Source: ISO/IEC 13818-1 2.4.1: a program may hold many streams; a camera's pictures are one.
"""

STRANGERS = 100
"""Packets of another stream in a row after which the chosen one counts as silent."""


class Latch:
    """One stream_id, or packet id, of several: the first, or another when that fell silent."""

    __slots__ = ("_chosen", "_strangers")

    def __init__(self) -> None:
        self._chosen = -1
        self._strangers = STRANGERS

    def admits(self, stream_id: int) -> bool:
        """Return whether packets with *stream_id* are taken."""
        if stream_id != self._chosen:
            self._strangers += 1
            if self._strangers <= STRANGERS:
                return False
            self._chosen = stream_id
        self._strangers = 0
        return True
