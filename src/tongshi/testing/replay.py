"""Replays a recorded exchange against a platform in memory, and compares what it answers.

What the peer sent is sent again, at the time at which it was recorded; what the platform says is
compared with what was recorded.  Its own tokens, numbers and tags differ from then, so what the
peer sent in answer to them is rewritten: Call-ID, branch, tag, SN, by the request that they belong
to.  Challenges repeat the recorded nonces: recorded proofs hold where the password is known.

What people did meanwhile is done again as well: an INVITE of ours opens that channel, a BYE of
ours lets it go.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from tongshi.digest import Freshness, Hashed, Nonces
from tongshi.errors import Error, RemoteProtocolError
from tongshi.net.task import Supervisor
from tongshi.settings import SignallingSettings
from tongshi.signalling.share import Session
from tongshi.sip.address import Address
from tongshi.sip.message import Response, parse
from tongshi.sip.trace import Record, Way
from tongshi.testing.timeless import Network, run
from tongshi.testing.unplugged import SETTINGS, Unplugged

LINGER = 5.0
"""Time given to the platform after the last recorded message, s."""
_TRIES, _STEP = 100, 0.01
"""How often and how long, s, the platform is waited for where it was quicker then."""
_NONCE = re.compile(rb'nonce="([^"]*)"')
_SN = re.compile(rb"<SN>\s*(\d+)\s*</SN>")
_COMMAND = re.compile(rb"<CmdType>\s*(\w+)\s*<")
_BRANCH = re.compile(rb"branch=([^;\s,]+)")
_TAG = re.compile(rb"(?mi)^(?:From|f):[^\r\n]*;tag=([^;\s]+)")
_CALL_ID = re.compile(rb"(?mi)^(?:Call-ID|i):\s*(\S+)")
_LENGTH = re.compile(rb"(?mi)^(Content-Length|l):[ \t]*\d+")


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request of the peer was answered, then and now; empty for no answer."""

    request: str
    then: str
    now: str

    @property
    def same(self) -> bool:
        """Whether nothing changed."""
        return self.then == self.now


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay gave.

    answers: to each request of the peer, in order.  asked_then, asked_now: what the platform asked,
    as ``"MESSAGE Catalog"``, in order.
    """

    answers: tuple[Answer, ...]
    asked_then: tuple[str, ...]
    asked_now: tuple[str, ...]

    @property
    def differences(self) -> tuple[str, ...]:
        """What is otherwise than it was, in words; empty when nothing is."""
        found = [f"{one.request}: {one.then or '-'} -> {one.now or '-'}" for one in self.answers
                 if not one.same]  # fmt: skip
        if self.asked_then != self.asked_now:
            found.append(f"asked: {', '.join(self.asked_then)} -> {', '.join(self.asked_now)}")
        return tuple(found)


class Recorded(Nonces):
    """The nonces of a trace, in order; each is good for ever."""

    def __init__(self, nonces: Iterable[str]) -> None:
        super().__init__(bytes(16))
        self._known = list(dict.fromkeys(nonces))
        self._next = iter(self._known)

    def issue(self, now: float, binding: str = "") -> str:
        """Return the next recorded nonce; a fresh one beyond them."""
        return next(self._next, "") or super().issue(now, binding)

    def judge(self, nonce: str, now: float, binding: str = "") -> Freshness:
        """Return FRESH for a recorded nonce."""
        if nonce in self._known:
            return Freshness.FRESH
        return super().judge(nonce, now, binding)


def replay(
    records: list[Record],
    *,
    password: str | Hashed = "",
    settings: SignallingSettings = SETTINGS,
) -> Replay:
    """Return how a platform with *settings* answers *records* today, in virtual time.

    password: of the recorded devices; "" lets everybody in, and then challenges differ.
    """
    return run(_Run(records).play(password, settings))


class _Run:
    """One replay under way.  swaps: recorded bytes by those that stand for them now."""

    def __init__(self, records: list[Record]) -> None:
        self._records = records
        self._asked = [_Asked(one.data) for one in records if one.way is Way.OUT and _asks(one)]
        self._swaps: dict[bytes, bytes] = {}
        self._held: list[Session] = []
        self._seen = 0
        self._keys: list[tuple[str, bytes, bytes]] = []

    async def play(self, password: str | Hashed, settings: SignallingSettings) -> Replay:
        outward = [one.data for one in self._records if one.way is Way.OUT]
        nonces = Recorded(found[1].decode() for data in outward for found in _NONCE.finditer(data))
        platform = Unplugged(Network(), password=password, settings=settings, nonces=nonces)
        await platform.start()
        tasks = Supervisor("replay")
        began = self._records[0].at if self._records else 0.0
        start = asyncio.get_running_loop().time()
        for record in self._records:
            await asyncio.sleep(max(start + record.at - began - platform.clock.now(), 0.0))
            if record.way is Way.IN:
                await self._meet(platform, record.data)
                self._send(platform, record)
            elif (call := _call_of(record)) is not None:
                tasks.start(self._look(platform, *call), name=call[1])
            elif record.data.startswith(b"BYE "):
                while self._held:
                    self._held.pop().release()
        await asyncio.sleep(LINGER)
        told = self._compare(platform)
        await tasks.close()
        await platform.stop()
        return told

    async def _meet(self, platform: Unplugged, data: bytes) -> None:
        """Wait until the platform has asked what *data* answers, a while at the most."""
        for _ in range(_TRIES):
            self._pair(platform)
            if not any(asked.is_meant_by(data) for asked in self._asked):
                return
            await asyncio.sleep(_STEP)

    def _send(self, platform: Unplugged, record: Record) -> None:
        data = record.data
        for then, now in self._swaps.items():
            data = data.replace(then, now)
        host, _, port = record.peer.rpartition(":")
        if _asks(record):
            self._keys.append((_name(record.data), _key(record.data), _key(data)))
        platform.send(_measured(data), Address(host.strip("[]"), int(port), record.transport))

    def _pair(self, platform: Unplugged) -> None:
        """Let what the platform asked since stand for what was recorded in its place."""
        for record in platform.wire[self._seen :]:
            if record.way is Way.OUT and _asks(record) and not _repeats(record, platform.wire):
                now = _Asked(record.data)
                for asked in self._asked:
                    if not asked.paired and asked.name == now.name:
                        asked.paired = True
                        self._swaps |= dict(zip(asked.marks, now.marks, strict=True))
                        break
        self._seen = len(platform.wire)

    async def _look(self, platform: Unplugged, host: str, channel_id: str) -> None:
        """Open a channel of the device at *host*, as somebody did then."""
        for neighbour in list(platform.neighbours):
            if neighbour.address.host == host:
                with suppress(Error):
                    self._held.append(await platform.sessions.open(neighbour.device_id, channel_id))

    def _compare(self, platform: Unplugged) -> Replay:
        then, now = _answers(self._records), _answers(platform.wire)
        answers = tuple(
            Answer(name, then.get(recorded, ""), now.get(sent, ""))
            for name, recorded, sent in dict.fromkeys(self._keys)
        )
        asked_now = [
            _name(record.data)
            for record in platform.wire
            if record.way is Way.OUT and _asks(record) and not _repeats(record, platform.wire)
        ]
        asked_then = dict.fromkeys((asked.data, asked.name) for asked in self._asked)
        return Replay(answers, tuple(name for _, name in asked_then), tuple(asked_now))


class _Asked:
    """A request of ours, and the marks by which a peer refers to it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.name = _name(data)
        self.paired = False
        self.marks = tuple(_marks(data))

    def is_meant_by(self, data: bytes) -> bool:
        """Whether *data* refers to it, and nothing stands for it yet."""
        # By branch or SN: a dialog's other requests share its Call-ID and tags.
        own = (self.marks[0], self.marks[-1])
        return not self.paired and any(len(mark) > 1 and mark in data for mark in own)


def _marks(data: bytes) -> Iterator[bytes]:
    for pattern in (_BRANCH, _TAG, _CALL_ID):
        found = pattern.search(data)
        yield found[1] if found else b"\x00"
    number = _SN.search(data)
    yield b"<SN>" + number[1] + b"</SN>" if number else b"\x00"


def _asks(record: Record) -> bool:
    """Return whether *record* is a request that is answered."""
    return not record.data.startswith((b"SIP/", b"ACK ")) and b"\r\n\r\n" in record.data


def _repeats(record: Record, wire: list[Record]) -> bool:
    first = next(one for one in wire if one.way is record.way and one.data == record.data)
    return first is not record


def _name(data: bytes) -> str:
    method = data.partition(b" ")[0].decode("ascii", "replace")
    command = _COMMAND.search(data)
    return f"{method} {command[1].decode()}" if command else method


def _key(data: bytes) -> bytes:
    """Return what a request and its answers share."""
    with suppress(RemoteProtocolError):
        message = parse(data)
        number, method = message.cseq
        return f"{message.via.branch} {message.call_id} {number} {method}".encode()
    return data


def _answers(records: list[Record]) -> dict[bytes, str]:
    """Return the final answers of ours to the peer's requests."""
    found: dict[bytes, str] = {}
    for record in records:
        if record.way is Way.OUT:
            with suppress(RemoteProtocolError):
                message = parse(record.data)
                if isinstance(message, Response) and message.status >= 200:
                    found.setdefault(_key(record.data), str(message.status))
    return found


def _call_of(record: Record) -> tuple[str, str] | None:
    """Return host and channel of an INVITE of ours."""
    if not record.data.startswith(b"INVITE "):
        return None
    return record.peer.rpartition(":")[0], parse(record.data).to_user


def _measured(data: bytes) -> bytes:
    """Return *data* with the length that its body has now."""
    head, gap, body = data.partition(b"\r\n\r\n")
    return _LENGTH.sub(rb"\g<1>: %d" % len(body), head) + gap + body
