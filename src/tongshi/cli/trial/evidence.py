"""What the audit keeps: the acts that these checks did, a chain that holds, and tampering found."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from tongshi.audit.statement import Line, read_line
from tongshi.audit.verify import Examination, Report
from tongshi.cli.staff import Post
from tongshi.cli.trial.site import Site, Tell, agree
from tongshi.cli.trial.verdict import hold

ACTS = ("session.begun", "person.added", "grant.made", "look-begun", "look-ended")
"""What must be in the chain: all of it has been done."""


async def chain(site: Site, tell: Tell) -> None:
    """The chain has what was done and holds; an export that was tampered with does not."""
    spec, channel = site.dome()
    await site.visitor.picture(spec.device_id, channel.channel_id)
    await asyncio.to_thread(site.node.writer.flush)
    await site.call("POST", "/audit/verify", post=Post.AUDIT)
    await site.until(lambda: _running(site))
    told = await site.call("GET", "/audit/verify", post=Post.AUDIT)
    hold(told["holds"], f"the chain does not hold: {told['findings']} {told['fault']}")
    key = (await site.call("GET", "/audit/key", post=Post.AUDIT))["key"]
    data = await site.fetch("GET", "/audit/export", post=Post.AUDIT)
    lines = [read_line(text) for text in data.decode().splitlines()]
    report = examine(lines)
    hold(report.holds, f"the export does not hold: {report.findings}")
    agree("key", report.key, key)
    done = {line["what"] for line in lines if line.get("type") == "entry"}
    hold(done.issuperset(ACTS), f"not in the chain: {sorted(set(ACTS) - done)}")
    found = [f"{name} ({fault_of(lines, spoil)})" for name, spoil in SPOILINGS]
    tell(f"{report.entries} entries hold; found when {', '.join(found)}")


async def _running(site: Site) -> str:
    state = (await site.call("GET", "/audit/verify", post=Post.AUDIT))["state"]
    return "it is still being verified" if state == "running" else ""


def examine(lines: Sequence[Line]) -> Report:
    """Return what the offline examination of an export finds."""
    examination = Examination()
    for line in lines:
        examination.take(line)
    return examination.finish()


Spoil = Callable[[list[dict[str, Any]], int], None]


def _edit(lines: list[dict[str, Any]], at: int) -> None:
    lines[at]["person"] = "somebody else"


def _swap(lines: list[dict[str, Any]], at: int) -> None:
    after = next(
        place for place, line in enumerate(lines) if place > at and line["type"] == "entry"
    )
    lines[at], lines[after] = lines[after], lines[at]


def _take_out(lines: list[dict[str, Any]], at: int) -> None:
    del lines[at]


def _cut(lines: list[dict[str, Any]], at: int) -> None:
    del lines[at:]


SPOILINGS: tuple[tuple[str, Spoil], ...] = (
    ("edited", _edit),
    ("one taken out", _take_out),
    ("two changed about", _swap),
    ("cut off", _cut),
)
"""Ways to spoil an export at the entry of a line."""


def fault_of(lines: Sequence[Line], spoil: Spoil) -> str:
    """Spoil a copy of *lines* in its middle; return as what it is found, and at which entry.

    Raises Broken when it is not found.
    """
    entries = [at for at, line in enumerate(lines) if line.get("type") == "entry"]
    at = entries[len(entries) // 2]
    spoilt = json.loads(json.dumps(lines))
    spoil(spoilt, at)
    report = examine(spoilt)
    worst = report.worst
    hold(not report.holds and worst is not None, f"spoilt at line {at}, and it holds")
    return f"{worst.fault.value} at {worst.seq}" if worst is not None else ""
