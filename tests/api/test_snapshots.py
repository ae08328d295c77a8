from collections.abc import Callable

import httpx
import pytest

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
ASK = {"device": RECORDER, "channel": CHANNEL, "purpose": "alarm"}


def endings(admin: httpx.Client) -> list[tuple[str, str, int]]:
    rows = admin.get("/api/register").json()["rows"]
    return [(row["look"]["action"], row["ending"]["how"], row["ending"]["bytes"]) for row in rows]


def test_a_picture_is_registered_and_given_back(
    operator: httpx.Client, admin: httpx.Client, flush: Callable[[], None]
) -> None:
    answer = operator.post("/api/snapshots", json=ASK)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"\xff\xd8")
    flush()
    assert endings(admin) == [("snapshot", "closed", len(answer.content))]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"purpose": " "}, 400, "invalid"),
        ({"channel": "nobody"}, 404, "missing"),
    ],
)
def test_no_picture_without_a_purpose_or_a_camera(
    operator: httpx.Client, admin: httpx.Client, change: dict[str, str], status: int, code: str
) -> None:
    answer = operator.post("/api/snapshots", json={**ASK, **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert admin.get("/api/register").json()["total"] == 0


def test_a_failed_picture_is_registered_with_its_cause(
    operator: httpx.Client,
    admin: httpx.Client,
    flush: Callable[[], None],
    statuses: list[int | None],
) -> None:
    statuses.append(403)
    answer = operator.post("/api/snapshots", json=ASK)
    assert (answer.status_code, answer.json()["peer_status"]) == (502, 403)
    flush()
    assert endings(admin) == [("snapshot", "peer.refused", 0)]
