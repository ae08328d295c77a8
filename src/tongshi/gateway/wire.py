"""The node's and a worker's talk: one JSON object a line, either way.

``{"id": 7, "do": "open", "with": {...}}`` is answered once by ``{"id": 7, "ok": ...}`` or
``{"id": 7, "error": {...}}``; ``{"event": "FirstMedia", ...}`` comes unasked.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tongshi.errors import (
    Conflict,
    EngineFailed,
    Error,
    Exhausted,
    Invalid,
    Missing,
    PeerSilent,
)
from tongshi.gateway.engine import (
    Advanced,
    EngineEvent,
    Figures,
    FileFailed,
    FirstMedia,
    Footage,
    KeyWanted,
    LineLost,
    Measured,
    PeerClosed,
    ReaderJoined,
    ReaderLeft,
    Receive,
    Speak,
    Stalled,
    StreamLost,
    Track,
    Transport,
)

Line = dict[str, Any]
"""One message; its shape is above."""

_EVENTS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        FirstMedia,
        Stalled,
        PeerClosed,
        StreamLost,
        ReaderJoined,
        ReaderLeft,
        Measured,
        KeyWanted,
        Advanced,
        FileFailed,
        LineLost,
    )
}


def encode(line: Line) -> bytes:
    """Return *line* with its line end."""
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def decode(data: bytes) -> Line:
    """Return the object in *data*; raises ValueError."""
    line = json.loads(data)
    if not isinstance(line, dict):
        raise ValueError(f"not an object: {data[:80]!r}")
    return line


def from_error(error: Error) -> Line:
    """Return *error* as an object."""
    held = {name: value for name, value in vars(error).items() if isinstance(value, str)}
    return {"code": error.code, "message": str(error), **held}


def to_error(line: Mapping[str, Any]) -> Error:
    """Return the error that ``from_error`` was given; of an unknown kind, an EngineFailed."""
    message = str(line.get("message", ""))

    def text(name: str) -> str:
        return str(line.get(name, ""))

    match line.get("code"):
        case Missing.code:
            return Missing(message)
        case Conflict.code:
            return Conflict(message)
        case Invalid.code:
            return Invalid(message)
        case Exhausted.code:
            return Exhausted(message, resource=text("resource"))
        case PeerSilent.code:
            return PeerSilent(message, timer=text("timer"), stage=text("stage"))
        case _:
            return EngineFailed(message, stage=text("stage") or "worker")


def from_event(event: EngineEvent) -> Line:
    """Return *event* as an object."""
    if isinstance(event, StreamLost | FileFailed | LineLost):
        name = type(event).__name__
        return {"event": name, "stream": event.stream, "error": from_error(event.error)}
    return {"event": type(event).__name__, **asdict(event)}


def to_event(line: Line) -> EngineEvent:
    """Return the event that ``from_event`` was given; raises ValueError for another."""
    fields = dict(line)
    name = fields.pop("event", None)
    try:
        kind = _EVENTS[str(name)]
        if "figures" in fields:
            fields["figures"] = Figures(**fields["figures"])
        if "track" in fields:
            fields["track"] = Track(**fields["track"])
        if "error" in fields:
            fields["error"] = to_error(fields["error"])
        event: EngineEvent = kind(**fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an event: {name!r}: {error}") from None
    return event


def from_receive(receive: Receive) -> Line:
    """Return *receive* as an object."""
    return {
        "stream": receive.stream,
        "transport": receive.transport.value,
        "ssrc": receive.ssrc,
        "payload_types": receive.payload_types,
        "footage": None if receive.footage is None else asdict(receive.footage),
    }


def to_receive(line: Mapping[str, Any]) -> Receive:
    """Return the Receive that ``from_receive`` was given."""
    return Receive(
        stream=str(line["stream"]),
        transport=Transport(line["transport"]),
        ssrc=line["ssrc"],
        payload_types=to_payload_types(line["payload_types"]),
        footage=None if line["footage"] is None else Footage(**line["footage"]),
    )


def from_speak(speak: Speak) -> Line:
    """Return *speak* as an object."""
    return {**asdict(speak), "transport": speak.transport.value}


def to_speak(line: Mapping[str, Any]) -> Speak:
    """Return the Speak that ``from_speak`` was given."""
    fields = {**line, "transport": Transport(line["transport"]), "hosts": tuple(line["hosts"])}
    return Speak(**fields)


def to_payload_types(pairs: list[list[Any]]) -> tuple[tuple[int, str], ...]:
    """Return payload types as JSON carried them."""
    return tuple((int(number), str(name)) for number, name in pairs)


def from_bytes(data: bytes) -> str:
    """Return *data* as text."""
    return base64.b64encode(data).decode("ascii")


def to_bytes(text: str) -> bytes:
    """Return the bytes that ``from_bytes`` was given."""
    return base64.b64decode(text)


def from_figures(figures: Figures) -> Line:
    """Return *figures* as an object."""
    return asdict(figures)


def to_figures(line: Mapping[str, Any]) -> Figures:
    """Return the Figures that ``from_figures`` was given."""
    return Figures(**line)
