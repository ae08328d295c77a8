"""Who may look: refused with the reason, asked for, granted, found again; and what opens nothing.

The newcomer knows of every camera and may look at none.
"""

import secrets
from typing import Any

from tongshi.cli.staff import OWNED, Post
from tongshi.cli.trial.site import Site, Tell, agree
from tongshi.cli.trial.verdict import Broken, hold
from tongshi.cli.trial.visitor import PURPOSE, Visitor
from tongshi.errors import PeerRefused, PeerSilent
from tongshi.sim.profile import Channel
from tongshi.sim.town import Spec
from tongshi.testing.viewer import watch

LOOK = 12
"""Messages of a look: its group of pictures and some more."""
_ASKED, _GLASS, _LEAK = 0, 1, 2
"""Which of the owner's cameras each check is about."""
_ABSENT = ("34020000009990000009", "34020000009990000009")
_OPENS = 10.0


def _camera(site: Site, place: int) -> tuple[Spec, Channel]:
    """Return the owner's camera number *place*: each check has one of its own."""
    spec, _ = site.find("recorder of the owner", lambda spec, _: spec.device_id == OWNED)
    return spec, spec.profile.channels[place]


async def ask(site: Site, tell: Tell) -> None:
    """Without a grant nobody looks; it is asked for, decided by another, and then it plays."""
    spec, channel = _camera(site, _ASKED)
    newcomer = site.visitors[Post.NEWCOMER]
    why = await _refused(newcomer, spec, channel)
    asked = await _ask(site, spec, channel)
    try:
        frames = await _decide(site, spec, channel, asked)
    finally:
        await site.call("POST", f"/requests/{asked['id']}/withdraw", post=Post.NEWCOMER)
    await _refused(newcomer, spec, channel)
    tell(f"refused ({why}), asked, granted, {frames} frames, registered, given back")


async def _decide(site: Site, spec: Spec, channel: Channel, asked: dict[str, Any]) -> int:
    """Have a request granted, look, and find that in the register; return how many frames."""
    newcomer = site.visitors[Post.NEWCOMER]
    path, verdict = f"/requests/{asked['id']}/decide", {"verdict": "approve"}
    waiting = await site.call("GET", "/requests?list=decide")
    hold(asked["id"] in [row["id"] for row in waiting["rows"]], "nobody is asked to decide")
    problem = await site.refusal("POST", path, verdict, Post.NEWCOMER)
    hold(problem["status"] in (403, 404), f"who asked decides: {problem}")
    await _refused(newcomer, spec, channel)
    decided = await site.call("POST", path, verdict)
    agree("request", decided["state"], "granted")
    seen = await newcomer.look(spec.device_id, channel.channel_id, messages=LOOK)
    look = await _entry(site, channel, asked["person"], Post.OWNER)
    agree("owner's entry", look, await _entry(site, channel, asked["person"]))
    agree("entry", (look["approval_id"], look["purpose"]), (asked["id"], PURPOSE))
    hold(look["grant_id"], f"the entry names no grant: {look}")
    return seen.frames


async def _refused(visitor: Visitor, spec: Spec, channel: Channel) -> str:
    """See that a look is refused for want of a grant; return the reason that was told."""
    problem = await visitor.refusal(spec.device_id, channel.channel_id)
    hold(problem.get("code") == "denied.grant", f"it is refused as {problem}")
    hold(problem.get("reason") and problem.get("helps"), f"it is not told why: {problem}")
    return str(problem["reason"])


async def _ask(site: Site, spec: Spec, channel: Channel) -> dict[str, Any]:
    body = {
        "kind": "live",
        "purpose": PURPOSE,
        "reason": f"check {secrets.token_hex(4)}",
        "cameras": [{"device": spec.device_id, "channel": channel.channel_id}],
        "hours": 1,
    }
    asked = dict(await site.call("POST", "/requests", body, Post.NEWCOMER))
    agree("request", (asked["state"], asked["own"]), ("waiting", True))
    return asked


async def _entry(
    site: Site, channel: Channel, person: str, post: Post = Post.AUDIT
) -> dict[str, Any]:
    """Return what the register says to *post* of the newest live look of *person* at a camera."""
    path = f"/register?channel={channel.channel_id}&size=50"
    rows = (await site.call("GET", path, post=post))["rows"]
    for row in rows:
        if (row["look"]["person"], row["look"]["action"]) == (person, "live"):
            return dict(row["look"])
    raise Broken(f"the register has no look of {person}")


async def emergency(site: Site, tell: Tell) -> None:
    """Broken glass lets look at once, and its review waits for the audit."""
    spec, channel = _camera(site, _GLASS)
    newcomer = site.visitors[Post.NEWCOMER]
    await _refused(newcomer, spec, channel)
    body = {
        "purpose": PURPOSE,
        "case": f"check {secrets.token_hex(4)}",
        "reason": "smoke above the quay",
        "cameras": [{"device": spec.device_id, "channel": channel.channel_id}],
        "minutes": 5,
    }
    glass = await site.call("POST", "/break-glass", body, Post.NEWCOMER)
    seen = await newcomer.look(spec.device_id, channel.channel_id, messages=LOOK)
    look = await _entry(site, channel, glass["person"])
    hold(look["grant_id"], f"the entry names no grant: {look}")
    waiting = await site.call("GET", "/reviews?open=true", post=Post.AUDIT)
    hold(glass["id"] in [row["id"] for row in waiting["rows"]], "no review waits for the audit")
    path, found = (
        f"/reviews/{glass['id']}/close",
        {"verdict": "justified", "words": "smoke was there"},
    )
    problem = await site.refusal("POST", path, found, Post.NEWCOMER)
    hold(problem["status"] == 403, f"who broke the glass reviews it: {problem}")
    closed = await site.call("POST", path, found, Post.AUDIT)
    agree("review", (closed["state"], closed["verdict"]), ("closed", "justified"))
    tell(f"{seen.frames} frames at once, reviewed as {closed['verdict']}")


async def leak(site: Site, tell: Tell) -> None:
    """An address of pictures opens once, for whom it was made, and never after its end."""
    spec, channel = _camera(site, _LEAK)
    device, camera, own = spec.device_id, channel.channel_id, site.visitor.client.cookie
    view = await site.visitor.ask(device, camera)
    try:
        await _shut(view["url"], "", "an address without its sign-in")
        await _shut(view["url"], site.visitors[Post.NEWCOMER].client.cookie, "somebody else's")
        await watch(view["url"], messages=LOOK, within=_OPENS, cookie=own)
        await _shut(view["url"], own, "an address that was used")
        problem = await site.refusal("GET", f"/live/{view['view']}", post=Post.NEWCOMER)
        absent = await site.refusal("GET", f"/live/{secrets.token_urlsafe(16)}")
        agree("somebody else's view", problem["status"], absent["status"])
    finally:
        await site.visitor.close(view["view"])
    unused = await site.visitor.ask(device, camera)
    await site.visitor.close(unused["view"])
    await _shut(unused["url"], own, "an address whose view is closed")
    await _shut(unused["url"][:-4] + "0000", own, "an address that was guessed")
    await _hidden(site)
    tell("others' and used addresses stay shut; what one may not know of is missing")


async def _shut(url: str, cookie: str, what: str) -> None:
    try:
        seen = await watch(url, messages=1, within=_OPENS, cookie=cookie)
    except (PeerRefused, PeerSilent, OSError):
        return
    hold(not seen.messages, f"{what} opens: {seen.messages} messages")


async def _hidden(site: Site) -> None:
    """See that a camera outside the owner's scope is missing just as one that does not exist."""
    spec, channel = site.dome()
    told = [
        await site.refusal("GET", f"/devices/{device}/channels/{camera}", post=Post.OWNER)
        for device, camera in (
            (spec.device_id, channel.channel_id),
            _ABSENT,
        )
    ]
    shapes = [{key: row[key] for key in row if key not in ("detail", "instance")} for row in told]
    agree("a camera that one may not know of", shapes[0], shapes[1])
    agree("status", told[0]["status"], 404)
