"""Both halves of a session over real transactions and a wire that loses what it likes."""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.description import PS
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.session import Callee, Caller
from tongshi.gb28181.steps import (
    Acknowledge,
    Bye,
    Cancel,
    Ended,
    Established,
    Failed,
    Invite,
    Parties,
    SessionEvent,
    State,
)
from tongshi.gb28181.subject import Subject
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import (
    AckArrived,
    Answered,
    Cancelled,
    RequestArrived,
    TimedOut,
    Unacknowledged,
)

PLATFORM, CAMERA = Address("192.0.2.10", 5060), Address("192.0.2.20", 5060)
OFFER = Offer(owner="server", host=PLATFORM.host, port=30000, ssrc="0200000001")
PARTIES = Parties(
    "server", "camera", "3402000000", "sip:camera@192.0.2.20", "sip:server@192.0.2.10"
)


class Side:
    """An endpoint with a half above it."""

    def __init__(self, peer: Address, tokens: Callable[[], str], half: Caller | None) -> None:
        self.endpoint = Endpoint(new_token=tokens, sent_by="192.0.2.1:5060")
        self.half: Caller | Callee | None = half
        self.events: list[SessionEvent] = []
        self.invited: RequestArrived | None = None
        self.when_invited: Callable[[float], None] = lambda now: None
        self._peer = peer
        self._invite = 0
        self._byes: set[int] = set()

    def carry_out(self, now: float) -> None:
        """Do what the half wants done."""
        if self.half is None:
            return
        for step in self.half.steps():
            match step:
                case Invite(request):
                    self._invite = self.endpoint.request(request, self._peer, now)
                case Cancel():
                    self.endpoint.cancel(self._invite, now)
                case Acknowledge(request):
                    self.endpoint.acknowledge(self._invite, request, self._peer, now)
                case Bye(request, stray):
                    handle = self.endpoint.request(request, self._peer, now)
                    if not stray:
                        self._byes.add(handle)
        self.events += self.half.events()

    def take(self, now: float) -> None:
        """Tell the half what happened below."""
        for event in self.endpoint.events():
            match event:
                case Answered() | TimedOut():
                    self._settle(event)
                case RequestArrived():
                    self._request(event, now)
                case AckArrived() | Cancelled() | Unacknowledged():
                    self._answered_for(event)
            self.carry_out(now)

    def _settle(self, event: Answered | TimedOut) -> None:
        final = isinstance(event, TimedOut) or event.response.status >= 200
        if event.handle in self._byes and self.half is not None and final:
            self.half.bye_over()
        elif event.handle == self._invite and isinstance(self.half, Caller):
            if isinstance(event, Answered):
                self.half.answered(event.response)
            else:
                self.half.unanswered(event.timer)

    def _answered_for(self, event: AckArrived | Cancelled | Unacknowledged) -> None:
        assert isinstance(self.half, Callee)
        match event:
            case AckArrived(request, _) if self.half.accepts(request):
                self.half.acknowledged(request)
            case Cancelled():
                self.half.cancelled()
            case Unacknowledged(_, status) if status < 300:
                self.half.unacknowledged()

    def _request(self, arrived: RequestArrived, now: float) -> None:
        request = arrived.request
        if request.method == "INVITE":
            self.half = Callee(request, contact="sip:camera@192.0.2.20", tag="mine")
            self.invited = arrived
            self.endpoint.reply(arrived, self.half.progress(), now)
            self.when_invited(now)
        elif self.half is not None and self.half.accepts(request):
            self.endpoint.reply(arrived, self.half.arrived(request), now)
        else:
            self.endpoint.reply(arrived, request.response(481), now)

    def accept(self, now: float) -> None:
        """Answer the INVITE, unless it is over already."""
        if isinstance(self.half, Callee) and self.half.state is State.RINGING and self.invited:
            answer = OFFER.answer(owner="camera", host=CAMERA.host, port=15060, payloads=(PS,))
            self.endpoint.reply(self.invited, self.half.accept(answer), now)

    def leave(self, now: float) -> None:
        """Hang up, or refuse what has not been answered."""
        if isinstance(self.half, Callee) and self.half.state is State.RINGING and self.invited:
            self.endpoint.reply(self.invited, self.half.refuse(486), now)
        elif self.half is not None:
            self.half.hang_up()


class World:
    """Two sides, a wire, and what is to happen when; all in one thread and without waiting.

    lost: for each datagram in turn, whether the wire loses it; none after its end.
    """

    def __init__(self, lost: Iterator[bool]) -> None:
        numbers = count(1)
        self._next: Callable[[], int] = lambda: next(numbers)
        self._lost = lost
        self._plans: list[tuple[float, int, Callable[[float], None]]] = []

        def tokens() -> str:
            return f"token{self._next()}"

        subject = Subject("camera", "0", "server", "0")
        self.caller = Caller(PARTIES, OFFER, subject, new_token=tokens)
        self.platform = Side(CAMERA, tokens, self.caller)
        self.camera = Side(PLATFORM, tokens, None)
        self._sides = {PLATFORM: self.platform, CAMERA: self.camera}

    def at(self, when: float, plan: Callable[[float], None]) -> None:
        """Let *plan* happen at *when*, s."""
        heappush(self._plans, (when, self._next(), plan))

    def camera_plans(self, accept: float, leave: float) -> None:
        """Let the camera answer and leave so many s after it was invited."""

        def plan(now: float) -> None:
            self.at(now + accept, self.camera.accept)
            self.at(now + leave, self.camera.leave)

        self.camera.when_invited = plan

    def run(self) -> None:
        """Play until nothing is left to do."""
        for _ in range(5000):
            deadlines = [side.endpoint.deadline() for side in self._sides.values()]
            times = [at for at in deadlines if at is not None]
            times += [plan[0] for plan in self._plans[:1]]
            if not times:
                return
            self._step(min(times))
        raise AssertionError("it does not come to an end")

    def _step(self, now: float) -> None:
        while self._plans and self._plans[0][0] <= now:
            heappop(self._plans)[2](now)
        for address, side in self._sides.items():
            side.endpoint.expire(now)
            side.carry_out(now)
            side.take(now)
            for data, target in side.endpoint.outgoing():
                if not next(self._lost, False):
                    self._send(data, address, target, now)

    def _send(self, data: bytes, source: Address, target: Address, now: float) -> None:
        receiver = self._sides[target].endpoint
        self.at(now + 0.02, lambda when: receiver.receive(data, source, when))


def outcomes(side: Side) -> list[SessionEvent]:
    """Return the events that tell how the session went."""
    return [event for event in side.events if isinstance(event, Established | Failed | Ended)]


@pytest.mark.clause("9.2.2.1")
def test_a_session_on_a_good_wire() -> None:
    world = World(iter(()))
    world.at(0.0, lambda now: world.caller.start())
    world.camera_plans(accept=0.1, leave=100.0)
    world.at(5.0, world.platform.leave)
    world.run()
    assert [type(event) for event in outcomes(world.platform)] == [Established, Ended]
    assert [type(event) for event in outcomes(world.camera)] == [Established, Ended]


def test_a_camera_that_is_not_there() -> None:
    world = World(iter([True] * 20))
    world.at(0.0, lambda now: world.caller.start())
    world.run()
    (event,) = outcomes(world.platform)
    assert isinstance(event, Failed)
    assert event.status is None


@given(
    st.lists(st.booleans(), max_size=25),
    st.sampled_from([0.0, 0.1, 3.0, 60.0]),
    st.sampled_from([0.0, 0.02, 0.1, 0.11, 0.5, 3.0, 3.02, 45.0, 100.0]),
    st.sampled_from([0.05, 0.1, 0.12, 3.0, 45.0, 100.0]),
)
def test_whatever_is_lost_both_sides_come_to_one_end(
    lost: list[bool], accept: float, platform: float, camera: float
) -> None:
    world = World(iter(lost))
    world.at(0.0, lambda now: world.caller.start())
    world.camera_plans(accept, leave=camera)
    world.at(platform, world.platform.leave)
    world.run()
    for side in (world.platform, world.camera):
        if side.half is None:
            continue  # the INVITE never arrived
        told = outcomes(side)
        assert side.half.state is State.ENDED, told
        ends = [event for event in told if not isinstance(event, Established)]
        assert len(ends) == 1
        assert told[-1] is ends[0]
        if len(told) > 1:
            assert isinstance(told[-1], Ended)
    assert world.platform.half is world.caller
