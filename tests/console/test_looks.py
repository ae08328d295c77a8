from collections.abc import Callable

import httpx
import pytest

from tongshi.console.looks import day

RECORDER = "34020000001180000001"
HX = {"HX-Request": "true"}


@pytest.fixture
def looked(
    operator: httpx.Client, flush: Callable[[], None], statuses: list[int | None]
) -> httpx.Client:
    """An operator who closed a view, failed with one, and has one open."""
    for channel, purpose, close in (("1", "patrol", True), ("2", "<i>lost</i>", False)):
        body = {
            "device": RECORDER,
            "channel": f"3402000000131000000{channel}",
            "purpose": purpose,
        }
        view = operator.post("/api/live", json=body).json()["view"]
        if close:
            operator.delete(f"/api/live/{view}")
    statuses.append(403)
    operator.post("/api/live", json={**body, "channel": "34020000001310000003"})
    flush()
    return operator


def test_the_register_tells_who_what_why_and_how_it_ended(
    looked: httpx.Client, auditor: httpx.Client
) -> None:
    text = auditor.get("/register").text
    assert text.count('class="row"') == 3
    for word in ("Operator", "Unit 1", "Routine patrol", "Watching", "Closed", "Refused"):
        assert word in text, word
    assert "&lt;i&gt;lost&lt;/i&gt;" in text
    assert "2023-11-14 22:13:20Z" in text


def test_the_list_follows_its_address(looked: httpx.Client, auditor: httpx.Client) -> None:
    answer = auditor.get("/register/list?open=true&text=lost", headers=HX)
    assert answer.text.count('class="row"') == 1
    assert answer.headers["HX-Replace-Url"] == "/register?text=lost&open=true"
    assert auditor.get("/register?since=2023-11-01&until=2023-11-30").text.count('class="row"') == 3
    assert "Nothing matches" in auditor.get("/register?until=2023-11-01").text
    wrong = auditor.get("/register?since=x&until=y&size=7&number=x").text
    assert wrong.count('class="row"') == 3


def test_an_ending_that_has_no_words_is_a_failure(
    looked: httpx.Client, auditor: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tongshi.console.looks.catalogue", lambda: {})
    assert "Failed" in auditor.get("/register").text


def test_an_empty_register_says_so(auditor: httpx.Client) -> None:
    assert "Nobody has looked yet" in auditor.get("/register").text


def test_days() -> None:
    first, second = day("2026-01-01"), day("2026-01-01", after=1)
    assert first is not None
    assert second == first + 86400
    assert day("") is None
    assert day("2026-13-01") is None
