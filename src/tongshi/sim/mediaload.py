"""Load for the media benchmark, in processes of its own: senders, viewers, and a relay's sink.

``python -m tongshi.sim.mediaload send|watch|sink`` reads one line of JSON (its order), prints one
line when it is ready, waits for one more line, works, and prints one line of JSON (its result).
Times are CLOCK_MONOTONIC, which all processes of a machine share.
"""

import asyncio
import base64
import json
import os
import resource
import select
import socket
import struct
import sys
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tongshi.media.ps import Muxer
from tongshi.media.sender import PAYLOAD, Sender, frame_rfc4571
from tongshi.media.unit import AccessUnit, Codec

FPS = 25
STEP = 90_000 // FPS
SSRC = 200_000_001

_PERIOD = 1 / FPS
_UDP_SEGMENT = 103
_SEGMENTS = 46  # packets of one system call: 46 * 1412 bytes are under 64 KiB
_NAP = 0.0004  # s: shorter waits are spun away, longer ones slept
_UNIT = struct.Struct(">IB")


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture on the wire.  packets: RTP, each whole."""

    packets: tuple[bytes, ...]

    def chunks(self) -> list[bytes]:
        """Return the packets joined, as many as one system call with UDP_SEGMENT takes."""
        joined = self.packets
        return [b"".join(joined[at : at + _SEGMENTS]) for at in range(0, len(joined), _SEGMENTS)]

    def framed(self) -> bytes:
        """Return the packets for TCP.  Source: RFC 4571 2."""
        return frame_rfc4571(self.packets)


def write_clip(path: Path, units: list[tuple[bytes, bool]]) -> None:
    """Write access units and whether each is a key frame."""
    with path.open("wb") as file:
        for data, key in units:
            file.write(_UNIT.pack(len(data), key) + data)


def read_clip(path: Path) -> list[tuple[bytes, bool]]:
    """Return what ``write_clip`` wrote."""
    content = path.read_bytes()
    units: list[tuple[bytes, bool]] = []
    at = 0
    while at < len(content):
        length, key = _UNIT.unpack_from(content, at)
        at += _UNIT.size
        units.append((content[at : at + length], bool(key)))
        at += length
    return units


def film(units: list[tuple[bytes, bool]], count: int) -> list[Shot]:
    """Return *count* pictures of the clip, round and round, with numbers and times that run on."""
    muxer, rtp = Muxer(Codec.H264), Sender(SSRC)
    shots: list[Shot] = []
    for index in range(count):
        data, key = units[index % len(units)]
        time_stamp = index * STEP
        pack = muxer.pack(AccessUnit(Codec.H264, time_stamp, time_stamp, key, data))
        shots.append(Shot(tuple(rtp.packets_of(pack, time_stamp))))
    return shots


def say(value: object) -> None:
    """Print one line of JSON."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def ready() -> None:
    """Say that all is set up, and wait for the word."""
    say("ready")
    sys.stdin.readline()


def pack_times(values: "array[float] | array[int]") -> str:
    """Return an array of 8-byte items as text."""
    return base64.b64encode(values.tobytes()).decode("ascii")


def unpack_times(text: str, kind: str) -> "array[Any]":
    """Return the array that ``pack_times`` was given.  kind: ``"d"`` or ``"q"``."""
    values = array(kind)
    values.frombytes(base64.b64decode(text))
    return values


def pin(core: int | None) -> None:
    """Stay on one core, if asked to; and take as many descriptors as may be had."""
    if core is not None:
        os.sched_setaffinity(0, {core})
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def send(order: dict[str, Any]) -> None:
    """Send *frames* pictures to each target, a burst a picture, phases spread over the period.

    Stream i begins with picture ``offsets[i]`` of the film.  Result: when each burst was sent
    (stream by stream), and the longest delay behind the schedule.
    """
    frames, offsets = int(order["frames"]), list(order["offsets"])
    shots = film(read_clip(Path(order["clip"])), frames + max(offsets))
    tcp = order["transport"] == "tcp"
    sockets = [_open(host, port, tcp=tcp) for host, port in order["targets"]]
    ready()
    sent = array("d", bytes(8 * frames * len(sockets)))
    if tcp:
        framed = [shot.framed() for shot in shots]
        plan = [[framed[offset + k] for k in range(frames)] for offset in offsets]
        lag = _run(frames, [sock.sendall for sock in sockets], plan, sent)
    else:
        ancillary = [(socket.IPPROTO_UDP, _UDP_SEGMENT, struct.pack("H", PAYLOAD + 12))]
        chunked = [shot.chunks() for shot in shots]

        def sender(sock: socket.socket) -> Callable[[list[bytes]], None]:
            def burst(chunks: list[bytes]) -> None:
                for chunk in chunks:
                    sock.sendmsg([chunk], ancillary)

            return burst

        bursts = [[chunked[offset + k] for k in range(frames)] for offset in offsets]
        lag = _run(frames, [sender(sock) for sock in sockets], bursts, sent)
    packets = [sum(len(shot.packets) for shot in shots[at : at + frames]) for at in offsets]
    for sock in sockets:
        sock.close()
    say({"lag": lag, "packets": packets, "sent": pack_times(sent)})


def _open(host: str, port: int, *, tcp: bool) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
    sock.connect((host, port))
    if tcp:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _run(
    frames: int, senders: list[Callable[[Any], None]], plan: list[list[Any]], sent: "array[float]"
) -> float:
    start = time.monotonic() + 0.05
    share = _PERIOD / len(senders)
    now, worst = time.monotonic, 0.0
    for k in range(frames):
        begin = start + k * _PERIOD
        for index, burst in enumerate(senders):
            wait = begin + index * share - now()
            if wait > _NAP:
                time.sleep(wait)
            elif -wait > worst:
                worst = -wait
            burst(plan[index][k])
            sent[index * frames + k] = now()
    return worst


class _Watcher(WSListener):
    """A viewer that notes which picture came when.

    opened: when the first message with pictures was whole.  gaps: pictures that were left out.
    """

    def __init__(self) -> None:
        super().__init__()
        self.opened = 0.0
        self.gaps = 0
        self.bytes = 0
        self.numbers = array("q")
        self.times = array("d")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one message."""
        if frame.msg_type is not WSMsgType.BINARY:
            return
        moment = time.monotonic()
        view = frame.get_payload_as_memoryview()
        head = bytes(view[:128])
        self.bytes += len(view)
        if head[4:8] == b"moof":
            at = head.find(b"tfdt") + 8
            number = int.from_bytes(head[at : at + 8], "big") // STEP
            if self.numbers and number != self.numbers[-1] + 1:
                self.gaps += 1
            self.numbers.append(number)
            self.times.append(moment)
        if not self.opened and (head[4:8] == b"moof" or bytes(view).find(b"moof") > 0):
            self.opened = moment


async def watch(order: dict[str, Any]) -> None:
    """View every address until told to end.  Result: what each viewer noted."""
    watchers: list[_Watcher] = []
    transports: list[WSTransport] = []
    connected: list[float] = []
    for address in order["addresses"]:
        connected.append(time.monotonic())
        transport, watcher = await ws_connect(_Watcher, address, max_frame_size=1 << 26)
        transports.append(transport)
        if isinstance(watcher, _Watcher):
            watchers.append(watcher)
    say("ready")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    for transport in transports:
        transport.disconnect(graceful=False)
    say(
        {
            "connected": connected,
            "opened": [watcher.opened for watcher in watchers],
            "gaps": [watcher.gaps for watcher in watchers],
            "bytes": [watcher.bytes for watcher in watchers],
            "numbers": [pack_times(watcher.numbers) for watcher in watchers],
            "times": [pack_times(watcher.times) for watcher in watchers],
        }
    )


def sink(order: dict[str, Any]) -> None:
    """Receive relayed streams on *count* ports until told to end.  Result: packets a port."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(order["count"])]
    counts = {}
    poll = select.epoll()
    for sock in sockets:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sock.bind((order["host"], 0))
        poll.register(sock.fileno(), select.EPOLLIN)
        counts[sock.fileno()] = 0
    by_fd = {sock.fileno(): sock for sock in sockets}
    poll.register(sys.stdin.fileno(), select.EPOLLIN)
    say([sock.getsockname()[1] for sock in sockets])
    scrap = bytearray(2048)
    while True:
        for fd, _ in poll.poll():
            if fd == sys.stdin.fileno():
                say({"packets": [counts[sock.fileno()] for sock in sockets]})
                return
            counts[fd] += _drain(by_fd[fd], scrap)


def _drain(sock: socket.socket, scrap: bytearray) -> int:
    count = 0
    try:
        while True:
            sock.recv_into(scrap)
            count += 1
    except BlockingIOError:
        return count


def main(role: str) -> None:
    """Play one role to its end."""
    order = json.loads(sys.stdin.readline())
    pin(order.get("core"))
    match role:
        case "send":
            send(order)
        case "watch":
            uvloop.run(watch(order))
        case "sink":
            sink(order)
        case _:
            raise SystemExit(f"no such role: {role}")


if __name__ == "__main__":
    main(sys.argv[1])
