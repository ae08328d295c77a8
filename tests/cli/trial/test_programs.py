"""Tokens: what holds, and what is told when it does not."""

from collections.abc import Callable
from typing import Any

import pytest

from tongshi.cli.trial import programs
from tongshi.cli.trial.site import Site

pytestmark = pytest.mark.network

Make = Callable[[Any], str]
Plant = Callable[[str, Callable[[Any], Any]], None]


def test_what_holds(holds: Make) -> None:
    assert holds(programs.metered).startswith("5 calls and no more, counted")


def test_a_quota_that_is_larger(breaks: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    true = programs._token

    async def generous(site: Site, account: int, **more: object) -> dict[str, Any]:
        return await true(site, account, **{**more, "quotas": {}})

    monkeypatch.setattr(programs, "_token", generous)
    assert breaks(programs.metered).startswith("GET /devices?size=1 was answered")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("amounts", "why"),
    [
        ({"calls": 4, "refused": 1}, "after 0.5 s calls and refusals are reported as (4, 1)"),
        ({"calls": 6, "refused": 0}, "6 calls were let through"),
    ],
)
def test_usage_that_is_not_so(breaks: Make, lie: Plant, amounts: dict[str, int], why: str) -> None:
    lie("GET /usage", lambda told: {**told, "total": {**told["total"], **amounts}})
    assert breaks(programs.metered) == why


def test_a_token_that_counts_from_anywhere(breaks: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_ELSEWHERE", "127.0.0.0/8")
    assert breaks(programs.metered).startswith("GET /devices?size=1 was answered")


def test_a_token_that_outlives_its_end(breaks: Make, lie: Plant) -> None:
    def other(told: dict[str, Any]) -> dict[str, Any]:
        return {
            **told,
            "about": {**told["about"], "id": first.setdefault("id", told["about"]["id"])},
        }

    first: dict[str, int] = {}
    lie("POST /tokens", other)
    assert breaks(programs.metered).startswith("GET /devices?size=1 was answered")
