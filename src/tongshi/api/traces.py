"""Wire traces: recorded, listed, shown as a ladder, downloaded, deleted."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Body
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, Response

from tongshi.api.asker import Asker, AskerOf, PartsOf
from tongshi.api.gate import seen
from tongshi.api.notices import moment
from tongshi.api.parts import Parts
from tongshi.api.peers import check_sight
from tongshi.errors import Missing
from tongshi.signalling.traces import LARGEST, LONGEST, Trace, Wanted
from tongshi.sip.trace import Ladder


@dataclass(frozen=True, slots=True)
class TraceShown:
    """A trace.  why: it ended, empty while it runs.  began, until: ISO 8601.  size: byte."""

    id: str
    device: str
    address: str
    strangers: bool
    by: str
    began: str | None
    until: str | None
    why: str
    messages: int
    size: int


class Limits(BaseModel):
    """How much is recorded: seconds and bytes."""

    seconds: float = Field(default=600, ge=1, le=LONGEST)
    size: int = Field(default=8 * 1024 * 1024, ge=1024, le=LARGEST)


class TraceWish(Limits):
    """What is recorded: an address, or whoever is no device yet."""

    address: str = Field(default="", max_length=60, description="host or host:port")
    strangers: bool = False


async def list_traces(parts: PartsOf, asker: AskerOf) -> list[TraceShown]:
    """Return every trace that is kept, running ones first."""
    kept = await parts.traces.kept()
    keys = await seen(parts, asker, [(trace.wanted.device_id, "") for trace in kept])
    return [_show(trace) for trace in kept if (trace.wanted.device_id, "") in keys]


async def list_device_traces(parts: PartsOf, asker: AskerOf, device_id: str) -> list[TraceShown]:
    """Return the traces of one device."""
    await check_sight(parts, asker, device_id)
    kept = await parts.traces.kept()
    return [_show(trace) for trace in kept if trace.wanted.device_id == device_id]


async def trace_device(
    parts: PartsOf, asker: AskerOf, device_id: str, limits: Annotated[Limits, Body()]
) -> TraceShown:
    """Begin to record all that is said with a device."""
    await check_sight(parts, asker, device_id)
    wanted = Wanted(device_id, seconds=limits.seconds, size=limits.size)
    return await _start(parts, asker, wanted)


async def end_device_trace(parts: PartsOf, asker: AskerOf, device_id: str) -> Response:
    """End the trace of a device that runs."""
    await check_sight(parts, asker, device_id)
    for trace in parts.traces.running():
        if trace.wanted.device_id == device_id:
            parts.traces.end(trace.name)
            parts.audit.note(asker.actor.act("trace.ended", device_id, trace=trace.name))
            return Response(status_code=204)
    raise Missing(f"nothing is recorded of {device_id[:64]!r}")


async def trace_address(
    parts: PartsOf, asker: AskerOf, given: Annotated[TraceWish, Body()]
) -> TraceShown:
    """Begin to record an address, or strangers."""
    wanted = Wanted("", given.address, given.strangers, given.seconds, given.size)
    return await _start(parts, asker, wanted)


async def end_trace(parts: PartsOf, asker: AskerOf, trace_id: str) -> TraceShown:
    """End a trace that runs."""
    await check_trace(parts, asker, trace_id)
    ended = parts.traces.end(trace_id)
    parts.audit.note(asker.actor.act("trace.ended", ended.wanted.device_id, trace=trace_id))
    return _show(ended)


async def read_ladder(parts: PartsOf, asker: AskerOf, trace_id: str) -> Ladder:
    """Return what a trace shows: who said what to whom, when, and what was repeated."""
    await check_trace(parts, asker, trace_id)
    ladder = await parts.traces.ladder(trace_id)
    parts.audit.note(asker.actor.act("trace.read", trace_id))
    return ladder


async def download_trace(parts: PartsOf, asker: AskerOf, trace_id: str) -> Response:
    """Return a trace as a file, a JSON object a line."""
    await check_trace(parts, asker, trace_id)
    path = await parts.traces.file(trace_id)
    parts.audit.note(asker.actor.act("trace.read", trace_id, file=True))
    return FileResponse(path, media_type="application/jsonl", filename=path.name)


async def delete_trace(parts: PartsOf, asker: AskerOf, trace_id: str) -> Response:
    """Delete a trace."""
    await check_trace(parts, asker, trace_id)
    await parts.traces.delete(trace_id)
    parts.audit.note(asker.actor.act("trace.deleted", trace_id))
    return Response(status_code=204)


async def _start(parts: Parts, asker: Asker, wanted: Wanted) -> TraceShown:
    trace = await parts.traces.start(wanted, asker.person.name)
    act = asker.actor.act(
        "trace.begun",
        wanted.device_id or wanted.address,
        trace=trace.name,
        strangers=wanted.strangers,
        seconds=wanted.seconds,
    )
    parts.audit.note(act)
    return _show(trace)


async def check_trace(parts: Parts, asker: Asker, trace_id: str) -> None:
    """Raise Missing for a trace of a device of which the asker may not know."""
    if asker.scope.everything:
        return
    known = {trace.name: trace.wanted.device_id for trace in await parts.traces.kept()}
    if not await seen(parts, asker, [(known.get(trace_id, ""), "")]):
        raise Missing(f"no such trace: {trace_id[:80]!r}")


def _show(trace: Trace) -> TraceShown:
    wanted = trace.wanted
    return TraceShown(
        trace.name,
        wanted.device_id,
        wanted.address,
        wanted.strangers,
        trace.by,
        moment(trace.began),
        moment(trace.until),
        trace.why,
        trace.messages,
        trace.size,
    )
