"""Settings of a device: each block is read from it, changed in a form, sent, and read back.

The forms are made from the message types, as those of ``GET /config/forms``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from starlette.responses import Response

from tongshi.api import configuration as interface
from tongshi.api.deeds import Target
from tongshi.api.problem import Problem, describe
from tongshi.api.text import Words
from tongshi.console import device
from tongshi.console.control import attempt
from tongshi.console.drawing import edition_year
from tongshi.console.form import MOST, Plain, name_of, plain_of, tell_faults, unflatten
from tongshi.console.visit import Visit
from tongshi.errors import Error, Missing
from tongshi.gb28181.manscdp import BLOCKS, BasicParam, Block, SnapShotConfig
from tongshi.gb28181.manscdp.check import check
from tongshi.gb28181.manscdp.schema import Row, fields_of, from_plain, title_of, to_plain
from tongshi.gb28181.version import Version

HIDDEN: tuple[type[Block], ...] = (SnapShotConfig,)
"""Blocks without a form: pictures are ordered where they are looked at."""


SURE = "-sure"
"""The field that says that a person was warned."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One block to choose.  edition: the year since which it exists; empty for always."""

    wire: str
    title: str
    edition: str


@dataclass(frozen=True, slots=True)
class Told:
    """One value that was read back otherwise, in words."""

    name: str
    told: str
    found: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A block's form.  held: its values; none are known where *unread*.

    told: what came of the last sending, as a tone and words.
    warned: nothing was sent yet, because *told* is to be considered first.
    """

    held: Plain
    unread: bool = False
    read_at: float | None = None
    told: tuple[str, str] | None = None
    problem: Problem | None = None
    faults: Sequence[str] = ()
    differences: Sequence[Told] = ()
    warned: bool = False


@cache
def choices() -> tuple[Choice, ...]:
    """Return every block that has a form."""
    return tuple(
        Choice(
            kind.WIRE,
            title_of(kind),
            edition_year(kind.SINCE) if kind.SINCE is Version.V2022 else "",
        )
        for kind in BLOCKS
        if kind not in HIDDEN
    )


async def show_configuration(visit: Visit) -> Response:
    """Draw the page; the block that is chosen comes by itself, for devices take their time."""
    found = await device.find(visit)
    asked = visit.request.query_params
    known = [choice.wire for choice in choices()]
    block = asked.get("block", "")
    values = {
        "choices": await device.channels_of(visit, found.device_id),
        "channel": asked.get("channel", "")[:64],
        "block": block if block in known else BasicParam.WIRE,
        "blocks": choices(),
        "find": visit.words.find,
    }
    return device.draw(visit, found, "config", values)


async def show_block(visit: Visit) -> Response:
    """Ask the device for one block and draw its form."""
    kind = _kind(visit)
    target = await device.target_of(visit)
    read = visit.parts.configuration.read(target.device_id, target.channel_id, [kind.WIRE])
    configured, problem = await attempt(visit, read)
    held = configured.blocks.get(kind.WIRE) if configured is not None else None
    if configured is not None and kind.WIRE in configured.lacking:
        problem = describe(configured.lacking[kind.WIRE], visit.words)
    if held is None:
        return _draw(visit, kind, Shown({}, unread=True, problem=problem))
    return _draw(visit, kind, Shown(to_plain(held), read_at=visit.parts.clock.wall()))


async def send_block(visit: Visit) -> Response:
    """Send one block as the form says, read it back and draw what the device then has."""
    kind = _kind(visit)
    target = await device.target_of(visit)
    rows = fields_of(kind)
    async with visit.request.form(max_files=0, max_fields=MOST) as values:
        pairs = [(name, text) for name, text in values.multi_items() if isinstance(text, str)]
    plain = plain_of(unflatten(pairs), rows)
    make: Callable[..., Block] = kind
    block, faults = from_plain(make, plain)
    found = (*faults, *check(block))
    if found:
        return _draw(visit, kind, Shown(plain, faults=tell_faults(found, rows, visit.words)))
    warning = _warn(visit, target, block)
    if warning and SURE not in dict(pairs):
        return _draw(visit, kind, Shown(plain, told=("warn", warning), warned=True))
    new = interface.New(values=plain, purpose=dict(pairs).get(device.PURPOSE, "")[:200])
    try:
        changed = await interface.write_settings(
            visit.parts, visit.asker, target.device_id, target.channel_id, kind.WIRE, new
        )
    except Error as error:
        return _draw(visit, kind, Shown(to_plain(block), problem=describe(error, visit.words)))
    return _draw(visit, kind, _came(visit, changed, to_plain(block), rows))


def _warn(visit: Visit, target: Target, block: Block) -> str:
    """Return what a person should know before *block* is sent; empty for nothing."""
    device_id, beats = target.device_id, visit.parts.beats
    if not isinstance(block, BasicParam):
        return ""
    if visit.parts.commands.holder_of(device_id, target.channel_id, block) != device_id:
        return ""
    now, then = beats.silence(device_id), beats.foresee(device_id, block)
    if now == then:
        return ""
    return visit.words("configuration.silence", now=f"{now:g}", then=f"{then:g}")


def _came(visit: Visit, changed: interface.Changed, sent: Plain, rows: Sequence[Row]) -> Shown:
    """Return what came of a sending."""
    words, confirmed = visit.words, changed.confirmed
    if changed.found is None:
        key = "sent_unread" if confirmed else "delivered_unread"
        told = ("good", words(f"configuration.{key}"))
        return Shown(sent, told=told, problem=changed.why)
    shown = [_tell(words, one, rows) for one in changed.differences]
    key = "differs" if shown else "sent" if confirmed else "delivered"
    told = ("bad" if shown else "sure", words(f"configuration.{key}", count=len(shown)))
    at = visit.parts.clock.wall()
    return Shown(changed.found, read_at=at, told=told, differences=shown)


def _tell(words: Words, one: interface.Differing, rows: Sequence[Row]) -> Told:
    return Told(name_of(one.field, rows, words), _say(one.told), _say(one.found))


def _say(value: object) -> str:
    return "–" if value is None else str(value)


def _draw(visit: Visit, kind: type[Block], shown: Shown) -> Response:
    rows = fields_of(kind)
    device_id = str(visit.request.path_params["device_id"])
    values = {
        "block": kind.WIRE,
        "title": visit.words.find(title_of(kind)) or kind.WIRE,
        "rows": rows,
        "settable": kind not in interface.UNSET,
        "purposes": device.purposes(visit),
        "purpose": device.PURPOSE,
        "here_is": device.path_to(device_id),
        "channel": visit.request.query_params.get("channel", "")[:64],
        "find": visit.words.find,
        "again": None,
        "sure": SURE,
        "shown": shown,
    }
    return visit.draw("device/block.html", values)


def _kind(visit: Visit) -> type[Block]:
    name = str(visit.request.path_params["block"])
    found = next((kind for kind in BLOCKS if name == kind.WIRE and kind not in HIDDEN), None)
    if found is None:
        raise Missing(f"no settings of this name: {name[:40]!r}")
    return found
