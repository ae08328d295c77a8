"""Programs with tokens that want more than theirs, and webhooks that are to lead inside."""

import asyncio
from collections.abc import Callable, Sequence

import httpx
import pytest

from tongshi.access.identity import Person
from tongshi.access.permission import Permission
from tongshi.api.parts import Parts
from tongshi.hooks.sending.service import Sender, SendRules
from tongshi.testing.bodies import CLOSED, HIDING, ask, codes_in, key_of
from tongshi.testing.grounds import World
from tongshi.testing.receiver import Receiver

Program = Callable[..., httpx.Client]


def test_a_token_is_good_for_what_it_carries_and_nothing_else(
    world: World, parts: Parts, program: Program
) -> None:
    """Its account has every right with every camera, and all that a service can have."""
    client, walked = program(Permission.SEE_DEVICES), 0
    for route in CLOSED:
        if route.permission in (Permission.SEE_DEVICES, Permission.OWN_ACCOUNT):
            continue
        told = ask(client, route, world.real)
        assert told.status == 403, key_of(route)
        assert told == ask(client, route, world.absent), key_of(route)
        walked += 1
    assert walked > 100
    assert client.get("/api/devices").status_code == 200


def test_a_token_changes_nothing_of_its_account(program: Program) -> None:
    client = program()
    for method, path, body in (
        ("DELETE", "/session", None),
        ("POST", "/session/password", {"present": "x", "new": "a long sentence"}),
        ("POST", "/session/totp", None),
        ("POST", "/session/proof", {"secret": "x"}),
        ("DELETE", "/session/totp", None),
    ):
        answer = client.request(method, f"/api{path}", json=body)
        assert answer.status_code in (403, 409), (method, path, answer.text)
    assert client.get("/api/devices").status_code == 200


def test_a_token_that_was_revoked_is_as_one_that_never_was(
    world: World, parts: Parts, program: Program, security: httpx.Client
) -> None:
    client = program()
    stranger = program()
    stranger.headers["Authorization"] = "Bearer tst_" + "x" * 43
    rows = security.get("/api/tokens").json()
    assert len(rows) >= 2
    for row in rows:
        assert security.delete(f"/api/tokens/{row['id']}").status_code == 204
    for route in HIDING:
        if "{" in route.path and codes_in(route):
            told = ask(client, route, world.real)
            assert told.status == 401
            assert told == ask(stranger, route, world.real), key_of(route)


def test_a_token_opens_no_page(program: Program) -> None:
    """Pages are for people: a token in a header comes from no browser."""
    client = program()
    for path in ("/live", "/devices", "/account", "/tokens"):
        assert client.get(path).status_code in (303, 401, 403), path


# Webhooks ------------------------------------------------------------------------------------

INSIDE = (
    "http://127.0.0.1:{port}/in",
    "http://localhost:{port}/in",
    "http://[::1]:{port}/in",
    "http://[::ffff:127.0.0.1]:{port}/in",
    "http://[64:ff9b::7f00:1]:{port}/in",
    "http://[2002:7f00:1::]:{port}/in",
    "http://0.0.0.0:{port}/in",
    "http://0:{port}/in",
    "http://127.1:{port}/in",
    "http://2130706433:{port}/in",
    "http://0x7f000001:{port}/in",
    "http://017700000001:{port}/in",
    "http://127.0.0.1.:{port}/in",
    "http://rebinding.example:{port}/in",
    "http://both.example:{port}/in",
    "http://user@127.0.0.1:{port}/in",
    "http://hooks.example@127.0.0.1:{port}/in",
    "http://127.0.0.1:{port}#@hooks.example/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://172.16.0.1/",
    "http://100.64.0.1/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_GET",
    "ftp://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/\r\nX-Injected: 1",
    "http://hooks.example:{port}/ HTTP/1.1\r\nHost: x",
)


async def resolve(host: str, port: int) -> Sequence[str]:
    """Answer as names do that an attacker has: a different address each time it is asked."""
    asked = ANSWERS.setdefault(host, 0)
    ANSWERS[host] += 1
    if host == "both.example":
        return ["198.51.100.7", "127.0.0.1"]
    if host == "rebinding.example":
        return ["127.0.0.1"] if asked % 2 else ["198.51.100.7", "127.0.0.1"]
    return ["127.0.0.1"]


ANSWERS: dict[str, int] = {}


@pytest.mark.network
def test_no_webhook_leads_inside(
    admin: httpx.Client, parts: Parts, service: Person, runner: asyncio.Runner
) -> None:
    parts.queues._sender = Sender(SendRules(timeout=3.0), resolve)
    receiver = Receiver()
    runner.run(receiver.__aenter__())
    kept = 0
    try:
        for url in INSIDE:
            body = {
                "owner": service.id,
                "name": "x",
                "url": url.format(port=receiver.port),
                "topics": ["alarm"],
            }
            made = admin.post("/api/hooks", json=body)
            assert made.status_code in (201, 400, 403), (url, made.text)
            if made.status_code != 201:
                continue
            kept += 1
            number = made.json()["about"]["id"]
            told = admin.post(f"/api/hooks/{number}/test").json()
            assert (told["state"] == "done", told["status"]) == (False, None), (url, told)
            assert told["why"] in ("forbidden", "unreachable"), (url, told)
            admin.delete(f"/api/hooks/{number}")
        assert kept > 5, "so that some were tried"
        assert (receiver.connections, receiver.heard) == (0, [])
    finally:
        runner.run(receiver.__aexit__(None, None, None))


@pytest.mark.network
def test_a_changed_webhook_is_judged_anew(
    admin: httpx.Client, parts: Parts, service: Person, runner: asyncio.Runner
) -> None:
    """Made with an honest url, then turned inside; a redirect inside is not followed either."""
    receiver = Receiver()
    runner.run(receiver.__aenter__())
    parts.queues._sender = Sender(SendRules(timeout=3.0), resolve)
    try:
        body = {
            "owner": service.id,
            "name": "x",
            "url": "https://hooks.example/",
            "topics": ["alarm"],
        }
        number = admin.post("/api/hooks", json=body).json()["about"]["id"]
        answer = admin.put(f"/api/hooks/{number}", json={**body, "url": receiver.url})
        if answer.status_code == 200:
            assert admin.post(f"/api/hooks/{number}/test").json()["why"] == "forbidden"
        assert receiver.connections == 0
    finally:
        runner.run(receiver.__aexit__(None, None, None))
