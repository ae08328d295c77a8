"""A recorded exchange: one message a line, and the ladder that people read.

A line is a JSON object::

    {"at": 1714950489.123, "way": "in", "transport": "udp", "peer": "192.0.2.20:5060",
     "text": "REGISTER sip:..."}

``base64`` stands in place of ``text`` where the bytes are no UTF-8.  Passwords never get here: what
catalogs say of cameras' passwords is starred out, sign for sign, so that lengths stay right.
Answers to digest challenges are kept: they prove, and do not tell.

The first line of a file may be a heading, an object without ``at``; it is no message.
"""

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from math import isfinite

from tongshi.errors import Invalid, RemoteProtocolError
from tongshi.sip.message import Request, parse

PLATFORM = "platform"
"""The actor that recorded."""
_HINT = re.compile(rb"(?i)password|basic")
_SECRET = re.compile(
    rb"(?is)(<(?:[\w.-]{1,64}:)?password(?:\s[^>]{0,256})?>)(.*?)(?=</(?:[\w.-]{1,64}:)?password|\Z)"
    rb"|(authorization:[ \t]*basic[ \t]+)([^\r\n]*)"
)
_COMMAND = re.compile(r"<CmdType>\s*([A-Za-z0-9]+)\s*<")
_SN = re.compile(r"<SN>\s*(\d+)\s*<")
_BETWEEN = re.compile(r">\s*<")


class Way(Enum):
    """Which way a message went, seen from who recorded."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Record:
    """One message as it was on the wire.  at: UNIX time, s.  peer: ``host:port``."""

    at: float
    way: Way
    transport: str
    peer: str
    data: bytes


def mask(data: bytes) -> bytes:
    """Return *data* with the passwords that stand in it starred out."""
    if _HINT.search(data) is None:
        return data
    return _SECRET.sub(_star, data)


def write(record: Record) -> str:
    """Return *record* as a line without its end."""
    told: dict[str, object] = {
        "at": round(record.at, 6),
        "way": record.way.value,
        "transport": record.transport,
        "peer": record.peer,
    }
    try:
        told["text"] = record.data.decode("utf-8")
    except UnicodeDecodeError:
        told["base64"] = base64.b64encode(record.data).decode()
    return json.dumps(told, ensure_ascii=False)


def read(lines: Iterable[str]) -> list[Record]:
    """Return the messages of *lines*; headings and empty lines are passed over.

    Raises Invalid for a line that is none of these; a last line that was cut off is passed over.
    """
    records, fault = [], ""
    for number, line in enumerate(lines, 1):
        if fault:
            raise Invalid(fault)
        if not line.strip():
            continue
        try:
            record = _record(json.loads(line))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            fault = f"line {number} is no message of a trace"
            continue
        if record is not None:
            records.append(record)
    return records


@dataclass(frozen=True, slots=True)
class Row:
    """One arrow of the ladder.

    source, target: actors.  gap: s since the row before.  label: method, or status with reason.
    cseq, call_id: as sent, empty where the message cannot be read.  command, sn: of a MANSCDP
    body.  again: how often the very same message went before.  head, body: readable text.
    """

    at: float
    gap: float
    source: str
    target: str
    transport: str
    label: str
    cseq: str
    call_id: str
    command: str
    sn: str
    again: int
    head: str
    body: str
    size: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """What a trace shows.  actors: the platform first; names: the id that each peer gives."""

    actors: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[Row, ...]


def ladder(records: Iterable[Record]) -> Ladder:
    """Return *records* as rows, in the order in which they were recorded."""
    names: dict[str, str] = {PLATFORM: ""}
    seen: dict[tuple[Way, str, bytes], int] = {}
    rows: list[Row] = []
    before: float | None = None
    for record in records:
        key = (record.way, record.peer, record.data)
        again = seen[key] = seen.get(key, -1) + 1
        names.setdefault(record.peer, "")
        row, name = _row(record, again, record.at if before is None else before)
        if name and not names[record.peer]:
            names[record.peer] = name
        rows.append(row)
        before = record.at
    return Ladder(tuple(names), tuple(names.values()), tuple(rows))


def _row(record: Record, again: int, before: float) -> tuple[Row, str]:
    """Return the row of *record*, and the id that the peer gives itself in it."""
    inward = record.way is Way.IN
    label = cseq = call_id = name = ""
    try:
        message = parse(record.data)
        cseq = message.headers.get("CSeq") or ""
        call_id = message.headers.get("Call-ID") or ""
        if isinstance(message, Request):
            label = message.method
            name = message.from_user if inward else ""
        else:
            label = f"{message.status} {message.reason}"
    except RemoteProtocolError:
        label = label or "?"
    head, body = _texts(record.data)
    command, number = _COMMAND.search(body), _SN.search(body)
    row = Row(
        at=record.at,
        gap=max(record.at - before, 0.0),
        source=record.peer if inward else PLATFORM,
        target=PLATFORM if inward else record.peer,
        transport=record.transport,
        label=label,
        cseq=cseq,
        call_id=call_id,
        command=command[1] if command else "",
        sn=number[1] if number else "",
        again=again,
        head=head,
        body=body,
        size=len(record.data),
    )
    return row, name


def _texts(data: bytes) -> tuple[str, str]:
    """Return head and body as people read them: one element of XML a line."""
    head, _, body = data.partition(b"\r\n\r\n")
    text = _decode(body).strip()
    if text.startswith("<"):
        text = _BETWEEN.sub(">\n<", text)
    return _decode(head).replace("\r\n", "\n"), text.replace("\r\n", "\n")


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _record(told: object) -> Record | None:
    if not isinstance(told, dict):
        raise TypeError("not an object")
    if "at" not in told:
        return None
    text = told.get("text")
    data = text.encode() if isinstance(text, str) else base64.b64decode(told["base64"])
    way = Way(told["way"])
    at = round(float(told["at"]), 6)
    if not isfinite(at):
        raise ValueError("no time")
    return Record(at, way, str(told["transport"]), str(told["peer"]), data)


def _star(found: "re.Match[bytes]") -> bytes:
    kept = found[1] if found[1] is not None else found[3]
    secret = found[2] if found[1] is not None else found[4]
    return kept + b"*" * len(secret)
