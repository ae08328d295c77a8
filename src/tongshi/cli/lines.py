"""The log's layout: one event is one line, whatever a name from outside has in it.

Names arrive by SIP, by forms and by headers.  A line end in one of them would begin an event that
nobody logged, and an escape would move a terminal's cursor over one that somebody did.
"""

import logging
import unicodedata
from types import TracebackType

LAYOUT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_BREAKS = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of characters that end lines, steer terminals, or turn the order of letters."""
Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
_FOLLOWS = "  | "
"""Before each line of a traceback, which no event begins with."""


def spell_out(text: str) -> str:
    """Return *text* on one line: what would break or turn it is spelt as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        letter.encode("unicode_escape").decode("ascii")
        if unicodedata.category(letter) in _BREAKS
        else letter
        for letter in text
    )


class Lines(logging.Formatter):
    """Writes each event as one line, and below it the lines of a traceback, marked as such."""

    def __init__(self) -> None:
        super().__init__(LAYOUT)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line of *record*."""
        return spell_out(super().formatMessage(record))

    def formatException(self, ei: Raised) -> str:
        """Return a traceback, no line of which can pass for an event."""
        return "\n".join(
            _FOLLOWS + spell_out(line) for line in super().formatException(ei).split("\n")
        )
