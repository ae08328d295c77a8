"""Acts at devices are on the chain with what came of them."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from tongshi.api.asker import Asker
from tongshi.api.noting import noted
from tongshi.api.parts import Parts
from tongshi.audit.entry import Actor, Entry
from tongshi.audit.store import AuditQuery
from tongshi.errors import Conflict, Denied, Error

DEVICE = "34020000001180000001"


def chained(parts: Parts, flush: Callable[[], None], what: str) -> list[Entry]:
    flush()
    return list(parts.audit.page(AuditQuery(what=what, size=100)).rows)


class Somebody(Asker):
    """Who asks, for as much as an act tells of them."""

    def __init__(self) -> None:
        """Nothing is known but the name."""

    @property
    def actor(self) -> Actor:
        return Actor(4, "Li", "Office", "::1")


@pytest.mark.parametrize(
    ("error", "outcome"), [(None, "done"), (Conflict("x"), "failed"), (Denied("x"), "refused")]
)
def test_what_came_of_an_act_is_told(
    parts: Parts, flush: Callable[[], None], runner: object, error: Error | None, outcome: str
) -> None:
    async def act() -> None:
        async with noted(parts, Somebody(), "device.rebooted", DEVICE, n=1) as told:
            told["how"] = "confirmed"
            if error is not None:
                raise error

    if error is None:
        asyncio.run(act())
    else:
        with pytest.raises(type(error)):
            asyncio.run(act())
    (entry,) = chained(parts, flush, "device.rebooted")
    assert entry.act.outcome == outcome
    assert entry.act.person == "Li"
    assert entry.act.details["how"] == "confirmed"
    assert entry.act.details.get("why") == (error.code if error is not None else None)


@pytest.mark.parametrize(
    ("method", "path", "body", "what"),
    [
        ("PUT", f"/devices/{DEVICE}/password", {"password": "12345678"}, "peer.password-set"),
        ("PUT", f"/devices/{DEVICE}/profile", {"preset": "hikvision"}, "peer.profile-set"),
        ("POST", "/admission", {"effect": "allow", "pattern": "3402*"}, "admission.rule-added"),
        ("POST", "/admission/locks/clear", {"host": "192.0.2.1"}, "admission.unlocked"),
        ("POST", f"/devices/{DEVICE}/traces", {}, "trace.begun"),
        ("PUT", f"/devices/{DEVICE}/subscriptions/catalog", {}, "peer.subscription-set"),
    ],
)
def test_decisions_about_peers_are_chained_and_tell_no_secret(
    admin: httpx.Client,
    parts: Parts,
    flush: Callable[[], None],
    method: str,
    path: str,
    body: dict[str, str],
    what: str,
) -> None:
    answer = admin.request(method, f"/api{path}", json=body)
    assert answer.status_code < 300, answer.text
    (entry,) = chained(parts, flush, what)
    assert entry.act.person_id is not None
    assert entry.act.outcome == "done"
    assert "12345678" not in str(entry.act)
