"""How peers are taken: by which profile, whether at all, with what firmware, and what was said."""

import asyncio
import hashlib
import json
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tongshi.cli.staff import Post
from tongshi.cli.trial.site import Site, Tell, agree, is_plain
from tongshi.cli.trial.verdict import hold
from tongshi.cli.trial.visitor import PURPOSE
from tongshi.errors import RemoteProtocolError
from tongshi.sim.town import Spec
from tongshi.sip.message import Request, parse

PRESETS = {
    "Hikvision": "hikvision",
    "Dahua": "dahua",
    "TP-LINK": "tp-link",
    "Uniview": "uniview",
    "Tongshi": "tongshi",
}
"""Which preset the devices of a maker must get."""
FIRMWARE = 64 * 1024
"""Size of the firmware that is brought, bytes."""
REDIRECTED = 10.0


async def profile(site: Site, tell: Tell) -> None:
    """Each device is spoken to by its maker's profile, and the page can say why."""
    seen: dict[str, int] = {}
    for spec in site.specs:
        maker = spec.profile.manufacturer
        told = await site.call("GET", f"/devices/{spec.device_id}/profile", post=Post.SYSTEM)
        agree(f"{maker}", told["preset"], PRESETS[maker])
        grounded = told["ground"] == "device-info" and told["told"] == maker
        hold(grounded, f"{maker}: chosen by {told['ground']}, {told['told']!r}")
        agree(f"{spec.device_id} speaks", told["told_version"], str(spec.profile.version))
        seen[told["preset"]] = seen.get(told["preset"], 0) + 1
    hold(len(seen) > 1, f"one preset for all: {seen}")
    await _by_hand(site, site.specs[0])
    told = ", ".join(f"{number} {preset}" for preset, number in sorted(seen.items()))
    tell(f"{told}, by DeviceInfo; a field by hand holds and goes")


async def _by_hand(site: Site, spec: Spec) -> None:
    path = f"/devices/{spec.device_id}/profile"
    told = await site.call("PUT", path, {"fields": {"status_notify": "false"}}, Post.SYSTEM)
    fields = {row["name"]: (row["value"], row["by"]) for row in told["fields"]}
    agree(
        "by hand",
        (told["by_hand"], fields["status_notify"]),
        (["status_notify"], ("false", "hand")),
    )
    told = await site.call("PUT", path, {"fields": {}}, Post.SYSTEM)
    hold(not told["by_hand"], f"a field by hand is left: {told['by_hand']}")


async def admit(site: Site, tell: Tell) -> None:
    """A denied device stays out; a password of its own counts; a redirection is followed."""
    spec, _ = site.find(
        "plain camera without presets and cards",
        lambda spec, channel: (
            is_plain(spec)
            and not (
                spec.tcp or channel.presets or spec.profile.cards or len(spec.profile.channels) > 1
            )
        ),
    )
    device = spec.device_id
    async with _rule(site, {"effect": "deny", "pattern": device}):
        status = await _refused(site, spec)
        hold(status == 403, f"a denied device is refused with {status}")
    await _comes_back(site, spec)
    await site.call(
        "PUT", f"/devices/{device}/password", {"password": secrets.token_hex(8)}, Post.SYSTEM
    )
    status = await _refused(site, spec)
    hold(status in (401, 403), f"a wrong password is refused with {status}")
    await site.call("DELETE", f"/devices/{device}/password", post=Post.SYSTEM)
    await site.call("POST", f"/devices/{device}/lockout/clear", post=Post.SYSTEM)
    await _comes_back(site, spec)
    asked = await _redirect(site, spec)
    await _comes_back(site, spec)
    tell(f"denied, refused without its password, redirected ({asked}), each time back in")


@asynccontextmanager
async def _rule(site: Site, rule: dict[str, Any]) -> AsyncIterator[None]:
    made = await site.call("POST", "/admission", rule, Post.SYSTEM)
    try:
        yield
    finally:
        await site.call("DELETE", f"/admission/{made['id']}", post=Post.SYSTEM)


async def _refused(site: Site, spec: Spec) -> int | None:
    """Start a device anew; return with what it is refused."""
    told = await site.town.ask({"do": "start", "device": spec.device_id}, "unregistered")
    if told["status"] is None:  # the good-bye of the one that ran before
        told = await site.town.ask({"do": "start", "device": spec.device_id}, "unregistered")
    hold(not (await site.state(spec))["registered"], "the device says that it is registered")

    async def out() -> str:
        state = await site.presence(spec.device_id)
        return "" if state == "offline" else f"a device that was refused is {state}"

    await site.until(out)
    status = told["status"]
    return int(status) if status is not None else None


async def _comes_back(site: Site, spec: Spec) -> None:
    await site.town.ask({"do": "start", "device": spec.device_id}, "registered")

    async def online() -> str:
        state = await site.presence(spec.device_id)
        return "" if state == "online" else f"the device is {state}"

    await site.until(online)


async def _redirect(site: Site, spec: Spec) -> str:
    """Send a device to another server; return with what it came there."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.setblocking(False)
        host, port = other.getsockname()
        target = f"34020000002000000009@{host}:{port}"
        async with _rule(site, {"effect": "redirect", "pattern": spec.device_id, "target": target}):
            told = await site.town.ask({"do": "start", "device": spec.device_id}, "redirected")
            agree("redirected to", (told["host"], told["port"]), (host, port))
            try:
                async with asyncio.timeout(REDIRECTED):
                    data = await loop.sock_recv(other, 65536)
                message = parse(data)
            except (TimeoutError, RemoteProtocolError) as error:
                hold(False, f"nobody came to the other server: {error!r}")
                raise
    came = isinstance(message, Request) and message.method == "REGISTER"
    hold(came and message.from_user == spec.device_id, f"what came there is {data[:80]!r}")
    return "302, REGISTER there"


async def upgrade(site: Site, tell: Tell) -> None:
    """A device fetches its firmware, restarts, and tells that it has it."""
    spec, _ = site.find("plain camera by TCP", lambda spec, _: is_plain(spec) and spec.tcp)
    device, version = spec.device_id, f"9.{secrets.randbelow(1000)}"
    data = secrets.token_bytes(FIRMWARE)
    made = json.loads(
        await site.fetch("POST", f"/firmware?name=check-{version}", data, Post.SYSTEM)
    )
    agree("firmware", (made["bytes"], made["sha256"]), (FIRMWARE, hashlib.sha256(data).hexdigest()))
    body = {
        "firmware": made["id"],
        "manufacturer": spec.profile.manufacturer,
        "version": version,
        "purpose": PURPOSE,
    }
    begun = await site.call("POST", f"/devices/{device}/upgrade", body, Post.SYSTEM)

    async def done() -> str:
        page = await site.call("GET", f"/devices/{device}/upgrades", post=Post.SYSTEM)
        row = next(row for row in page["rows"] if row["id"] == begun["id"])
        hold(row["state"] not in ("failed", "unknown"), f"{row['state']}: {row['why']}")
        whole = row["sent"] == FIRMWARE
        return "" if row["state"] == "done" and whole else f"it is {row['state']}, {row['sent']} B"

    await site.until(done)
    agree("firmware of the device", version, (await site.state(spec))["firmware"])
    await site.call("DELETE", f"/firmware/{made['id']}", post=Post.SYSTEM)
    tell(f"{FIRMWARE} bytes fetched, restarted, {version} at the device")


async def trace(site: Site, tell: Tell) -> None:
    """What is said with a device is recorded, drawn as a ladder, and kept as a file."""
    spec, channel = site.dome()
    device = spec.device_id
    begun = await site.call("POST", f"/devices/{device}/traces", {"seconds": 60}, Post.SYSTEM)
    await site.call("GET", f"/devices/{device}/channels/{channel.channel_id}/presets")
    await site.call("POST", f"/traces/{begun['id']}/end", post=Post.SYSTEM)
    ladder = await site.call("GET", f"/traces/{begun['id']}", post=Post.SYSTEM)
    rows = ladder["rows"]
    ways = {
        (row["source"] == "platform", row["label"].partition(" ")[0], row["command"])
        for row in rows
    }
    for wanted in (
        (True, "MESSAGE", "PresetQuery"),
        (False, "200", ""),
        (False, "MESSAGE", "PresetQuery"),
        (True, "200", ""),
    ):
        hold(wanted in ways, f"no {wanted} in the ladder: {sorted(ways)}")
    hold(ladder["actors"][0] == "platform" and device in ladder["names"], f"{ladder['names']}")
    numbers = {row["sn"] for row in rows if row["command"] == "PresetQuery"}
    hold(len(numbers) == 1, f"question and answer have the numbers {numbers}")
    data = await site.fetch("GET", f"/traces/{begun['id']}/file", post=Post.SYSTEM)
    lines = [line for line in data.decode().splitlines() if '"way"' in line]
    agree("messages in the file", len(lines), len(rows))
    hold(site.node.device_password not in data.decode(), "the file tells the devices' password")
    await site.call("DELETE", f"/traces/{begun['id']}", post=Post.SYSTEM)
    tell(f"{len(rows)} rows: the question, its answer, what confirmed them")
