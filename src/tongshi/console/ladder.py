"""A ladder as it is drawn: which lane each actor has, and what stands on each arrow."""

from collections.abc import Sequence
from dataclasses import dataclass

from tongshi.sip.trace import PLATFORM, Ladder, Row

LANES = 6
"""Lanes at the most; the actors beyond share the last."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One actor's line.  name: its id, empty when it gave none; place: ``host:port``."""

    name: str
    place: str
    platform: bool
    others: int = 0


@dataclass(frozen=True, slots=True)
class Rung:
    """One arrow.  left, right: lanes from 1; rightward: its way; span: lanes it covers.

    tone: ``good``, ``bad``, ``busy`` for answers, empty for requests.  about: what it carries.
    """

    row: Row
    left: int
    right: int
    rightward: bool
    span: int
    tone: str
    about: str
    body: str


def lanes_of(ladder: Ladder) -> list[Lane]:
    """Return the actors in their order, the platform first."""
    lanes = [
        Lane(name, "" if actor == PLATFORM else actor, actor == PLATFORM)
        for actor, name in zip(ladder.actors, ladder.names, strict=True)
    ]
    if len(lanes) > LANES:
        kept = lanes[: LANES - 1]
        return [*kept, Lane("", "", False, len(lanes) - len(kept))]
    return lanes


def rungs_of(ladder: Ladder) -> list[Rung]:
    """Return the messages as arrows, in their order."""
    return [_rung(row, ladder.actors) for row in ladder.rows]


def tone_of(label: str) -> str:
    """Return how an answer sounds: its class of status; empty for a request."""
    status = label.partition(" ")[0]
    if not status.isdecimal():
        return ""
    if status.startswith("1"):
        return "busy"
    return "good" if status.startswith("2") else "bad"


def indent(body: str) -> str:
    """Return an XML *body* of one element a line with two spaces a depth; other text as it is."""
    if not body.startswith("<"):
        return body
    depth, lines = 0, []
    for line in body.splitlines():
        text = line.strip()
        if text.startswith("</"):
            depth = max(0, depth - 1)
        lines.append("  " * depth + text)
        if _opens(text):
            depth += 1
    return "\n".join(lines)


def _opens(text: str) -> bool:
    """Whether a line opens an element that it does not close."""
    if not text.startswith("<") or text.startswith(("</", "<?", "<!")) or text.endswith("/>"):
        return False
    return "</" not in text


def _rung(row: Row, actors: Sequence[str]) -> Rung:
    source, target = (min(actors.index(actor), LANES - 1) + 1 for actor in (row.source, row.target))
    left, right = min(source, target), max(source, target)
    tone = tone_of(row.label)
    method = row.cseq.partition(" ")[2] if tone else ""
    about = " ".join(filter(None, (method, row.command, f"SN {row.sn}" if row.sn else "")))
    return Rung(row, left, right, source < target, right - left + 1, tone, about, indent(row.body))
