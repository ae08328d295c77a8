"""Voices on their way to devices: one talk a listener, and every INVITE that devices send.

::

               notice, INVITE, ACK            released, left, BYE, offline, line lost
    (none) ----------------------> SPEAKING -----------------------------------------> (none)
              | fails: named, nothing is left

| INVITE | answer |
|---|---|
| of a device whose broadcast waits | 200, or 488, 400 when it asks for what cannot be given |
| again, of a call that goes on | 482 |
| of a device that is being spoken to | 486 |
| of a device that nobody speaks to | 404 |
| of anybody else | 403 |

What is refused is not remembered, however much of it comes.
Source: GB/T 28181-2022 9.12.
"""

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from tongshi.clock import Clock
from tongshi.errors import (
    Conflict,
    Error,
    Exhausted,
    Missing,
    PeerOffline,
    RemoteProtocolError,
)
from tongshi.gateway.engine import EngineEvent, LineLost, StreamLost, Transport
from tongshi.gb28181.broadcast import find
from tongshi.gb28181.manscdp import BroadcastAnswer, Message
from tongshi.gb28181.manscdp.types import Outcome
from tongshi.gb28181.profile import BroadcastTarget
from tongshi.net.task import Supervisor
from tongshi.settings import MediaSettings, SignallingSettings
from tongshi.signalling.broadcast import Broadcast
from tongshi.signalling.calls import BYE_TIMEOUT
from tongshi.signalling.dialogue import Dialogue
from tongshi.signalling.event import (
    Presence,
    SignallingEvent,
    TalkEnded,
    TalkFailed,
    TalkKey,
    TalkOpened,
)
from tongshi.signalling.neighbours import Neighbour, Neighbours
from tongshi.signalling.reception import Reception
from tongshi.signalling.talk import Attempt, Desk, Mode, Talk, ended_early
from tongshi.signalling.upstream import Means
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Cancelled, RequestArrived, Unacknowledged
from tongshi.sip.message import Response

_log = logging.getLogger(__name__)

_CODES = {
    "offline": ("peer.silent", "presence"),
    "line": ("peer.silent", "media"),
    "engine": ("engine.failed", "worker"),
}
"""What who talks is told: code and stage, by why a talk ended; else just why."""
_DEAD = 0.5
"""Wait for a device that is offline to confirm a BYE, s: it hardly will."""
LAST_SN = 2**31 - 1


@dataclass(frozen=True, slots=True)
class TalkRules:
    """broadcast: s for a device's INVITE.  message: s for the answer to a notice.

    transport: of ``s=Talk``; a broadcast's is the device's choice.  limit: talks at the most.
    """

    broadcast: float = 10.0
    message: float = 5.0
    transport: Transport = Transport.UDP
    limit: int = 200


class Talks:
    """The talks of this platform, by whom they reach.

    endpoint, pump: answer INVITEs, and carry that out at any later time.
    emit: gets TalkOpened, TalkFailed, TalkEnded.
    counters: ``opened``, ``failed``, ``ended``, and ``invite <status>`` of those refused.
    """

    def __init__(
        self,
        rules: TalkRules,
        means: Means,
        neighbours: Neighbours,
        emit: Callable[[SignallingEvent], None],
        clock: Clock,
        endpoint: Endpoint,
        pump: Callable[[], None],
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._rules = rules
        self._means = means
        self._neighbours = neighbours
        self._emit = emit
        self._clock = clock
        self._endpoint = endpoint
        self._pump = pump
        self._numbers = count(secrets.randbelow(2**30))
        self._desk = Desk(
            means, rules.broadcast, rules.message, rules.transport, self._reply, self._next_sn
        )
        self._loop = asyncio.get_running_loop()
        self._tasks = Supervisor("talks")
        self._talks: dict[TalkKey, Talk] = {}
        self._broadcasts: dict[TalkKey, Broadcast] = {}
        self._by_call: dict[str, Broadcast] = {}
        self._stopping = False

    def __len__(self) -> int:
        return len(self._talks)

    def hang_into(self, reception: Reception) -> None:
        """Take every INVITE, what belongs to broadcasts' calls, and Responses to notices."""
        reception.invited = self.invited
        reception.in_dialog.append(self.claim)
        reception.withdrawn.append(self.withdraw)
        reception.takers[BroadcastAnswer] = self.answered

    def streams(self) -> set[str]:
        """Return the names under which talks hold an SSRC."""
        return {talk.stream for talk in self._talks.values()}

    def all(self) -> tuple[Talk, ...]:
        """Return the talks that go on, begin or end."""
        return tuple(self._talks.values())

    async def open(
        self, device_id: str, channel_id: str, *, output: str = "", holder: str = ""
    ) -> Talk:
        """Return a talk once sound goes.

        channel_id: the camera one speaks at; the device's own id for the device.
        output: the voice output (137) to speak to, where one is known.  holder: who talks.
        Raises Missing (no such device), PeerOffline, Conflict (somebody else is talking: says
        who; or we are stopping), Exhausted, and what Broadcast and Dialogue raise.
        """
        neighbour = self._neighbour(device_id)
        profile = self._means.own.profile_of(device_id)
        mode = Mode.TALK if profile.talk_by_invite else Mode.BROADCAST
        target = {
            BroadcastTarget.OUTPUT: output or device_id,
            BroadcastTarget.CHANNEL: channel_id,
            BroadcastTarget.DEVICE: device_id,
        }[profile.broadcast_target]
        key = TalkKey(device_id, channel_id if mode is Mode.TALK else target)
        talk = await self._begin(key, holder, mode)
        attempt: Broadcast | Dialogue
        if mode is Mode.TALK:
            attempt = Dialogue(talk, neighbour, self._desk)
        else:
            attempt = Broadcast(talk, neighbour, self._desk, self._called(talk.key))
            self._broadcasts[talk.key] = attempt
        self._tasks.start(self._live(talk, attempt), name=f"talk-{talk.key.target_id}")
        try:
            await asyncio.shield(talk.ready)
        except asyncio.CancelledError:
            talk.end("closed")
            raise
        return talk

    async def close(self, talk: Talk, why: str = "closed") -> None:
        """End *talk*; return when everything of it is given back."""
        talk.end(why)
        await talk.closed.wait()

    async def close_all(self, *, within: float = 5.0) -> None:
        """End every talk with a BYE, and take no new ones."""
        self._stopping = True
        for talk in self.all():
            talk.end("stopped")
        waits = [asyncio.ensure_future(talk.closed.wait()) for talk in self.all()]
        if waits:
            await asyncio.wait(waits, timeout=within)
        for wait in waits:
            wait.cancel()
        await self._tasks.close()

    def end_device(self, device_id: str) -> None:
        """End the talks with a device that is gone."""
        for talk in self.all():
            if talk.key.device_id == device_id:
                talk.end("offline")

    def heard(self, event: EngineEvent) -> None:
        """Take what the engine says; subscribe this."""
        if not isinstance(event, LineLost | StreamLost):
            return
        for talk in self.all():
            if talk.stream == event.stream:
                talk.end("line" if isinstance(event, LineLost) else "engine")

    # What devices send; hung into reception

    def invited(self, arrived: RequestArrived) -> None:
        """Take any INVITE."""
        request, source = arrived.request, arrived.source
        if request.call_id in self._by_call:
            self._turn_away(arrived, 482)
            return
        waiting = {
            broadcast.speaker.expected: broadcast
            for broadcast in self._broadcasts.values()
            if broadcast.speaker.waiting
        }
        expected = find(request, source.host, waiting, self._is_other(source.host))
        if expected is not None:
            waiting[expected].invited(arrived)
            return
        self._turn_away(arrived, self._refusal(arrived))

    def claim(self, arrived: RequestArrived) -> Response | None:
        """Return the answer to a request of a broadcast's call; None for any other."""
        broadcast = self._by_call.get(arrived.request.call_id)
        return None if broadcast is None else broadcast.claim(arrived.request)

    def withdraw(self, event: Cancelled | Unacknowledged) -> None:
        """Learn that an INVITE was taken back, or our answer to it not acknowledged."""
        broadcast = self._by_call.get(event.arrived.request.call_id)
        if broadcast is None:
            return
        if isinstance(event, Cancelled):
            broadcast.cancelled()
        elif event.status < 300:
            broadcast.unacknowledged()

    def answered(self, neighbour: Neighbour, message: Message, arrived: RequestArrived) -> int:
        """Take a Response to a notice: by its SN, else by the device that is being asked."""
        if not isinstance(message, BroadcastAnswer):
            return 400
        held = [
            broadcast
            for broadcast in self._broadcasts.values()
            if broadcast.speaker.expected.device_id == neighbour.device_id
            and broadcast.speaker.waiting
        ]
        named = [broadcast for broadcast in held if broadcast.sn == message.sn]
        for broadcast in named or held[:1]:
            broadcast.answered(message.result is not Outcome.ERROR)
        return 200

    def _is_other(self, host: str) -> Callable[[str], bool]:
        """Return what tells whether an id is a device's that registered from *host*."""

        def other(device_id: str) -> bool:
            neighbour = self._neighbours.get(device_id)
            return neighbour is not None and neighbour.address.host == host

        return other

    def _refusal(self, arrived: RequestArrived) -> int:
        """Return the status for an INVITE that no broadcast waits for."""
        host = arrived.source.host
        if any(broadcast.speaker.expected.host == host for broadcast in self._by_call.values()):
            return 486
        try:
            neighbour = self._neighbours.get(arrived.request.from_user)
        except RemoteProtocolError as error:
            return error.status
        return 403 if neighbour is None or neighbour.address.host != host else 404

    def _turn_away(self, arrived: RequestArrived, status: int) -> None:
        self.counters[f"invite {status}"] += 1
        self._endpoint.reply_once(arrived, arrived.request.response(status))

    def _reply(self, arrived: RequestArrived, response: Response) -> None:
        self._endpoint.reply(arrived, response, self._loop.time())
        self._loop.call_soon(self._pump)

    # One talk's life

    def _neighbour(self, device_id: str) -> Neighbour:
        neighbour = self._neighbours.get(device_id)
        if neighbour is None:
            raise Missing(f"no device {device_id} has registered")
        if neighbour.state is Presence.OFFLINE:
            raise PeerOffline(f"device {device_id} is offline ({neighbour.why.value})")
        return neighbour

    async def _begin(self, key: TalkKey, holder: str, mode: Mode) -> Talk:
        """Return a new talk, once one that is ending has ended."""
        while (held := self._talks.get(key)) is not None:
            if not held.over:
                raise Conflict(f"{held.holder or 'somebody'} is talking to {key.target_id}")
            await held.closed.wait()
        if self._stopping:
            raise Conflict("the platform is stopping")
        if len(self._talks) >= self._rules.limit:
            raise Exhausted(f"{len(self._talks)} talks are open", resource="talk")
        stream = f"talk.{key.device_id}.{key.target_id}.{self._means.own.new_token()[:8]}"
        talk = self._talks[key] = Talk(key, holder, mode, stream)
        return talk

    def _called(self, key: TalkKey) -> Callable[[str], None]:
        def called(call_id: str) -> None:
            self._by_call[call_id] = self._broadcasts[key]

        return called

    async def _live(self, talk: Talk, attempt: Attempt) -> None:
        """Carry one talk from its beginning to its end."""
        began = self._loop.time()
        opening = asyncio.create_task(attempt.run())
        ending = asyncio.create_task(talk.ended())
        opened = False
        try:
            both: list[asyncio.Future[Any]] = [opening, ending]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not talk.over:
                await opening
                opened = True
                self._opened(talk, self._loop.time() - began)
                await ending
        except Error as error:
            self._failed(talk, error)
        finally:
            for task in (opening, ending):
                task.cancel()
            await asyncio.gather(opening, ending, return_exceptions=True)
            await self._end(talk, attempt, opened=opened)

    def _opened(self, talk: Talk, seconds: float) -> None:
        self.counters["opened"] += 1
        talk.ready.set_result(None)
        wall = self._clock.wall()
        mode, transport = talk.mode.value, talk.transport
        self._emit(
            TalkOpened(talk.key, talk.stream, mode, transport, int(talk.ssrc), wall, seconds)
        )

    def _failed(self, talk: Talk, error: Error) -> None:
        self.counters["failed"] += 1
        talk.end("failed")
        talk.fail(error)
        stage = getattr(error, "stage", None) or getattr(error, "resource", None) or "offer"
        target = talk.key.target_id
        _log.info("event=talk-failed target=%s stage=%s why=%r", target, stage, str(error))
        self._emit(TalkFailed(talk.key, error.code, stage, str(error), self._clock.wall()))

    async def _end(self, talk: Talk, attempt: Attempt, *, opened: bool) -> None:
        """Give back what the talk holds, tell who waits, forget it."""
        talk.end("stopped")
        why = talk.why
        talk.fail(ended_early(talk, why))
        try:
            code, stage = _CODES.get(why, (why, ""))
            await attempt.close(code, stage, _DEAD if why == "offline" else BYE_TIMEOUT)
        except Error as error:  # of the engine; what it held is lost with it
            _log.warning("event=talk-close-failed talk=%s error=%s", talk.stream, error)
        finally:
            self._forget(talk)
        if opened:
            self.counters["ended"] += 1
            self._emit(TalkEnded(talk.key, talk.stream, why, self._clock.wall(), talk.spoken))

    def _forget(self, talk: Talk) -> None:
        broadcast = self._broadcasts.pop(talk.key, None)
        if broadcast is not None:
            self._by_call.pop(broadcast.speaker.call_id, None)
        self._talks.pop(talk.key, None)
        talk.closed.set()

    def _next_sn(self) -> int:
        return next(self._numbers) % LAST_SN + 1


def rules_for_talks(signalling: SignallingSettings, media: MediaSettings) -> TalkRules:
    """Return the rules that the settings make."""
    return TalkRules(
        signalling.broadcast_timeout,
        signalling.message_timeout,
        Transport(media.transport),
        media.talks,
    )
