"""What a program may: as much as its token says, from where it says, and no longer."""

import secrets
import time
from datetime import UTC, datetime
from typing import Any

from tongshi.cli.staff import Post
from tongshi.cli.trial.site import Site, Tell, agree
from tongshi.cli.trial.verdict import Broken, hold
from tongshi.cli.trial.visitor import Visitor
from tongshi.testing.client import Client, Refused

CALLS = 5
"""Calls of a day that the token is good for."""
_ELSEWHERE = "192.0.2.0/24"


async def metered(site: Site, tell: Tell) -> None:
    """A token works within its scopes, its quota and its addresses, and not beyond."""
    account = await _account(site)
    token = await _token(site, account, quotas={"calls_day": CALLS})
    program = _program(site, token["token"])
    problem = await _refusal(program, "/system")
    agree("beyond its scopes", (problem["status"], problem["code"]), (403, "denied"))
    for _ in range(CALLS - 1):
        await program.call("GET", "/devices?size=1")
    problem = await _refusal(program, "/devices?size=1")
    told = (problem["status"], problem["code"], problem.get("resource"))
    agree("beyond its quota", told, (429, "exhausted", "calls-day"))
    await site.until(lambda: _counted(site, token["about"]["id"]))
    other = await _token(site, account, networks=[_ELSEWHERE])
    problem = await _refusal(_program(site, other["token"]), "/devices?size=1")
    agree("from elsewhere", problem["status"], 401)
    third = await _token(site, account)
    program = _program(site, third["token"])
    await program.call("GET", "/devices?size=1")
    await site.call("DELETE", f"/tokens/{third['about']['id']}", post=Post.SECURITY)
    problem = await _refusal(program, "/devices?size=1")
    agree("revoked", problem["status"], 401)
    tell(f"{CALLS} calls and no more, counted; not beyond scope, from elsewhere, or once revoked")


async def _account(site: Site) -> int:
    """Make an account of a service; return its number."""
    body = {"name": f"check-{secrets.token_hex(4)}", "shown": "Check", "role": "service"}
    made = await site.call("POST", "/people", body, Post.SECURITY)
    return int(made["person"]["id"])


async def _token(site: Site, account: int, **more: object) -> dict[str, Any]:
    ends = datetime.fromtimestamp(time.time() + 3600, UTC).isoformat()
    body = {"account": account, "name": "check", "scopes": ["see-devices"], "ends": ends, **more}
    return dict(await site.call("POST", "/tokens", body, Post.SECURITY))


def _program(site: Site, token: str) -> Visitor:
    return Visitor(Client(site.node.web_address, token=token), site.threads)


async def _refusal(program: Visitor, path: str) -> dict[str, Any]:
    try:
        answer = await program.call("GET", path)
    except Refused as refused:
        return {"status": refused.status, **refused.problem}
    raise Broken(f"GET {path} was answered: {answer}"[:300])


async def _counted(site: Site, number: int) -> str:
    """Return what the report of usage lacks."""
    told = await site.call("GET", f"/usage?token={number}", post=Post.SECURITY)
    counts = (told["total"]["calls"], told["total"]["refused"])
    hold(counts[0] <= CALLS, f"{counts[0]} calls were let through")
    return "" if counts == (CALLS, 1) else f"calls and refusals are reported as {counts}"
