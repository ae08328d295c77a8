import asyncio
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from tongshi.access.register import EntryQuery
from tongshi.access.scope import EVERYTHING
from tongshi.api.downloads import read_range
from tongshi.api.parts import Parts
from tongshi.errors import Invalid
from tongshi.media.mp4 import Finished
from tongshi.recording.download import Download, State

pytestmark = pytest.mark.clause("9.9")

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
SINCE = 1_700_000_000
ASK = {
    "device": RECORDER,
    "channel": CHANNEL,
    "purpose": "patrol",
    "since": SINCE,
    "until": SINCE + 60,
}
CONTENT = bytes(range(256)) * 4


def finish(parts: Parts, runner: asyncio.Runner, number: int) -> Download:
    """Let a download be done, with a file of CONTENT."""
    held = runner.run(parts.downloads.find(number))
    result = Finished(
        len(CONTENT), "ab" * 32, "p", "", 25, 1, float(SINCE), SINCE + 60.0, 60.0, False
    )
    done = replace(held, state=State.DONE, result=result, written=len(CONTENT), ended_at=1.0)
    parts.downloads._put(done)
    parts.downloads._path.mkdir(exist_ok=True)
    (parts.downloads._path / f"{number}.mp4").write_bytes(CONTENT)
    return done


def test_a_download_is_queued_listed_and_removed(
    operator: httpx.Client, parts: Parts, flush: Callable[[], None]
) -> None:
    answer = operator.post("/api/downloads", json=ASK)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["device"], told["since"], told["until"]) == (RECORDER, SINCE, SINCE + 60)
    assert told["purpose"] == "Routine patrol"
    assert told["own"] is True
    flush()
    assert operator.get(f"/api/downloads/{told['id']}").json()["id"] == told["id"]
    page = operator.get("/api/downloads").json()
    assert (page["total"], page["rows"][0]["id"]) == (1, told["id"])
    entry = parts.register.page(EVERYTHING, EntryQuery()).rows[0]
    assert (entry.look.action.value, entry.look.since) == ("download", SINCE)
    assert operator.delete(f"/api/downloads/{told['id']}").status_code == 204
    assert operator.get(f"/api/downloads/{told['id']}").json()["state"] == "cancelled"


def test_a_file_is_fetched_at_an_address_of_ones_own(
    operator: httpx.Client,
    parts: Parts,
    runner: asyncio.Runner,
    flush: Callable[[], None],
) -> None:
    number = operator.post("/api/downloads", json=ASK).json()["id"]
    assert operator.get(f"/api/downloads/{number}/file").status_code == 404
    finish(parts, runner, number)
    led = operator.get(f"/api/downloads/{number}/file")
    assert led.status_code == 307
    address = led.headers["location"]
    part = operator.get(address, headers={"Range": "bytes=0-19"})
    assert (part.status_code, part.content) == (206, CONTENT[:20])
    assert part.headers["content-range"] == f"bytes 0-19/{len(CONTENT)}"
    assert operator.get(address, headers={"Range": "bytes=5000-"}).status_code == 400
    tail = operator.get(address, headers={"Range": "bytes=-4"})
    assert (tail.status_code, tail.content) == (206, CONTENT[-4:])
    rest = operator.get(address, headers={"Range": "bytes=20-"})
    assert (rest.status_code, rest.content) == (206, CONTENT[20:])
    assert operator.get(address).status_code == 403  # all of it has left: it is over
    again = operator.get(f"/api/downloads/{number}/file").headers["location"]
    whole = operator.get(again)
    assert (whole.status_code, whole.content) == (200, CONTENT)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["content-disposition"].endswith(f'{CHANNEL}-{SINCE}-{SINCE + 60}.mp4"')
    assert operator.get(again).status_code == 403
    told = operator.get(f"/api/downloads/{number}").json()
    assert (told["state"], told["digest"], told["shows_until"]) == ("done", "ab" * 32, SINCE + 60)
    flush()
    entry = parts.register.page(EVERYTHING, EntryQuery()).rows[0]
    assert entry.look.transport == "http"
    assert entry.ending is not None
    assert entry.ending.bytes == len(CONTENT)


def test_an_address_counts_for_one_sign_in(
    operator: httpx.Client, parts: Parts, runner: asyncio.Runner
) -> None:
    number = operator.post("/api/downloads", json=ASK).json()["id"]
    finish(parts, runner, number)
    address = operator.get(f"/api/downloads/{number}/file").headers["location"]
    assert operator.get(address.replace("key=", "key=x")).status_code == 403
    assert operator.get(address).status_code == 200


def test_others_do_not_get_it(
    operator: httpx.Client, another: httpx.Client, flush: Callable[[], None]
) -> None:
    number = operator.post("/api/downloads", json=ASK).json()["id"]
    flush()
    assert another.get("/api/downloads").json()["rows"] == []
    assert another.get(f"/api/downloads/{number}").status_code == 404
    assert another.delete(f"/api/downloads/{number}").status_code == 404
    assert another.get(f"/api/downloads/{number}/file").status_code == 404
    another.post("/api/downloads", json=ASK)
    flush()
    assert operator.get("/api/downloads").json()["total"] == 1


@pytest.mark.parametrize("until", [SINCE, SINCE + 90_000])
def test_spans_that_are_none(operator: httpx.Client, until: int) -> None:
    assert operator.post("/api/downloads", json={**ASK, "until": until}).status_code == 400


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", (0, 100)),
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-500", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-500", (0, 100)),
        ("bytes=1-2,5-6", (0, 100)),
        ("bytes=a-b", (0, 100)),
        ("rows=1-2", (0, 100)),
        ("bytes=5", (0, 100)),
        ("bytes=\xb2-", (0, 100)),  # a digit to Python, no number
        ("bytes=0-" + "9" * 5000, (0, 100)),
    ],
)
def test_ranges(header: str, expected: tuple[int, int]) -> None:
    assert read_range(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=20-10", "bytes=-"])
def test_ranges_that_are_none(header: str) -> None:
    with pytest.raises(Invalid):
        read_range(header, 100)
