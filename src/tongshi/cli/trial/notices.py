"""What devices tell by themselves: alarms, positions, changes of channels, by subscription."""

import asyncio
import secrets
from functools import partial
from typing import Any

from tongshi.cli.staff import Post
from tongshi.cli.trial.site import Site, Tell, agree, is_plain
from tongshi.cli.trial.verdict import hold
from tongshi.gb28181.subscription import Subject
from tongshi.sim.profile import Channel
from tongshi.sim.town import Spec

LATE = 1.0
"""After this a notice that was told twice would be there, s."""
_DEVICE, _HIGH = 2, 1
_EDGE = 0.002  # degrees around a route that still count as on it


async def alarm(site: Site, tell: Tell) -> None:
    """An alarm is listed once, answered, worked through, and reset at the device."""
    spec, _ = site.find("device has alarm inputs", lambda spec, _: spec.profile.alarms)
    device, target = spec.device_id, spec.profile.alarms[0]
    text = f"check {secrets.token_hex(4)}"
    before = await _counts(site, spec, "alarm")
    raised = {"do": "alarm", "device": device, "target": target, "text": text}
    await site.town.tell({**raised, "method": _DEVICE, "priority": _HIGH, "kind": 5})

    async def listed() -> str:
        rows = await _alarms(site, text)
        return "" if rows else "the alarm is not listed"

    await site.until(listed)
    await asyncio.sleep(LATE)
    rows = await _alarms(site, text)
    hold(len(rows) == 1, f"one alarm is listed {len(rows)} times")
    row = rows[0]
    told = [row[name] for name in ("device", "channel", "method", "priority", "occurrences")]
    agree("alarm", told, [device, target, _DEVICE, _HIGH, 1])
    after = await _counts(site, spec, "alarm")
    steps = [after[name] - before[name] for name in ("raised", "acknowledged", "lost")]
    hold(steps == [1, 1, 0], f"raised, acknowledged, lost at the device: {steps}")
    await _work_through(site, spec, row["id"], target)
    tell("listed once, answered, acknowledged, assigned, reset at the device, closed")


async def _work_through(site: Site, spec: Spec, number: int, target: str) -> None:
    guards = (await site.state(spec))["guards"]
    hold(guards[target]["alarm"], f"the device does not stand in alarm: {guards}")
    path = f"/alarms/{number}"
    await site.call("POST", f"{path}/acknowledge", {"note": "seen"})
    await site.call("POST", f"{path}/assign", {"to": "patrol 3"})
    row = await site.call("POST", f"{path}/reset")
    hold(row["reset_at"] is not None and not row["needs_reset"], f"it is not reset: {row}")

    async def quiet() -> str:
        guard = (await site.state(spec))["guards"][target]
        return "the device still stands in alarm" if guard["alarm"] else ""

    await site.until(quiet)
    await site.call("POST", f"{path}/close", {"note": "a gate was left open"})
    whole = await site.call("GET", path)
    acts = [step["act"] for step in whole["steps"]]
    agree("steps", acts, ["acknowledge", "assign", "reset", "close"])
    agree("state", (whole["alarm"]["state"], whole["alarm"]["assignee"]), ("closed", "patrol 3"))


async def _alarms(site: Site, text: str) -> list[dict[str, Any]]:
    page = await site.call("GET", f"/alarms?text={text.replace(' ', '%20')}")
    return [row for row in page["rows"] if row["description"] == text]


async def _counts(site: Site, spec: Spec, subject: str) -> dict[str, int]:
    told = await site.town.ask({"do": "counts", "device": spec.device_id}, "counts")
    return dict(told["counts"][subject])


async def locate(site: Site, tell: Tell) -> None:
    """Who moves tells where, as often as it was asked to, and is on its way."""
    spec, _ = site.find("device moves", lambda spec, _: spec.profile.mobile and spec.route)
    path = f"/devices/{spec.device_id}/subscriptions/{Subject.POSITION.value}"
    await site.call("PUT", path, {"interval": 1}, Post.SYSTEM)
    await site.until(lambda: _stands(site, spec, Subject.POSITION))
    known = (await _positions(site, spec))["total"]

    async def told() -> str:
        more = (await _positions(site, spec))["total"] - known
        return "" if more >= 3 else f"{more} positions of a ferry that moves"

    await site.until(told)
    page = await _positions(site, spec)
    await site.call("DELETE", path, post=Post.SYSTEM)
    places = {(row["longitude"], row["latitude"]) for row in page["rows"]}
    hold(len(places) >= 3, f"it reports, and does not move: {places}")
    east, north = zip(*spec.route, strict=True)
    for longitude, latitude in places:
        on_its_way = (
            min(east) - _EDGE <= longitude <= max(east) + _EDGE
            and min(north) - _EDGE <= latitude <= max(north) + _EDGE
        )
        hold(on_its_way, f"{longitude}, {latitude} is not on its way {spec.route}")
    counts = await _counts(site, spec, "position")
    hold(counts["lost"] == 0, f"positions were lost: {counts}")
    latest = await site.call("GET", f"/positions?device={spec.device_id}")
    hold(latest["total"] == 1, f"{latest['total']} newest positions of one device")
    tell(f"{len(places)} places on its way, none lost")


async def _positions(site: Site, spec: Spec) -> dict[str, Any]:
    return dict(await site.call("GET", f"/devices/{spec.device_id}/positions?size=500"))


async def _subscriptions(site: Site, spec: Spec) -> list[dict[str, Any]]:
    path = f"/devices/{spec.device_id}/subscriptions"
    return list(await site.call("GET", path, post=Post.SYSTEM))


async def _stands(site: Site, spec: Spec, subject: Subject, state: str = "active") -> str:
    rows = await _subscriptions(site, spec)
    row = next((row for row in rows if row["subject"] == subject.value), None)
    return "" if row is not None and row["state"] == state else f"{subject.value}: {row}"


async def change(site: Site, tell: Tell) -> None:
    """A channel that goes, fails, comes back or is renamed is so here, without being asked for."""
    spec, _ = site.find("recorder of four", lambda spec, _: len(spec.profile.channels) > 3)
    await site.until(lambda: _stands(site, spec, Subject.CATALOG))
    # Channels of their own: one that never rests would be left alone for a while.
    *others, channel = spec.profile.channels[-4:]
    for event, other in zip(("OFF", "VLOST", "DEFECT"), others, strict=True):
        await _notify(site, spec, other, event, {"state": "offline"})
        await _notify(site, spec, other, "ON", {"state": "online"})
    name = f"{channel.name} {secrets.token_hex(2)}"
    await _notify(site, spec, channel, "UPDATE", {"name": name}, name)
    await _notify(site, spec, channel, "DEL", {"removed": True})
    added = {"removed": False, "name": channel.name}
    await _notify(site, spec, channel, "ADD", added, channel.name)
    await _notify(site, spec, channel, "ON", {"state": "online"})
    counts = await _counts(site, spec, "catalog")
    hold(counts["lost"] == 0, f"changes were lost: {counts}")
    tell("OFF, VLOST, DEFECT, ON, UPDATE, DEL, ADD appear")


async def _notify(
    site: Site, spec: Spec, channel: Channel, event: str, wanted: dict[str, object], name: str = ""
) -> None:
    """Let *event* happen to a channel, and wait until it is as *wanted* here."""
    order = {"do": "change", "device": spec.device_id, "changes": [[channel.channel_id, event]]}
    await site.town.tell({**order, "name": name})

    async def missing() -> str:
        path = f"/devices/{spec.device_id}/channels/{channel.channel_id}"
        row = await site.call("GET", path)
        real = {**row, "removed": row["removed_at"] is not None}
        found = {key: real[key] for key in wanted}
        return "" if found == wanted else f"{event} was notified, and it is {found}"

    await site.until(missing)


async def subscribe(site: Site, tell: Tell) -> None:
    """What is subscribed by itself stands at every device; who cannot do it is told apart."""
    counted = 0
    for spec in site.specs:
        for subject in (Subject.CATALOG, Subject.ALARM):
            await site.until(partial(_stands, site, spec, subject))
            counted += 1
        rows = await _subscriptions(site, spec)
        dead = [row for row in rows if row["state"] == "active" and row["expires"] <= 0]
        hold(not dead, f"granted for no time: {dead}")
    spec, _ = site.find("plain camera", lambda spec, _: is_plain(spec) and not spec.profile.mobile)
    path = f"/devices/{spec.device_id}/subscriptions/{Subject.POSITION.value}"
    await site.quirks(spec, "no-subscribe")
    try:
        await site.call("PUT", path, {"interval": 5}, Post.SYSTEM)
        await site.until(lambda: _stands(site, spec, Subject.POSITION, "fallback"))
        rows = await _subscriptions(site, spec)
        why = next(row["why"] for row in rows if row["subject"] == Subject.POSITION.value)
        hold("489" in why, f"why it cannot be subscribed is told as {why!r}")
    finally:
        await site.quirks(spec, *spec.quirks)
        await site.call("DELETE", path, post=Post.SYSTEM)
    tell(f"{counted} stand at {len(site.specs)} devices; 489 leads to the fallback")
