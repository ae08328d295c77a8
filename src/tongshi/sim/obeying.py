"""What a device does when it is ordered: control and configuration, rightly and oddly.

Source: GB/T 28181-2022 9.3, A.2.3, A.3.
"""

from collections.abc import Callable, Iterator

from tongshi.gb28181 import ptz
from tongshi.gb28181.manscdp import (
    ANSWERED,
    AlarmCmd,
    Command,
    DeviceConfig,
    DeviceConfigAnswer,
    DeviceControl,
    DeviceControlAnswer,
    DeviceUpgrade,
    DragZoom,
    FormatSdCard,
    GuardCmd,
    HomePosition,
    KeyFrameCmd,
    Message,
    Outcome,
    PtzCmd,
    PtzPrecise,
    RecordCmd,
    TargetTrack,
    TeleBoot,
)
from tongshi.sim import configuration
from tongshi.sim.body import Part
from tongshi.sim.event import Controlled, KeyFrameWanted, UpgradeWanted
from tongshi.sim.head import Aim, Head, Home
from tongshi.sim.host import Host

BOOT_S = 3.0
"""How long a restart takes."""


def control(host: Host, order: DeviceControl, body: bytes, now: float) -> Iterator[Message]:
    """Carry out *order*; yield the answer, where there is one.

    body: as it came; a device that knows one spelling only looks into it.
    """
    command = order.command
    done = _obey(host, order.device_id, command, body, now)
    host.tell(Controlled(order.device_id, type(command).__name__, done))
    if "control-silent" in host.quirks:
        return
    if isinstance(command, (*ANSWERED, TargetTrack)):
        yield DeviceControlAnswer(order.sn, order.device_id, Outcome.OK if done else Outcome.ERROR)
    elif "control-error-anyway" in host.quirks:
        yield DeviceControlAnswer(order.sn, order.device_id, Outcome.ERROR)


def configure(host: Host, order: DeviceConfig, now: float) -> Iterator[Message]:
    """Take the settings of *order*, and yield the answer."""
    done = bool(order.blocks)
    for block in order.blocks:
        done = configuration.take(host, order.device_id, block, now) and done
        host.tell(Controlled(order.device_id, type(block).__name__, done))
    to_device = order.device_id == host.profile.device_id
    if "control-silent" in host.quirks or ("config-needs-device" in host.quirks and not to_device):
        return
    yield DeviceConfigAnswer(order.sn, order.device_id, Outcome.OK if done else Outcome.ERROR)


def _obey(host: Host, target_id: str, command: Command, body: bytes, now: float) -> bool:
    """Do what *command* says; return whether that was possible."""
    part = host.body.part(target_id)
    match command:
        case TeleBoot():
            host.vanish(BOOT_S, now)
            return True
        case GuardCmd():
            host.body.guard(target_id).on = bool(command.on)
            return True
        case AlarmCmd():
            return _reset(host, target_id, command)
        case FormatSdCard():
            return _format(host, command.card or 0, now)
        case DeviceUpgrade():
            host.tell(UpgradeWanted(target_id, command))
            return bool(command.file_url)
        case TargetTrack():
            return False  # it crosses the line: cameras, never people
        case _:
            return part is not None and _obey_at(host, part, command, body, now)


def _obey_at(host: Host, part: Part, command: Command, body: bytes, now: float) -> bool:
    """Do what *command* says of one channel."""
    match command:
        case RecordCmd():
            change = part.archive.start if command.on else part.archive.stop
            change(host.wall())
            return True
        case KeyFrameCmd():
            if "iframe-2016-only" in host.quirks and b"IFameCmd" not in body:
                return False
            host.tell(KeyFrameWanted(part.channel.channel_id))
            return True
    if not part.channel.turns:
        return False
    head = part.head
    match command:
        case PtzCmd(word=word) if not isinstance(word, str):
            return _turn(host, head, word, command, now)
        case HomePosition():
            known = head.home
            head.home = Home(
                bool(command.on),
                known.after if command.reset_time is None else command.reset_time,
                known.preset if command.preset_index is None else command.preset_index,
            )
            return True
        case PtzPrecise():
            aim = head.advance(now)
            told = (command.pan, command.tilt, command.zoom)
            pan, tilt, zoom = (
                old if new is None else new
                for new, old in zip(told, (aim.pan, aim.tilt, aim.zoom), strict=True)
            )
            head.go(Aim(pan, tilt, zoom), now)
            return True
        case DragZoom():
            return _drag(head, command, now)
    return False


def _turn(host: Host, head: Head, word: ptz.Word, command: PtzCmd, now: float) -> bool:
    if isinstance(word, ptz.Stop) and "ptz-stop-lost" in host.quirks and not head.deaf:
        head.deaf = True
        return True
    head.deaf = False
    _HEADWAY[type(word)](head, word, command, now)
    return True


def _move(head: Head, word: ptz.Word, command: PtzCmd, now: float) -> None:
    assert isinstance(word, ptz.Move)
    # Up is positive on the wire; the head counts tilt downwards, as PTZPreciseCtrl does.
    head.drive(word.pan / ptz.MAX_SPEED, -word.tilt / ptz.MAX_SPEED, word.zoom / ptz.MAX_ZOOM, now)


def _focus(head: Head, word: ptz.Word, command: PtzCmd, now: float) -> None:
    assert isinstance(word, ptz.Lens)
    head.adjust(word.focus / ptz.MAX_SPEED, word.iris / ptz.MAX_SPEED, now)


def _preset(head: Head, word: ptz.Word, command: PtzCmd, now: float) -> None:
    assert isinstance(word, ptz.Preset)
    match word.act:
        case ptz.PresetAct.SET:
            head.keep(word.number, command.preset_name, now)
        case ptz.PresetAct.CALL:
            head.recall(word.number, now)
        case ptz.PresetAct.DELETE:
            head.forget(word.number)


def _cruise(head: Head, word: ptz.Word, command: PtzCmd, now: float) -> None:
    match word:
        case ptz.CruisePoint(group, number, add):
            change = head.add_point if add else head.drop_point
            change(group, number)
            if command.cruise_name:
                head.tune_round(group, name=command.cruise_name)
        case ptz.CruiseDelete(group):
            head.drop_point(group, 0)
        case ptz.CruiseSpeed(group, speed):
            head.tune_round(group, speed=speed, name=command.cruise_name)
        case ptz.CruiseDwell(group, seconds):
            head.tune_round(group, stay=seconds, name=command.cruise_name)
        case ptz.CruiseStart(group):
            head.cruise(group, now)


def _scan(head: Head, word: ptz.Word, command: PtzCmd, now: float) -> None:
    match word:
        case ptz.Scan(group, ptz.ScanAct.START):
            head.scan(group, now)
        case ptz.Scan(group, act):
            head.tune_sweep(group, now, side="left" if act is ptz.ScanAct.LEFT else "right")
        case ptz.ScanSpeed(group, speed):
            head.tune_sweep(group, now, speed=speed)


def _switch(head: Head, word: ptz.Word, command: PtzCmd, now: float) -> None:
    assert isinstance(word, ptz.Auxiliary)
    (head.switches.add if word.on else head.switches.discard)(word.number)


_HEADWAY: dict[type, Callable[[Head, ptz.Word, PtzCmd, float], None]] = {
    ptz.Stop: lambda head, word, command, now: head.stop(now),
    ptz.Move: _move,
    ptz.Lens: _focus,
    ptz.Preset: _preset,
    ptz.CruisePoint: _cruise,
    ptz.CruiseDelete: _cruise,
    ptz.CruiseSpeed: _cruise,
    ptz.CruiseDwell: _cruise,
    ptz.CruiseStart: _cruise,
    ptz.Scan: _scan,
    ptz.ScanSpeed: _scan,
    ptz.Auxiliary: _switch,
}


def _drag(head: Head, command: DragZoom, now: float) -> bool:
    """Look into the box that was drawn, or out of it."""
    length, width = command.length, command.width
    if not length or not width:
        return False
    box = (
        (command.mid_x or 0) / length,
        (command.mid_y or 0) / width,
        (command.length_x or 0) / length,
        (command.length_y or 0) / width,
    )
    head.look_into(box, now, out=not command.inward)
    return True


def _reset(host: Host, target_id: str, command: AlarmCmd) -> bool:
    """Reset alarms: those of the target, or all when it is the device; of some methods only."""
    everything = target_id == host.profile.device_id
    for guarded_id, guard in host.body.guarded():
        wanted = not any(command.methods) or guard.method in command.methods
        of_kind = not any(command.types) or guard.kind in command.types
        if wanted and of_kind and (everything or guarded_id == target_id):
            guard.alarmed = False
    return True


def _format(host: Host, number: int, now: float) -> bool:
    chosen = [card for card in host.body.cards if number in (0, card.number)]
    for card in chosen:
        card.format(now)
    if chosen:
        for part in host.body.parts.values():
            part.archive.wipe(host.wall())
    return bool(chosen)
