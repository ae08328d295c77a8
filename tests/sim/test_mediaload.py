import asyncio
import json
import socket
import sys
from array import array
from pathlib import Path

import pytest

from tongshi.media.rtp import Packet
from tongshi.media.tcpframe import Framer
from tongshi.media.unit import Codec
from tongshi.sim.mediaload import (
    SSRC,
    STEP,
    Shot,
    film,
    pack_times,
    read_clip,
    unpack_times,
    write_clip,
)
from tongshi.testing.clip import encode


@pytest.fixture(scope="module")
def units() -> list[tuple[bytes, bool]]:
    return [(unit.data, unit.key) for unit in encode(Codec.H264, 4, gop=2)]


def test_a_clip_survives_its_file(tmp_path: Path, units: list[tuple[bytes, bool]]) -> None:
    write_clip(tmp_path / "clip", units)
    assert read_clip(tmp_path / "clip") == units


def test_numbers_and_times_run_on_when_the_clip_begins_again(
    units: list[tuple[bytes, bool]],
) -> None:
    shots = film(units, 10)
    packets = [Packet.parse(data) for shot in shots for data in shot.packets]
    assert [packet.sequence for packet in packets] == list(range(len(packets)))
    assert {packet.ssrc for packet in packets} == {SSRC}
    stamps = [Packet.parse(shot.packets[-1]) for shot in shots]
    assert [packet.timestamp for packet in stamps] == [STEP * index for index in range(10)]
    assert all(packet.marker for packet in stamps)


def test_a_shot_on_either_wire() -> None:
    shot = Shot(tuple(bytes([0x80, 96, 0, n]) + bytes(1408) for n in range(100)))
    assert b"".join(shot.chunks()) == b"".join(shot.packets)
    assert max(map(len, shot.chunks())) < 65_508
    assert Framer().feed(shot.framed()) == list(shot.packets)


def test_times_survive_json() -> None:
    for kind, values in (("d", array("d", [1.5, -2.0])), ("q", array("q", [1, -2]))):
        assert unpack_times(json.loads(json.dumps(pack_times(values))), kind) == values


@pytest.mark.network
def test_a_sink_counts_what_comes() -> None:
    async def run() -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tongshi.sim.mediaload", "sink"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"count": 2, "host": "127.0.0.1"}).encode() + b"\n")
        ports = json.loads(await process.stdout.readline())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for port, count in zip(ports, (3, 1), strict=True):
                for _ in range(count):
                    sock.sendto(b"packet", ("127.0.0.1", port))
        process.stdin.write(b"end\n")
        assert json.loads(await process.stdout.readline()) == {"packets": [3, 1]}
        assert await process.wait() == 0

    asyncio.run(run())
