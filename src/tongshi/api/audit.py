"""The audit chain: read, verified in the background, exported; its heads and its key."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Annotated

from fastapi import Query as Param
from starlette.responses import StreamingResponse

from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.devices import Number, Size, Text
from tongshi.api.parts import Parts
from tongshi.api.register import Moment, seconds
from tongshi.api.text import Language, Words
from tongshi.audit.checking.service import Check, State
from tongshi.audit.entry import ACTS, Entry, Outcome, Value
from tongshi.audit.fault import Finding
from tongshi.audit.head import SignedHead
from tongshi.audit.statement import head_line, write_line
from tongshi.audit.store import AuditQuery
from tongshi.audit.subordinates.store import Subordinate
from tongshi.audit.verify import Report
from tongshi.db.page import Page
from tongshi.errors import Conflict, Missing

LONGEST = 3600.0
"""How long an export may take, s: whoever reads slower gets one that is cut off, and says so."""
LINES = 500
"""Lines sent at once."""
MEDIA = "application/jsonl"


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry.  wall: UNIX time, s.  title: its kind in words."""

    seq: int
    wall: float
    what: str
    title: str
    person_id: int | None
    person: str
    unit: str
    address: str
    object: str
    outcome: str
    details: Mapping[str, Value]
    digest: str


@dataclass(frozen=True, slots=True)
class HeadRow:
    """One signed head; all of it but its node is signed.  lasted: s by the monotonic clock."""

    number: int
    seq: int
    digest: str
    wall: float
    kept: int
    run: float
    lasted: float
    signature: str


@dataclass(frozen=True, slots=True)
class SubordinateRow:
    """A node whose heads are witnessed here.

    by: name of its secret.  heads: how many are kept; faults: those that disagree with the ones
    before: see `GET /audit/heads/file`.
    """

    node: str
    key: str
    by: str
    last: HeadRow
    received_at: float
    heads: int
    faults: int


@dataclass(frozen=True, slots=True)
class HeadsShown:
    """The newest heads of this node, newest first, and the nodes that it is a witness for."""

    node: str
    heads: list[HeadRow]
    subordinates: list[SubordinateRow]


@dataclass(frozen=True, slots=True)
class KeyShown:
    """Whose chain it is.  key: the public one, hex; whoever keeps it can verify any export."""

    node: str
    key: str


@dataclass(frozen=True, slots=True)
class FindingShown:
    """Something that is wrong with the chain.  grave: it does not hold.  seq: the first entry."""

    fault: str
    grave: bool
    seq: int
    text: str


@dataclass(frozen=True, slots=True)
class CheckShown:
    """A verification.  entries: examined, of total.  holds: None until it is done.

    first, last: entries that were there.  unsealed: behind the last head.  findings: the worst
    first; more: those that are not listed.  fault: why it could not be carried through.
    """

    state: State
    entries: int
    total: int
    begun_at: float | None
    ended_at: float | None
    by: str
    holds: bool | None
    first: int
    last: int
    heads: int
    rows: int
    unsealed: int
    findings: list[FindingShown]
    more: int
    fault: str


async def list_audit(
    parts: PartsOf,
    asker: AskerOf,
    what: Annotated[str, Param(max_length=64, description="Kind of act.")] = "",
    person: Annotated[int | None, Param(ge=0, lt=2**63)] = None,
    since: Moment = None,
    until: Moment = None,
    outcome: Outcome | None = None,
    text: Text = "",
    number: Number = 1,
    size: Size = 50,
) -> Page[EntryRow]:
    """Return a page of the chain, newest first."""
    query = AuditQuery(
        what=what,
        person_id=person,
        since=seconds(since),
        until=seconds(until),
        outcome=outcome.value if outcome is not None else "",
        text=text,
        number=number,
        size=size,
    )
    page = await asyncio.to_thread(parts.audit.page, query)
    rows = tuple(row_of(entry, asker.words) for entry in page.rows)
    return Page(rows, page.total, page.number, page.size)


async def list_heads(parts: PartsOf, most: Annotated[int, Param(ge=1, le=500)] = 50) -> HeadsShown:
    """Return the newest signed heads, and what subordinate nodes handed over."""
    heads = await asyncio.to_thread(parts.audit.heads, most)
    others = await asyncio.to_thread(parts.subordinates.all)
    return HeadsShown(
        parts.audit.node, [head_of(one) for one in heads], [subordinate_of(one) for one in others]
    )


async def send_heads(
    parts: PartsOf, node: Annotated[str, Param(min_length=32, max_length=32)]
) -> StreamingResponse:
    """Return the heads of a subordinate node as a witness file, which `tongshi audit verify` takes.

    One JSON object a line, in the order in which they came.
    """
    known = await asyncio.to_thread(parts.subordinates.all)
    if all(one.node != node for one in known):
        raise Missing("no heads of such a node")
    texts = (write_line(head_line(signed)) for signed in parts.subordinates.heads(node))
    return StreamingResponse(
        _in_pieces(texts), media_type=MEDIA, headers=_as_file(f"witness-{node}.jsonl")
    )


async def read_key(parts: PartsOf) -> KeyShown:
    """Return the public key of this node's chain."""
    return KeyShown(parts.audit.node, parts.audit.key.hex())


async def begin_check(parts: PartsOf, asker: AskerOf) -> CheckShown:
    """Begin to verify the whole chain, with the access register; ask again how far it has come."""
    check = await asyncio.to_thread(parts.checking.start, asker.actor)
    return check_of(check, asker.words)


async def read_check(parts: PartsOf, asker: AskerOf) -> CheckShown:
    """Return the verification that runs, or the last one since the start."""
    return check_of(parts.checking.state(), asker.words)


async def export_audit(parts: PartsOf, asker: AskerOf, rows: bool = True) -> StreamingResponse:
    """Return the whole chain as lines of JSON, to be verified anywhere; two at once at the most.

    rows: with the rows of the access register.
    """
    if parts.checking.busy:
        raise Conflict("exports are being made already")
    parts.audit.note(asker.actor.act("audit.exported", rows=rows))
    name = f"audit-{parts.audit.node[:8]}-{int(parts.clock.wall())}.jsonl"
    return StreamingResponse(
        _in_pieces(_export(parts, rows=rows)), media_type=MEDIA, headers=_as_file(name)
    )


def _export(parts: Parts, *, rows: bool) -> Iterator[str]:
    since = parts.clock.now()
    with parts.checking.export(rows=rows) as lines:
        for line in lines:
            if parts.clock.now() - since > LONGEST:
                return
            yield write_line(line)


async def _in_pieces(texts: Iterator[str]) -> AsyncIterator[str]:
    """Give *texts* a piece at a time, each made in a thread."""
    try:
        while piece := await asyncio.to_thread(_join, texts):
            yield piece
    finally:
        close = getattr(texts, "close", None)
        if close is not None:
            close()


def _join(texts: Iterator[str]) -> str:
    return "".join(islice(texts, LINES))


def _as_file(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }


def row_of(entry: Entry, words: Words) -> EntryRow:
    """Return *entry* as the interface tells it."""
    act = entry.act
    return EntryRow(
        entry.seq,
        entry.wall,
        act.what,
        words(f"act.{act.what}") if act.what in ACTS else act.what,
        act.person_id,
        act.person,
        act.unit,
        act.address,
        act.object,
        act.outcome,
        act.details,
        entry.digest,
    )


def head_of(signed: SignedHead) -> HeadRow:
    """Return a signed head as the interface tells it."""
    head = signed.head
    return HeadRow(
        head.number,
        head.seq,
        head.digest,
        head.wall,
        head.kept,
        head.run,
        head.lasted,
        signed.signature,
    )


def subordinate_of(one: Subordinate) -> SubordinateRow:
    """Return a subordinate node as the interface tells it."""
    last = one.last
    return SubordinateRow(
        one.node, last.key, last.by, head_of(last.signed), last.received_at, one.heads, one.faults
    )


def check_of(check: Check, words: Words) -> CheckShown:
    """Return a verification as the interface tells it."""
    report = check.report
    return CheckShown(
        check.state,
        check.entries,
        check.total,
        check.begun_at,
        check.ended_at,
        check.by,
        report.holds if report is not None else None,
        report.first if report is not None else 0,
        report.last if report is not None else 0,
        report.heads if report is not None else 0,
        report.rows if report is not None else 0,
        report.unsealed if report is not None else 0,
        [finding_of(one, words) for one in _worst_first(report)],
        report.more if report is not None else 0,
        check.fault,
    )


def _worst_first(report: Report | None) -> list[Finding]:
    if report is None:
        return []
    return sorted(report.findings, key=lambda finding: not finding.grave)


def finding_of(finding: Finding, words: Words) -> FindingShown:
    """Return a finding in the asker's words."""
    column = list(Language).index(words.language)
    return FindingShown(finding.fault.value, finding.grave, finding.seq, finding.say(column))
