"""Whether a chain holds: its lines come in, in order; what is wrong with it comes out.

Pure, and in constant memory: the lines of an export, or those made from a running node's store, are
taken one by one.  See `tongshi.audit.statement` for what the lines are.

::

    header -> anchors -> (entry -> its register row? -> its head?)* -> end

After a fault the examination goes on from what is there, so that one alteration is one finding and
the ones behind it are found as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tongshi.audit.chain import digest_row, genesis, link, name_node
from tongshi.audit.entry import encode
from tongshi.audit.fault import Fault, Finding
from tongshi.audit.head import Head, Purpose, SignedHead, from_plain, holds, read_key
from tongshi.audit.sighting import Sightings
from tongshi.audit.statement import FORMAT, Line
from tongshi.errors import Invalid

MOST = 100
"""Findings that are listed; the rest is counted."""
BACK = 10.0
"""Entries wait for the store: by so much one may be earlier than the one before it, s."""
LEAP = 5.0
"""By so much the wall clock may differ from the monotonic one between two heads, s."""
_ROWS = {"look-begun": "look", "look-ended": "ending"}


@dataclass(frozen=True, slots=True)
class Report:
    """What came of an examination.

    holds: no grave finding.  findings: the first `MOST`, in the order of the chain.  more: those
    that are not listed.  first, last: entries that were there; 0 for none.  unsealed: entries
    behind the last head, for which nothing vouches yet.  passed: heads of the witness that are
    older than what is kept.  key: the one it was checked against, hex; given: it was known
    beforehand, and not merely found in the export.
    """

    holds: bool
    findings: tuple[Finding, ...]
    more: int
    node: str
    key: str
    given: bool
    first: int
    last: int
    entries: int
    heads: int
    rows: int
    witnessed: int
    passed: int
    unsealed: int
    since: float | None
    until: float | None

    @property
    def worst(self) -> Finding | None:
        """The first grave finding, or else the first of all."""
        grave = next((finding for finding in self.findings if finding.grave), None)
        return grave or next(iter(self.findings), None)


class Examination:
    """One examination.  Call :meth:`take` with each line, then :meth:`finish`.

    key: the node's public key as it is known from elsewhere; None takes the export's word for it.
    witnessed: heads that a witness kept, in its order.
    """

    def __init__(self, key: bytes | None = None, witnessed: Iterable[SignedHead] = ()) -> None:
        self._expected = key
        self._key = key or b""
        self._findings: list[Finding] = []
        self._more = 0
        self._broken = False
        self._lines = 0
        self._ended = False
        self._with_rows = False
        self._anchor: SignedHead | None = None
        self._begun = False
        self._seq = 0
        self._first = 0
        # Digests that the next entry may be bound to; none when nobody can tell.
        self._before: tuple[str, ...] = ()
        self._wall: float | None = None
        self._since: float | None = None
        self._head: SignedHead | None = None
        self._beyond: SignedHead | None = None
        self._rewritten = False
        self._counts = {"entries": 0, "heads": 0, "rows": 0}
        self._rows: dict[tuple[str, int], tuple[int, str]] = {}
        self._strays: list[tuple[str, int]] = []
        self._witness = Sightings(witnessed, self._is_signed, self._note)

    @property
    def entries(self) -> int:
        """How many entries were examined so far."""
        return self._counts["entries"]

    def take(self, line: Line) -> None:
        """Examine the next line."""
        self._lines += 1
        if self._lines == 1:
            self._take_header(line)
            return
        match line.get("type"):
            case "entry":
                self._take_entry(line)
            case "look" | "ending":
                self._take_row(str(line["type"]), line.get("row"))
            case "head":
                self._take_signed(line)
            case "end":
                self._ended = True
            case _:
                self._note(Fault.UNREADABLE, self._seq, line=self._lines)

    def finish(self) -> Report:
        """Return what was found; nothing is taken afterwards."""
        self._begin_chain()
        beyond, last = self._beyond, self._head or self._anchor
        if beyond is not None and beyond.head.seq > self._seq:
            head = beyond.head
            self._note(Fault.TRUNCATED, self._seq + 1, number=head.number, last=head.seq)
        self._witness.finish(self._seq, last.head.number if last is not None else 0)
        if self._lines and not self._ended:
            self._note(Fault.CUT)
        self._note_strays()
        for (part, number), (seq, _) in self._rows.items():
            self._note(Fault.ROW_MISSING, seq, part=part, entry=number)
        sealed = last.head.seq if last is not None else 0
        counts = self._counts
        return Report(
            holds=not self._broken,
            findings=tuple(self._findings),
            more=self._more,
            node=name_node(self._key) if self._key else "",
            key=self._key.hex(),
            given=self._expected is not None,
            first=self._first,
            last=self._seq if self._first else 0,
            entries=counts["entries"],
            heads=counts["heads"],
            rows=counts["rows"],
            witnessed=self._witness.seen,
            passed=self._witness.passed,
            unsealed=max(0, self._seq - sealed) if self._first else 0,
            since=self._since,
            until=self._wall,
        )

    # Lines

    def _take_header(self, line: Line) -> None:
        self._with_rows = line.get("rows") is True
        try:
            found = read_key(str(line.get("key", "")))
        except Invalid:
            found = b""
        if line.get("type") != "chain" or line.get("format") != FORMAT or not found:
            self._note(Fault.NO_HEADER)
            return
        if self._expected is not None and found != self._expected:
            self._note(Fault.OTHER_KEY, found=found.hex())
            return
        self._key = found

    def _take_entry(self, line: Line) -> None:
        self._begin_chain()
        seq = line.get("seq")
        if isinstance(seq, bool) or not isinstance(seq, int):
            self._note(Fault.UNREADABLE, self._seq, line=self._lines)
            return
        self._counts["entries"] += 1
        if seq <= self._seq:
            self._misplace(seq)
            return
        if seq > self._seq + 1:
            self._note(Fault.MISSING, self._seq + 1, last=seq - 1)
            self._before = ()
        self._note_strays()
        self._seq = seq
        self._first = self._first or seq
        self._link(seq, line)
        self._note_time(seq, line)
        self._expect_row(seq, line)
        self._witness.compare(seq, self._before)

    def _link(self, seq: int, line: Line) -> None:
        """Compare the entry's digest with that of its content."""
        stored = line.get("digest")
        try:
            content = encode(*(line.get(name) for name in _FIELDS))
        except Invalid:
            content = None
        found = () if content is None else tuple(link(one, content) for one in self._before)
        if stored in found:
            self._before = (str(stored),)
            return
        if self._before or content is None:
            self._note(Fault.EDITED, seq)
        told = (stored,) if isinstance(stored, str) and _is_digest(stored) else ()
        self._before = (*told, *found)

    def _misplace(self, seq: int) -> None:
        """Note an entry that comes when its place is past; one that was missed is not missing."""
        missed = Finding(Fault.MISSING, seq, {"last": seq})
        if missed in self._findings:
            at = self._findings.index(missed)
            self._findings[at] = Finding(Fault.ORDER, seq, {"after": self._seq})
        else:
            self._note(Fault.ORDER, seq, after=self._seq)

    def _note_time(self, seq: int, line: Line) -> None:
        wall = line.get("wall")
        if isinstance(wall, bool) or not isinstance(wall, int | float):
            return  # its digest says so already
        if self._since is None:
            self._since = wall
        if self._wall is not None and wall < self._wall - BACK:
            self._note(Fault.CLOCK_BACK, seq, by=round(self._wall - wall, 1))
        self._wall = wall
        details = line.get("details")
        if line.get("what") == "clock.jumped" and isinstance(details, Mapping):
            self._note(Fault.CLOCK_TOLD, seq, by=str(details.get("by", ""))[:20])

    # Heads and anchors

    def _take_signed(self, line: Line) -> None:
        try:
            signed = from_plain(line)
        except Invalid:
            self._note(Fault.UNREADABLE, self._seq, line=self._lines)
            return
        if signed.head.purpose is Purpose.ANCHOR:
            self._take_anchor(signed)
        else:
            self._begin_chain()
            self._take_head(signed)

    def _take_anchor(self, signed: SignedHead) -> None:
        head = signed.head
        if not self._is_signed(signed) or (head.seq == 0 and head.digest != genesis(self._key)):
            self._note(Fault.FORGED_ANCHOR, head.seq, number=head.number)
        elif self._anchor is None or head.seq > self._anchor.head.seq:
            self._anchor = signed

    def _begin_chain(self) -> None:
        """Stand where the newest anchor says that the chain begins."""
        if self._begun:
            return
        self._begun = True
        self._witness.begin()
        if self._anchor is None:
            self._note(Fault.NO_ANCHOR)
            return
        self._seq = self._anchor.head.seq
        self._before = (self._anchor.head.digest,)
        self._witness.pass_by(self._seq, self._before)

    def _take_head(self, signed: SignedHead) -> None:
        head = signed.head
        self._counts["heads"] += 1
        if not self._is_signed(signed):
            self._note(Fault.FORGED_HEAD, head.seq, number=head.number)
            return
        before = self._head or self._anchor
        if before is not None:
            last = before.head
            if head.number <= last.number or head.seq < last.seq:
                self._note(Fault.HEAD_ORDER, head.seq, number=head.number)
                return
            if head.number > last.number + 1:
                numbers = {"number": last.number + 1, "last": head.number - 1}
                self._note(Fault.HEAD_MISSING, head.seq, **numbers)
        self._note_leap(head)
        self._compare(signed, before.head.seq + 1 if before is not None else self._first)
        self._head = signed

    def _note_leap(self, head: Head) -> None:
        """Hold the wall clock against the monotonic one, since the head before."""
        last = self._head.head if self._head is not None else None
        if last is None or head.run != last.run:
            return
        by = (head.wall - last.wall) - (head.lasted - last.lasted)
        if abs(by) > LEAP:
            self._note(Fault.CLOCK_LEAP, head.seq, number=head.number, by=round(by, 1))

    def _compare(self, signed: SignedHead, since: int) -> None:
        """Compare a head with the entry that it vouches for, which is the last one taken."""
        head = signed.head
        if head.seq > self._seq:
            self._beyond = signed
        elif head.seq < self._seq:
            self._note(Fault.HEAD_ORDER, head.seq, number=head.number)
        elif head.seq == self._seq and head.digest not in self._before and not self._rewritten:
            self._rewritten = True
            self._note(Fault.REWRITTEN, since, last=head.seq, number=head.number)

    def _is_signed(self, signed: SignedHead) -> bool:
        return (
            bool(self._key)
            and signed.head.node == name_node(self._key)
            and holds(signed, self._key)
        )

    # Rows of the register

    def _expect_row(self, seq: int, line: Line) -> None:
        part, details = _ROWS.get(str(line.get("what"))), line.get("details")
        if not self._with_rows or part is None or not isinstance(details, Mapping):
            return
        number, digest = details.get("entry"), details.get("row")
        if isinstance(number, int) and isinstance(digest, str):
            self._rows[part, number] = (seq, digest)

    def _note_strays(self) -> None:
        """Note rows that no entry tells of: behind the missing entry, if one is missing there."""
        strays, self._strays = self._strays, []
        for part, number in strays:
            self._note(Fault.ROW_STRAY, self._seq, part=part, entry=number)

    def _take_row(self, part: str, row: object) -> None:
        self._counts["rows"] += 1
        told = row if isinstance(row, Mapping) else {}
        number = told.get("id" if part == "look" else "entry_id")
        number = number if isinstance(number, int) else 0
        expected = self._rows.pop((part, number), None)
        if expected is None:
            self._strays.append((part, number))
            return
        try:
            digest = digest_row(told)
        except (TypeError, ValueError):
            digest = ""
        if digest != expected[1]:
            self._note(Fault.ROW_EDITED, expected[0], part=part, entry=number)

    def _note(self, fault: Fault, seq: int = 0, **facts: str | int | float) -> None:
        finding = Finding(fault, seq, facts)
        self._broken = self._broken or finding.grave
        # One of the first grave ones is told, however many jumps of the clock stand before it.
        if len(self._findings) < MOST or (finding.grave and not self._has_grave()):
            self._findings.append(finding)
        else:
            self._more += 1

    def _has_grave(self) -> bool:
        return any(finding.grave for finding in self._findings)


_FIELDS = (
    "seq",
    "wall",
    "what",
    "person_id",
    "person",
    "unit",
    "address",
    "object",
    "outcome",
    "details",
)
_HEX = frozenset("0123456789abcdef")


def _is_digest(text: str) -> bool:
    return len(text) == 64 and not set(text) - _HEX


def examine(
    lines: Iterable[Line], key: bytes | None = None, witnessed: Iterable[SignedHead] = ()
) -> Report:
    """Return what is wrong with the chain in *lines*; see `Examination`."""
    examination = Examination(key, witnessed)
    for line in lines:
        examination.take(line)
    return examination.finish()
