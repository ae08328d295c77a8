import csv
import io
from collections.abc import Callable

import httpx
import pytest

from tongshi.api.parts import Parts

Program = Callable[..., httpx.Client]


@pytest.fixture
def client(program: Program, flush: Callable[[], None], parts: Parts) -> httpx.Client:
    """A program that has used something, and another that has used less."""
    first, second = program(), program()
    for _ in range(3):
        assert first.get("/api/devices").status_code == 200
    assert second.get("/api/counts").status_code == 200
    parts.tokens.count_flow(1, "live", 90.0, 1000)
    flush()
    return first


def test_usage_is_reported_by_token_and_kind(client: httpx.Client, security: httpx.Client) -> None:
    told = security.get("/api/usage", params={"kinds": True}).json()
    rows = [(row["token"], row["kind"], row["used"]["calls"]) for row in told["rows"]]
    assert rows == [(1, "devices", 3), (1, "live", 0), (2, "counts", 1)]
    assert told["total"]["calls"] == 4
    assert told["total"]["stream_minutes"] == 1.5
    assert told["total"]["bytes"] > 1000
    one = security.get("/api/usage", params={"token": 2, "period": "hour"}).json()
    assert [(row["token"], row["kind"], row["account"]) for row in one["rows"]] == [
        (2, "", "Bridge")
    ]


def test_a_program_reads_its_own_usage_alone(client: httpx.Client) -> None:
    told = client.get("/api/usage").json()
    assert {row["token"] for row in told["rows"]} == {1}
    assert client.get("/api/usage", params={"token": 1}).status_code == 200
    assert client.get("/api/usage", params={"token": 2}).status_code == 403


def test_others_do_not_read_it_but_the_auditor_does(
    operator: httpx.Client, admin: httpx.Client, auditor: httpx.Client, client: httpx.Client
) -> None:
    for person in (operator, admin):
        answer = person.get("/api/usage")
        assert (answer.status_code, answer.json()["helps"]) == (403, "manage-tokens")
        assert person.get("/api/usage/file").status_code == 403
    assert len(auditor.get("/api/usage").json()["rows"]) == 2


def test_the_same_as_a_table(client: httpx.Client, security: httpx.Client) -> None:
    answer = security.get("/api/usage/file", params={"period": "whole"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["token"], row["calls"], row["stream_minutes"]) for row in rows] == [
        ("1", "3", "1.50"),
        ("2", "1", "0.00"),
    ]


@pytest.mark.parametrize(
    "params",
    [
        {"since": "2023-11-15T00:00:00"},
        {"since": "x"},
        {"since": "2030-01-01T00:00:00Z"},
        {"since": "2023-11-01T00:00:00Z", "until": "2023-10-01T00:00:00Z"},
        {"period": "minute"},
        {"token": "-1"},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    security: httpx.Client, params: dict[str, str]
) -> None:
    assert security.get("/api/usage", params=params).status_code == 400


def test_any_moment_is_bounded(security: httpx.Client) -> None:
    params = {"since": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z"}
    assert security.get("/api/usage", params=params).status_code == 200
    assert security.get("/api/usage", params={"since": "-62135596800"}).status_code == 200
