"""Asking, steering, configuring: what the interface says, against what the device really does."""

import asyncio
import secrets
import time
from typing import Any

from tongshi.cli.staff import Post
from tongshi.cli.trial.site import Site, Tell, agree
from tongshi.cli.trial.verdict import hold
from tongshi.cli.trial.visitor import PURPOSE
from tongshi.sim.profile import Channel
from tongshi.sim.town import Spec

NEAR = 0.6
"""Difference at which two directions count as one, degrees: devices round."""
REST = 0.6
"""A head that shows the same place twice in this time stands, s."""
VANISHED = 6.0
"""Within this a head has to stand whose driver is gone, s: two and a half, and slow machines."""
_NEW, _FAR = 77, 150.0


async def ask(site: Site, tell: Tell) -> None:
    """Every query is answered, and the answer is what the device is."""
    spec, channel = site.dome()
    device, camera = spec.device_id, channel.channel_id
    path = f"/devices/{device}/channels/{camera}"
    described = await site.call("POST", f"/devices/{device}/description")
    told = (described["manufacturer"], described["model"], described["firmware"])
    profile = spec.profile
    agree("DeviceInfo", told, (profile.manufacturer, profile.model, profile.firmware))
    status = await site.call("GET", f"{path}/status")
    agree("DeviceStatus", (status["result"], status["online"]), ("OK", True))
    presets = await site.call("GET", f"{path}/presets")
    real = await site.head(spec, channel)
    names = {row["preset_id"]: row["name"] for row in presets["items"]}
    agree("presets", (names, presets["complete"]), (real["presets"], True))
    hold(len(names) == len(channel.presets), f"{len(names)} presets of {len(channel.presets)}")
    await _compare_position(site, spec, channel)
    await site.order(device, camera, "home", enabled=True, reset_time=900, preset=1)
    home = await site.call("GET", f"{path}/home")
    told = (home["on"], home["reset_time"], home["preset_index"])
    agree("home position", told, (True, 900, 1))
    await site.order(device, camera, "home", enabled=False)
    points = await _compare_cruise(site, spec, channel)
    cards = await _compare_cards(site)
    tell(f"info, status, {len(names)} presets, home, cruise of {points}, position, {cards} MB card")


async def _compare_position(site: Site, spec: Spec, channel: Channel) -> None:
    path = f"/devices/{spec.device_id}/channels/{channel.channel_id}/ptz"
    told, real = await site.call("GET", path), await site.head(spec, channel)
    for axis in ("pan", "tilt", "zoom"):
        near = abs(float(told[axis]) - float(real[axis])) <= NEAR
        hold(near, f"PTZ position: the interface says {told}, the device {real}")


async def _compare_cruise(site: Site, spec: Spec, channel: Channel) -> int:
    """Make a cruise of two presets, read it back, delete it; return how many points were read."""
    device, camera = spec.device_id, channel.channel_id
    await site.order(device, camera, "cruise", act="clear", group=3)
    for preset in (1, 2):
        await site.order(device, camera, "cruise", act="add", group=3, preset=preset)
    await site.order(device, camera, "cruise", act="dwell", group=3, dwell=7)
    listed = await site.call("GET", f"/devices/{device}/channels/{camera}/cruises")
    hold(3 in [row["number"] for row in listed["items"]], f"cruise 3 is not listed: {listed}")
    read = await site.call("GET", f"/devices/{device}/channels/{camera}/cruises/3")
    real = (await site.head(spec, channel))["cruises"]["3"]
    told = [row["preset_index"] for row in read["items"]]
    agree("cruise", (told, [row["stay"] for row in read["items"]]), (real, [7, 7]))
    await site.order(device, camera, "cruise", act="clear", group=3)
    left = (await site.head(spec, channel))["cruises"]
    hold("3" not in left, f"a deleted cruise is left: {left}")
    return len(told)


async def _compare_cards(site: Site) -> int:
    spec, channel = site.find("device has a card", lambda spec, _: spec.profile.cards)
    path = f"/devices/{spec.device_id}/channels/{channel.channel_id}/cards"
    cards = await site.call("GET", path)
    agree("cards", tuple(row["capacity"] for row in cards["items"]), spec.profile.cards)
    return sum(spec.profile.cards)


async def steer(site: Site, tell: Tell) -> None:
    """A move moves the camera, its stop holds it, presets bring it back; nobody there: it stops."""
    spec, channel = site.dome()
    await _move(site, spec, channel)
    off = await _recall(site, spec, channel)
    took = await _leave(site, spec, channel)
    site.verdict.figures["ptz_left_alone_s"] = round(took, 2)
    tell(f"moved, held by its stop, back at a preset within {off:.2f}°, stood {took:.1f} s later")


async def _move(site: Site, spec: Spec, channel: Channel) -> None:
    device, camera = spec.device_id, channel.channel_id
    before = await site.head(spec, channel)
    await site.order(device, camera, "move", pan=1, tilt=-0.5, speed=0.4)

    async def moved() -> str:
        real = await site.head(spec, channel)
        turned = turn_of(before, real)
        down = float(real["tilt"]) - float(before["tilt"])
        far = turned > 4 and down > 1
        return "" if far else f"it turned {turned:g}° right and {down:g}° down only"

    await site.until(moved, VANISHED)
    real = await site.head(spec, channel)
    hold(real["doing"] == "driven", f"it stopped before it was told to: {real}")
    await site.order(device, camera, "stop")
    await _stands(site, spec, channel)


async def _recall(site: Site, spec: Spec, channel: Channel) -> float:
    """Set a preset, go away, call it, delete it; return how far from its place it then stood."""
    device, camera = spec.device_id, channel.channel_id
    place = await site.head(spec, channel)
    await site.order(device, camera, "preset", act="set", number=_NEW, name="试一试")

    async def kept() -> str:
        presets = (await site.head(spec, channel))["presets"]
        return "" if str(_NEW) in presets else f"no preset {_NEW} at the device: {presets}"

    await site.until(kept, VANISHED)
    away = (float(place["pan"]) + _FAR) % 360
    await site.order(device, camera, "precise", pan=away, tilt=10.0, zoom=2.0)
    await site.until(lambda: _near(site, spec, channel, {"pan": away, "tilt": 10.0}))
    await site.order(device, camera, "preset", act="call", number=_NEW)
    await site.until(lambda: _near(site, spec, channel, place))
    await _compare_position(site, spec, channel)
    await site.order(device, camera, "preset", act="delete", number=_NEW)
    left = (await site.head(spec, channel))["presets"]
    hold(str(_NEW) not in left, f"a deleted preset is left: {left}")
    return abs(turn_of(place, await site.head(spec, channel)))


async def _leave(site: Site, spec: Spec, channel: Channel) -> float:
    """Move and say nothing more; return after how long it stood, s."""
    await site.order(spec.device_id, channel.channel_id, "move", pan=-1, speed=0.2)
    began = time.monotonic()
    real = await site.head(spec, channel)
    hold(real["doing"] == "driven", f"it does not move: {real}")

    async def stopped() -> str:
        doing = (await site.head(spec, channel))["doing"]
        return "" if doing == "nothing" else f"it is still {doing}, though nobody drives it"

    await site.until(stopped, VANISHED)
    took = time.monotonic() - began
    await _stands(site, spec, channel)
    return took


async def _near(site: Site, spec: Spec, channel: Channel, place: dict[str, Any]) -> str:
    real = await site.head(spec, channel)
    far = max(abs(turn_of(place, real)), abs(float(real["tilt"]) - float(place["tilt"])))
    return "" if far <= NEAR else f"it stands {far:g}° from {place}: {real}"


async def _stands(site: Site, spec: Spec, channel: Channel) -> None:
    first = await site.head(spec, channel)
    await asyncio.sleep(REST)
    second = await site.head(spec, channel)
    hold(first == second, f"it did not stop: {first}, then {second}")
    hold(second["doing"] == "nothing", f"it did not stop: {second}")


def turn_of(before: dict[str, Any], after: dict[str, Any]) -> float:
    """Return by how many degrees it turned to the right, -180 .. 180."""
    return (float(after["pan"]) - float(before["pan"]) + 180) % 360 - 180


async def configure(site: Site, tell: Tell) -> None:
    """Settings are written, read back and at the device; what is refused is named."""
    spec, channel = site.dome()
    device, camera = spec.device_id, channel.channel_id
    path = f"/devices/{device}/channels/{camera}/config"
    forms = await site.call("GET", "/config/forms")
    read = await site.call(
        "GET", f"{path}?types=BasicParam,FrameMirror,OSDConfig", post=Post.SYSTEM
    )
    lacking = set(read["lacking"])
    hold(set(read["blocks"]) == {"BasicParam", "FrameMirror", "OSDConfig"}, f"lacking: {lacking}")
    name = f"试 {secrets.token_hex(3)}"
    written = await _write(site, path, "BasicParam", {"name": name})
    agree("outcome", (written["confirmed"], written["differences"]), (True, []))
    agree("name", (written["found"]["name"], name), ((await site.state(spec))["name"], name))
    await _write(site, path, "BasicParam", {"name": spec.profile.name})
    old = read["blocks"]["FrameMirror"].get("mirror")
    mode = 2 if old != 2 else 1
    written = await _write(site, path, "FrameMirror", {"mirror": mode})
    agree("mirror", (written["found"].get("mirror"), written["differences"]), (mode, []))
    again = await site.call("GET", f"{path}?types=FrameMirror", post=Post.SYSTEM)
    agree("mirror", again["blocks"]["FrameMirror"].get("mirror"), mode)
    await _write(site, path, "FrameMirror", {"mirror": old or 0})
    body = {"values": {"heart_beat_count": -3}, "purpose": PURPOSE}
    problem = await site.refusal("PUT", f"{path}/BasicParam", body, Post.SYSTEM)
    named = problem["code"] == "invalid" and "heart_beat_count" in str(problem.get("faults"))
    hold(named, f"a value out of range is not named: {problem}")
    problem = await site.refusal("PUT", f"{path}/NoSuchBlock", body, Post.SYSTEM)
    hold(problem["status"] == 404, f"settings that there are not: {problem}")
    tell(f"{len(forms)} forms; two blocks written, read back, at the device; bad ones named")


async def _write(site: Site, path: str, block: str, values: dict[str, object]) -> dict[str, Any]:
    body = {"values": values, "purpose": PURPOSE}
    return dict(await site.call("PUT", f"{path}/{block}", body, Post.SYSTEM))
