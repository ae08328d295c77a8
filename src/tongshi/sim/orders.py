"""What one simulated device can be told to do, as plain data.

::

    {"do": "kill"}                                       fall silent for good
    {"do": "vanish", "seconds": 30}                      be gone without a word, then come back
    {"do": "reboot"}                                     the same, for as long as a restart takes
    {"do": "drop"}                                       cut the TCP connection
    {"do": "rebind"}                                     speak from another UDP port
    {"do": "quirks", "quirks": [NAME, ...]}
    {"do": "impair", "impairments": "loss=0.05"}
    {"do": "password", "word": "..."}                    register by another password from now on
    {"do": "keepalive", "fault": "mute" | "error" | "none"}
    {"do": "alarm", "target": ID, "method": 5, "priority": 4, "kind": 2, "event": 1, "text": ""}
    {"do": "move", "points": [[LONGITUDE, LATITUDE], ...], "speed": KM_H, "loop": true}
    {"do": "position"}                                   tell the position now
    {"do": "change", "changes": [[ID, "OFF"], ...], "name": ""}
    {"do": "video"}                                      offer live video (VideoUploadNotify)
    {"do": "counts"}     ->  notices by subject: raised, sent, acknowledged, confirmed, lost, held
    {"do": "state"}      ->  heads, recordings, guards, cards, settings
    {"do": "heard"}      ->  the sound of the latest broadcast: samples, digest, A-law in base64
    {"do": "digest", "channel": ID, "since": T, "until": T}  ->  what a download must hold
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from tongshi.errors import Invalid
from tongshi.gb28181.date import write_time
from tongshi.gb28181.manscdp import VideoUploadNotify
from tongshi.sim.camera import Camera
from tongshi.sim.host import ignore
from tongshi.sim.impair import parse as parse_impairments
from tongshi.sim.obeying import BOOT_S
from tongshi.sim.quirks import Quirks
from tongshi.sim.route import Route
from tongshi.sim.tape import groups_of
from tongshi.sim.vault import Vault

Told = dict[str, Any]
CHANGES = ("ON", "OFF", "VLOST", "DEFECT", "ADD", "DEL", "UPDATE")
"""What can happen to a channel (annex N)."""


def carry_out(camera: Camera, order: Told) -> Told | None:
    """Carry out one order of the list; return what it asks for, if anything.  Raises Invalid."""
    told = _ask(camera, order)
    if told is not None:
        return told
    if not (_disturb(camera, order) or _happen(camera, order)):
        raise Invalid(f"not a command: {order!r}"[:200])
    camera.pump()
    return None


async def digest(camera: Camera, vault: Vault, order: Told) -> Told:
    """Return what a playback of a channel must bring.  Raises Invalid and EngineFailed."""
    match order:
        case {"channel": str(channel_id), "since": int() | float(), "until": int() | float()}:
            part = camera.device.body.part(channel_id)
        case _:
            raise Invalid(f"not a command: {order!r}"[:200])
    if part is None:
        raise Invalid(f"no such channel: {channel_id}")
    shot = part.channel.recorded
    pieces = part.archive.pieces(order["since"], order["until"], camera.device.wall())
    groups = sorted({one for start, end in pieces for one in groups_of(shot, start, end)})
    made = await vault.digest_groups(shot, groups)
    return {"event": "digest", "device": camera.profile.device_id, **asdict(made)}


def counts_of(camera: Camera) -> Told:
    """Return the notices of a device by subject, and its keepalives."""
    device = camera.device
    told: Told = {subject.value: asdict(tally) for subject, tally in device.reports.counts.items()}
    presence = device.presence
    told["keepalive"] = {"sent": presence.sent, "acknowledged": presence.answered}
    return told


def total_of(told: Iterable[Told | None]) -> Told:
    """Return the sums of the counts of many devices."""
    total: dict[str, dict[str, int]] = {}
    for one in told:
        for subject, figures in ((one or {}).get("counts") or {}).items():
            sums = total.setdefault(subject, {})
            for name, figure in figures.items():
                sums[name] = sums.get(name, 0) + figure
    return total


def state_of(camera: Camera) -> Told:
    """Return what a device is at the moment."""
    device = camera.device
    body, now = device.body, camera.now
    body.settle(now)
    channels = {}
    for channel_id, part in body.parts.items():
        head = part.head
        channels[channel_id] = {
            "state": part.state,
            "name": part.channel.name,
            "pan": round(head.aim.pan, 2),
            "tilt": round(head.aim.tilt, 2),
            "zoom": round(head.aim.zoom, 2),
            "doing": head.doing.value,
            "presets": {str(number): spot.name for number, spot in head.presets.items()},
            "cruises": {str(number): list(one.points) for number, one in head.rounds.items()},
            "switches": sorted(head.switches),
            "focus": round(head.focus, 3),
            "iris": round(head.iris, 3),
            "recording": part.archive.recording is not None,
        }
    return {
        "event": "state",
        "name": body.name,
        "firmware": body.firmware,
        "registered": device.registered,
        "guards": {one: {"on": guard.on, "alarm": guard.alarmed} for one, guard in body.guarded()},
        "cards": [{"free": card.free, "progress": card.progress(now)} for card in body.cards],
        "channels": channels,
    }


def heard_by(camera: Camera) -> Told:
    """Return what the latest broadcast brought."""
    if not camera.porter.heard:
        return {"event": "heard", "samples": 0, "lost": 0, "sha256": "", "sound": ""}
    ears = camera.porter.heard[-1]
    sound = ears.heard()
    return {
        "event": "heard",
        "samples": ears.counts.samples,
        "lost": ears.counts.lost,
        "sha256": hashlib.sha256(sound).hexdigest(),
        "sound": base64.b64encode(sound).decode(),
    }


def _ask(camera: Camera, order: Told) -> Told | None:
    match order:
        case {"do": "counts"}:
            return {"event": "counts", "counts": counts_of(camera)}
        case {"do": "state"}:
            return state_of(camera)
        case {"do": "heard"}:
            return heard_by(camera)
    return None


def _disturb(camera: Camera, order: Told) -> bool:
    """Carry out what concerns wire and presence; return whether that was it."""
    match order:
        case {"do": "kill"}:
            camera.kill()
        case {"do": "vanish", "seconds": int(seconds) | float(seconds)}:
            camera.vanish(seconds)
        case {"do": "reboot"}:
            camera.vanish(BOOT_S)
        case {"do": "drop"}:
            camera.drop_connection()
        case {"do": "rebind"}:
            camera.rebind()
        case {"do": "quirks", "quirks": list(names)}:
            camera.set_quirks(Quirks.of(map(str, names)))
        case {"do": "impair", "impairments": str(text)}:
            camera.impair(parse_impairments(text))
        case {"do": "password", "word": str(word)}:
            presence = camera.device.presence
            presence.home = replace(presence.home, password=word)
            presence.register(camera.now)
        case {"do": "keepalive", "fault": "mute" | "error" | "none" as fault}:
            presence = camera.device.presence
            presence.muted = fault == "mute"
            channel = camera.device.profile.channels[0]
            presence.faulty = (channel.channel_id,) if fault == "error" else ()
            presence.hasten(camera.now)
        case _:
            return False
    return True


def _happen(camera: Camera, order: Told) -> bool:
    """Let something happen at the device; return whether the order was one of these."""
    device, now = camera.device, camera.now
    match order:
        case {"do": "alarm"}:
            device.reports.alarm(
                _known(camera, order.get("target")),
                now,
                method=_whole(order, "method", 5),
                priority=_whole(order, "priority", 4),
                kind=_whole(order, "kind", 0) or None,
                event_type=_whole(order, "event", 0) or None,
                description=str(order.get("text", "")),
            )
        case {"do": "move", "points": [*points], "speed": int(speed) | float(speed)}:
            line = [_point(point) for point in points]
            if not line:
                raise Invalid("a route needs a point")
            device.reports.route = Route(line, speed, now, bool(order.get("loop")))
        case {"do": "position"}:
            device.reports.report_position(now)
        case {"do": "change", "changes": [*changes]}:
            name = str(order.get("name", ""))
            device.reports.change([_change(one) for one in changes], now, name=name)
        case {"do": "video"}:
            place = device.reports.place(now)
            notice = VideoUploadNotify(
                device.number(),
                device.profile.channels[0].channel_id,
                write_time(device.wall()),
                place.longitude if place is not None else None,
                place.latitude if place is not None else None,
            )
            device.send(notice, now, ignore)
        case _:
            return False
    return True


def _known(camera: Camera, target: object) -> str:
    """Return the id that an alarm is of: by default the first alarm input, else the device."""
    profile = camera.device.profile
    if target is None:
        return profile.alarms[0] if profile.alarms else profile.device_id
    if not isinstance(target, str) or not profile.owns(target):
        raise Invalid(f"nothing of this device: {target!r}")
    return target


def _whole(order: Told, name: str, default: int) -> int:
    value = order.get(name, default)
    if not isinstance(value, int):
        raise Invalid(f"{name} is no whole number: {value!r}")
    return value


def _point(point: object) -> tuple[float, float]:
    match point:
        case [int(longitude) | float(longitude), int(latitude) | float(latitude)]:
            return float(longitude), float(latitude)
    raise Invalid(f"not a place: {point!r}")


def _change(change: object) -> tuple[str, str]:
    match change:
        case [str(channel_id), str(event)] if event in CHANGES:
            return channel_id, event
    raise Invalid(f"not a change: {change!r}")
