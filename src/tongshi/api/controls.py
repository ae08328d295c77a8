"""What is done to cameras, and what they tell of themselves when somebody asks.

A success says what is known: ``delivered``, the device took it and owes no answer; ``confirmed``,
it answered that it did it; ``unconfirmed``, it took it and owed an answer that never came.  A
refusal is a problem, as everywhere.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Annotated, TypeVar

from fastapi import Body

from tongshi.access.grant import Right
from tongshi.access.permission import Permission
from tongshi.api import orders
from tongshi.api.asker import Asker, AskerOf, PartsOf
from tongshi.api.deeds import Doer, Target
from tongshi.api.gate import require
from tongshi.api.noting import noted
from tongshi.api.parts import Parts
from tongshi.api.reason import Cause, carry_on, justify
from tongshi.approvals.purpose import Stated
from tongshi.audit.entry import Value
from tongshi.errors import Missing
from tongshi.gb28181 import ptz
from tongshi.gb28181.gather import Gathered
from tongshi.gb28181.manscdp import (
    AlarmCmd,
    Command,
    DragZoom,
    FormatSdCard,
    GuardCmd,
    HomePosition,
    KeyFrameCmd,
    PtzCmd,
    PtzPrecise,
    RecordCmd,
    TeleBoot,
)
from tongshi.gb28181.manscdp.schema import to_plain
from tongshi.signalling.commands import Fate

T = TypeVar("T")
Plain = dict[str, object]
"""What a device told, field by field; what it did not tell is left out."""
STEERING = (orders.Move, orders.Lens, orders.Stop)
DEVICE_WIDE = (orders.Reboot, orders.Format)
"""Orders that change what a device keeps, or stop it from working for a while."""


@dataclass(frozen=True, slots=True)
class Did:
    """What came of an order."""

    did: str
    outcome: Fate
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A list that a device told.

    complete: whether it is the whole; why: the reason when it is not.  announced: by the device.
    """

    items: list[Plain]
    complete: bool
    why: str
    announced: int | None


async def target_of(parts: Parts, asker: Asker, device_id: str, channel_id: str) -> Target:
    """Return whom the asker means; raises Missing when they may not know of it."""
    registry, scope = parts.registry, asker.scope
    try:
        channel = await asyncio.to_thread(registry.channel, scope, device_id, channel_id)
    except Missing:
        if device_id != channel_id:
            raise
        device = await asyncio.to_thread(registry.device, scope, device_id)
        return Target(device_id, device_id, device.name)
    return Target(device_id, channel_id, channel.name)


async def entitle(parts: Parts, asker: Asker, right: Right, target: Target, doer: Doer) -> Doer:
    """Return *doer* with why they may: the reason of their open view, or the one they stated.

    Raises Invalid (the purpose is not stated fully), NotGranted.
    """
    camera = (target.device_id, target.channel_id)
    if doer.view:
        held = Cause(doer.purpose, doer.basis)
        cause = await carry_on(parts, asker, right, camera, held)
    else:
        cause = await justify(parts, asker, right, camera, Stated(doer.purpose))
    return replace(doer, purpose=cause.purpose, basis=cause.basis)


async def reach(parts: Parts, asker: Asker, right: Right, device_id: str, channel_id: str) -> None:
    """Raise Missing or NotGranted unless the asker has *right* with a camera that is there."""
    await target_of(parts, asker, device_id, channel_id)
    await require(parts, asker, right, device_id, channel_id)


async def order(
    parts: PartsOf,
    asker: AskerOf,
    device_id: str,
    channel_id: str,
    wanted: Annotated[orders.Order, Body()],
) -> Did:
    """Have a camera, or its device, do something; it is in the access register before it is sent.

    A movement goes on for two and a half seconds unless the same order renews it.  What concerns
    the whole device has a way of its own, ``upkeep``, because whoever steers has no right to it.
    """
    wide = isinstance(wanted, DEVICE_WIDE)
    asker.person.require(Permission.CONFIGURE_DEVICES if wide else Permission.CONTROL_CAMERAS)
    target = await target_of(parts, asker, device_id, channel_id)
    doer = parts.deeds.doer(asker.person, asker.address, target, wanted.view, wanted.purpose)
    right = Right.CONFIGURE if isinstance(wanted, DEVICE_WIDE) else Right.CONTROL
    doer = await entitle(parts, asker, right, target, doer)
    command = command_of(wanted)
    if isinstance(wanted, STEERING):
        async with parts.deeds.steer(doer, target):
            fate = await parts.commands.control(device_id, channel_id, command)
    else:
        async with (
            _chained(parts, asker, wanted, device_id) as told,
            parts.deeds.enter(doer, target, word_of(wanted)) as outcome,
        ):
            fate = await parts.commands.control(device_id, channel_id, command)
            outcome.how = told["how"] = fate.value
    return Did(wanted.do, fate, fate is Fate.CONFIRMED)


@asynccontextmanager
async def _chained(
    parts: Parts, asker: Asker, wanted: orders.Order, device_id: str
) -> AsyncIterator[dict[str, Value]]:
    """Have what changes a device on the audit chain; the rest is on the access register alone."""
    match wanted:
        case orders.Reboot():
            async with noted(parts, asker, "device.rebooted", device_id) as told:
                yield told
        case orders.Format():
            async with noted(parts, asker, "device.formatted", device_id, card=wanted.card) as told:
                yield told
        case _:
            yield {}


async def keep_up(
    parts: PartsOf,
    asker: AskerOf,
    device_id: str,
    channel_id: str,
    wanted: Annotated[orders.Upkeep, Body()],
) -> Did:
    """Restart a device or format its card; it is in the access register before it is sent."""
    return await order(parts, asker, device_id, channel_id, wanted)


def word_of(wanted: orders.Order) -> str:
    """Return what the register says of an order: its kind, and what distinguishes it."""
    match wanted:
        case orders.Preset() | orders.Cruise() | orders.Scan():
            number = wanted.number if isinstance(wanted, orders.Preset) else wanted.group
            return f"{wanted.do} {wanted.act} {number}"
        case orders.Auxiliary():
            return f"{wanted.do} {wanted.number} {'on' if wanted.on else 'off'}"
        case orders.Record() | orders.Guard():
            return f"{wanted.do} {'on' if wanted.on else 'off'}"
        case orders.Format():
            return f"{wanted.do} {wanted.card}"
        case _:
            return wanted.do


def command_of(wanted: orders.Order) -> Command:
    """Return the command that an order is; what is missing in it is found when it is checked."""
    match wanted:
        case orders.DragZoom():
            return DragZoom(
                wanted.direction == "in",
                wanted.length,
                wanted.width,
                wanted.mid_x,
                wanted.mid_y,
                wanted.length_x,
                wanted.length_y,
            )
        case orders.Precise():
            return PtzPrecise(wanted.pan, wanted.tilt, wanted.zoom)
        case orders.Home():
            return HomePosition(wanted.enabled, wanted.reset_time, wanted.preset)
        case orders.Record():
            return RecordCmd(wanted.on, wanted.stream or None)
        case orders.Guard():
            return GuardCmd(wanted.on)
        case orders.ResetAlarm():
            methods = () if wanted.method is None else (wanted.method,)
            return AlarmCmd("ResetAlarm", methods, () if wanted.type is None else (wanted.type,))
        case orders.KeyFrame():
            return KeyFrameCmd("Send")
        case orders.Reboot():
            return TeleBoot("Boot")
        case orders.Format():
            return FormatSdCard(wanted.card)
    return _turn(wanted)


Turning = (
    orders.Move
    | orders.Lens
    | orders.Stop
    | orders.Preset
    | orders.Cruise
    | orders.Scan
    | orders.Auxiliary
)


def _turn(wanted: Turning) -> PtzCmd:
    match wanted:
        case orders.Move():
            pan, tilt = (
                _scale(axis, wanted.speed, ptz.MAX_SPEED) for axis in (wanted.pan, wanted.tilt)
            )
            return PtzCmd(ptz.Move(pan, tilt, _scale(wanted.zoom, wanted.speed, ptz.MAX_ZOOM)))
        case orders.Lens():
            focus, iris = (
                _scale(axis, wanted.speed, ptz.MAX_SPEED) for axis in (wanted.focus, wanted.iris)
            )
            return PtzCmd(ptz.Lens(focus, iris))
        case orders.Stop():
            return PtzCmd(ptz.Stop())
        case orders.Preset():
            act = ptz.PresetAct[wanted.act.upper()]
            name = wanted.name if act is ptz.PresetAct.SET else ""
            return PtzCmd(ptz.Preset(act, wanted.number), preset_name=name)
        case orders.Cruise():
            return PtzCmd(_cruise(wanted), cruise_name=wanted.name)
        case orders.Scan():
            return PtzCmd(_scan(wanted))
        case orders.Auxiliary():
            return PtzCmd(ptz.Auxiliary(wanted.number, wanted.on))


def _scale(axis: float, speed: float, most: int) -> int:
    """Return a signed speed of the wire; whoever asks for a direction gets at least the slowest."""
    if not axis:
        return 0
    size = max(1, round(abs(axis) * speed * most))
    return size if axis > 0 else -size


def _cruise(wanted: orders.Cruise) -> ptz.Word:
    group = wanted.group
    match wanted.act:
        case "start":
            return ptz.CruiseStart(group)
        case "stop":
            return ptz.Stop()
        case "clear":
            return ptz.CruiseDelete(group)
        case "speed":
            return ptz.CruiseSpeed(group, orders.need(wanted.speed, "speed"))
        case "dwell":
            return ptz.CruiseDwell(group, orders.need(wanted.dwell, "dwell"))
        case "add" | "remove":
            preset = orders.need(wanted.preset, "preset")
            return ptz.CruisePoint(group, preset, wanted.act == "add")


def _scan(wanted: orders.Scan) -> ptz.Word:
    match wanted.act:
        case "stop":
            return ptz.Stop()
        case "speed":
            return ptz.ScanSpeed(wanted.group, orders.need(wanted.speed, "speed"))
        case "start" | "left" | "right":
            return ptz.Scan(wanted.group, ptz.ScanAct[wanted.act.upper()])


# What devices tell


async def read_status(parts: PartsOf, asker: AskerOf, device_id: str, channel_id: str) -> Plain:
    """Ask a channel, or the device itself by its own code, how it is."""
    target = await target_of(parts, asker, device_id, channel_id)
    answer = await parts.commands.status(device_id, target.channel_id)
    return {
        "result": answer.result.value,
        "online": answer.online,
        "status": answer.status.value,
        "reason": answer.reason,
        "encode": answer.encode,
        "record": answer.record,
        "device_time": answer.device_time,
        "duties": [{"device": duty.device_id, "status": duty.status} for duty in answer.duties],
    }


async def ask_description(parts: PartsOf, asker: AskerOf, device_id: str) -> Plain:
    """Ask a device for its DeviceInfo now; the register of devices takes it."""
    await asyncio.to_thread(parts.registry.device, asker.scope, device_id)
    answer = await parts.commands.describe(device_id)
    return {
        "name": answer.name,
        "manufacturer": answer.manufacturer,
        "model": answer.model,
        "firmware": answer.firmware,
        "channels": answer.channels,
    }


async def list_presets(parts: PartsOf, asker: AskerOf, device_id: str, channel_id: str) -> Told:
    """Ask a camera for its presets."""
    await reach(parts, asker, Right.CONTROL, device_id, channel_id)
    return _told(await parts.commands.presets(device_id, channel_id))


async def read_home(parts: PartsOf, asker: AskerOf, device_id: str, channel_id: str) -> Plain:
    """Ask a camera for its home position; nothing when it has none."""
    await reach(parts, asker, Right.CONTROL, device_id, channel_id)
    home = (await parts.commands.home(device_id, channel_id)).home
    return {} if home is None else to_plain(home)


async def list_cruises(parts: PartsOf, asker: AskerOf, device_id: str, channel_id: str) -> Told:
    """Ask a camera for its cruises."""
    await reach(parts, asker, Right.CONTROL, device_id, channel_id)
    return _told(await parts.commands.cruises(device_id, channel_id))


async def read_cruise(
    parts: PartsOf, asker: AskerOf, device_id: str, channel_id: str, number: int
) -> Told:
    """Ask a camera for the points of one cruise, which it counts from 0."""
    await reach(parts, asker, Right.CONTROL, device_id, channel_id)
    return _told(await parts.commands.cruise(device_id, channel_id, min(max(number, 0), 4095)))


async def read_position(parts: PartsOf, asker: AskerOf, device_id: str, channel_id: str) -> Plain:
    """Ask a camera where it looks."""
    await reach(parts, asker, Right.CONTROL, device_id, channel_id)
    return to_plain(await parts.commands.position(device_id, channel_id))


async def list_cards(parts: PartsOf, asker: AskerOf, device_id: str, channel_id: str) -> Told:
    """Ask a device for its storage cards."""
    await target_of(parts, asker, device_id, channel_id)
    return _told(await parts.commands.cards(device_id, channel_id))


def _told(gathered: Gathered[T]) -> Told:
    return Told(
        [to_plain(item) for item in gathered.items],
        gathered.complete,
        gathered.why.value if gathered.why is not None else "",
        gathered.announced,
    )
