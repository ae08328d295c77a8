"""What is taken along: what holds, and what is told of files and pictures that are not so."""

import struct
from collections.abc import Callable
from typing import Any

import pytest

from tongshi.cli.trial import taking
from tongshi.cli.trial.verdict import Broken
from tongshi.cli.trial.visitor import Visitor

Make = Callable[[Any], str]
Plant = Callable[[str, Callable[[Any], Any]], None]


def box(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "SHORT", 3)
    monkeypatch.setattr(taking, "LONG", 24)
    monkeypatch.setattr(taking, "GONE", 2.0)


@pytest.mark.network
@pytest.mark.usefixtures("short")
def test_what_holds(holds: Make) -> None:
    assert "30 pictures, digests agree, tables in front" in holds(taking.download)
    assert "240 pictures, digests agree" in holds(taking.resume)
    assert "two by upload, two from the stream" in holds(taking.photograph)


@pytest.mark.network
@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"samples": "0" * 64}, "pictures: the interface says"),
        ({"frames": 31}, "pictures: the interface says"),
        ({"frames": 0}, "the device says 0 pictures"),
        ({"first": 7}, "30 pictures show another counter, the first is number [0]"),
    ],
)
def test_a_file_that_is_not_what_the_device_sent(
    breaks: Make, mislead: Plant, change: dict[str, Any], why: str
) -> None:
    mislead("digest", lambda told: {**told, **change})
    assert breaks(taking.download).startswith(why)


@pytest.mark.network
@pytest.mark.usefixtures("short")
def test_a_file_that_is_damaged_on_its_way(breaks: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    true = Visitor.fetch

    async def fetch(self: Visitor, method: str, path: str, body: object = None) -> bytes:
        return (await true(self, method, path, body))[:-1] + b"?"

    monkeypatch.setattr(Visitor, "fetch", fetch)
    assert breaks(taking.download) == "the file fetched has another digest"


@pytest.mark.network
@pytest.mark.usefixtures("short")
def test_a_download_that_fails_or_is_doubtful(breaks: Make, lie: Plant) -> None:
    lie(r"GET /downloads/\d+$", lambda told: {**told, "doubtful": True})
    assert breaks(taking.download) == "pictures may be missing or stand twice"
    lie(r"GET /downloads/\d+$", lambda told: {**told, "state": "failed", "why": "peer.offline"})
    assert breaks(taking.download).startswith("the download failed: peer.offline")


@pytest.mark.network
def test_a_device_that_does_not_vanish(
    breaks: Make, mislead: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "_BEGUN", 2.0)
    monkeypatch.setattr(taking, "LONG", 4)
    assert "before the device vanished" in breaks(taking.resume)


@pytest.mark.network
def test_pictures_by_another_way(breaks: Make, lie: Plant) -> None:
    lie("/snapshots", lambda told: {**told, "via": "stream"})
    assert breaks(taking.photograph).startswith("by upload: the interface says ('stream'")
    lie("/snapshots", lambda told: {**told, "pictures": [told["pictures"][0]] * 2})
    assert breaks(taking.photograph).startswith("upload: [")  # one picture twice stands still


def test_boxes() -> None:
    data = box(b"ftyp", b"isom") + box(b"moov")
    large = struct.pack(">I4sQ", 1, b"mdat", 20) + b"data"
    assert list(taking.boxes(data + large)) == [(b"ftyp", 12), (b"moov", 8), (b"mdat", 20)]
    for cut in (data[:-1], data + b"\0\0", box(b"mdat")[:4] + b"", struct.pack(">I4s", 3, b"free")):
        with pytest.raises(Broken):
            list(taking.boxes(cut))


def test_what_is_no_file() -> None:
    with pytest.raises(Broken, match="does not decode"):
        taking.counters_of(b"nothing of the kind")
