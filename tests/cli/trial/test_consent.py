"""Asking for a look, breaking the glass, leaked addresses: what holds, and what does not."""

from collections.abc import Callable
from typing import Any

import pytest

from tongshi.cli.staff import OWNED
from tongshi.cli.trial import consent
from tongshi.cli.trial.visitor import Visitor
from tongshi.testing.viewer import Watched

pytestmark = pytest.mark.network

Make = Callable[[Any], str]
Plant = Callable[[str, Callable[[Any], Any]], None]


def test_what_holds(holds: Make) -> None:
    assert holds(consent.ask).startswith("refused (right), asked, granted, ")
    assert "reviewed as justified" in holds(consent.emergency)
    assert "others' and used addresses stay shut" in holds(consent.leak)


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        ({"code": "denied"}, "it is refused as"),
        ({"code": "denied.grant", "reason": "right"}, "it is not told why"),
    ],
)
@pytest.mark.parametrize("check", [consent.ask, consent.emergency])
def test_a_refusal_that_tells_nothing(
    breaks: Make, monkeypatch: pytest.MonkeyPatch, check: object, problem: dict[str, str], why: str
) -> None:
    async def refusal(self: Visitor, device: str, channel: str) -> dict[str, str]:
        return problem

    monkeypatch.setattr(Visitor, "refusal", refusal)
    assert breaks(check).startswith(why)


@pytest.mark.parametrize(
    ("path", "change", "why"),
    [
        ("POST /requests$", {"state": "granted"}, "request"),
        ("GET /requests", {"rows": []}, "nobody is asked to decide"),
        ("POST /requests/[0-9]+/decide", {"state": "waiting"}, "request"),
        ("GET /register", {"rows": []}, "the register has no look of"),
    ],
)
def test_an_approval_that_is_not_one(
    breaks: Make, lie: Plant, path: str, change: dict[str, Any], why: str
) -> None:
    lie(path, lambda told: {**told, **change})
    assert breaks(consent.ask).startswith(why)


def test_an_entry_that_rests_on_nothing(breaks: Make, lie: Plant) -> None:
    def bare(told: dict[str, Any]) -> dict[str, Any]:
        looks = [{**row["look"], "approval_id": None} for row in told["rows"]]
        return {**told, "rows": [{"look": look} for look in looks]}

    lie("GET /register", bare)
    assert breaks(consent.ask).startswith("entry: the interface says (None, ")


@pytest.mark.parametrize(
    ("place", "path", "change", "why"),
    [
        (2, "GET /reviews", {"rows": []}, "no review waits for the audit"),
        (3, "POST /reviews", {"state": "due"}, "review: the interface says"),
    ],
)
def test_broken_glass_that_nobody_reviews(
    breaks: Make,
    lie: Plant,
    monkeypatch: pytest.MonkeyPatch,
    place: int,
    path: str,
    change: dict[str, Any],
    why: str,
) -> None:
    monkeypatch.setattr(consent, "_GLASS", place)  # what was broken before is still open
    lie(path, lambda told: {**told, **change})
    assert breaks(consent.emergency).startswith(why)


def test_an_address_that_opens_again(breaks: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    async def watch(url: str, *, messages: int, within: float, cookie: str) -> Watched:
        return Watched(messages=messages)

    monkeypatch.setattr(consent, "watch", watch)
    assert breaks(consent.leak) == "an address without its sign-in opens: 1 messages"


def test_a_camera_that_is_hidden_otherwise(breaks: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent, "_ABSENT", (OWNED, "34020000001310010001"))
    assert "was answered" in breaks(consent.leak)
