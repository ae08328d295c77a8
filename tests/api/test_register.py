from datetime import UTC, datetime

import httpx
import pytest

from tongshi.api.register import seconds

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"


@pytest.fixture
def looked(operator: httpx.Client) -> httpx.Client:
    for channel, purpose in ((CHANNEL, "patrol"), (CHANNEL[:-1] + "2", "a lost dog")):
        body = {"device": RECORDER, "channel": channel, "purpose": purpose}
        view = operator.post("/api/live", json=body).json()["view"]
        assert operator.delete(f"/api/live/{view}").status_code == 204
    return operator


@pytest.mark.parametrize(
    ("params", "purposes"),
    [
        ({}, ["other: a lost dog", "patrol"]),
        ({"text": "lost"}, ["other: a lost dog"]),
        ({"device": RECORDER, "channel": CHANNEL}, ["patrol"]),
        ({"person": 999}, []),
        ({"until": "2020-01-01T00:00:00Z"}, []),
        ({"since": "2020-01-01T00:00:00Z", "size": 1}, ["other: a lost dog"]),
    ],
)
def test_who_looked_at_what(
    looked: httpx.Client, auditor: httpx.Client, params: dict[str, str | int], purposes: list[str]
) -> None:
    answer = auditor.get("/api/register", params=params)
    assert answer.status_code == 200
    rows = answer.json()["rows"]
    assert [row["look"]["purpose"] for row in rows] == purposes
    assert all(row["look"]["person"] == "Operator" for row in rows)


def test_moments_of_a_query() -> None:
    assert seconds(None) is None
    assert seconds(datetime(1970, 1, 1, 0, 1, tzinfo=UTC)) == 60.0
