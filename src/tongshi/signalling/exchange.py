"""One request, one final answer, awaited; and calls, whose every answer is heard."""

import asyncio
from collections.abc import Callable

from tongshi.errors import PeerSilent
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Answered, LinkLost, TimedOut
from tongshi.sip.message import Request, Response

Outcome = Answered | TimedOut | LinkLost
Listener = Callable[[Outcome], None]


class Exchange:
    """Requests of ours under way.

    pump: carries what the endpoint has to send.  sent_by: ``host:port`` to tell a peer.
    """

    def __init__(
        self, endpoint: Endpoint, pump: Callable[[], None], sent_by: Callable[[Address], str]
    ) -> None:
        self._endpoint = endpoint
        self._pump = pump
        self._sent_by = sent_by
        self._loop = asyncio.get_running_loop()
        self._listeners: dict[int, Listener] = {}

    def __len__(self) -> int:
        return len(self._listeners)

    async def ask(
        self, request: Request, target: Address, *, within: float, stage: str
    ) -> Response:
        """Return the final answer, whatever its status.

        within: s.  Raises PeerSilent when none came, Exhausted when too much is under way.
        """
        answer: asyncio.Future[Response] = self._loop.create_future()

        def hear(outcome: Outcome) -> None:
            if answer.done():
                return
            if isinstance(outcome, Answered):
                if outcome.response.status >= 200:
                    answer.set_result(outcome.response)
                return
            timer = outcome.timer if isinstance(outcome, TimedOut) else "connection"
            text = f"{target.host}:{target.port} did not answer {request.method}"
            answer.set_exception(PeerSilent(text, timer=timer, stage=stage))

        handle = self.send(request, target, hear, within=within)
        try:
            return await answer
        finally:
            self.forget(handle)

    def send(
        self, request: Request, target: Address, hear: Listener, *, within: float | None
    ) -> int:
        """Send *request*; *hear* is called with each of its outcomes until :meth:`forget`."""
        handle = self._endpoint.request(
            request, target, self._loop.time(), sent_by=self._sent_by(target), timeout=within
        )
        self._listeners[handle] = hear
        self._loop.call_soon(self._pump)  # the listener is in place before anything can come back
        return handle

    def tell(self, request: Request, target: Address, *, within: float) -> None:
        """Send *request* and hear no answer: for a BYE whose fate changes nothing."""
        self.send(request, target, _ignore, within=within)

    def acknowledge(self, handle: int, ack: Request, target: Address) -> None:
        """Send the ACK of a 2xx, now and at each of its repetitions."""
        self._endpoint.acknowledge(
            handle, ack, target, self._loop.time(), sent_by=self._sent_by(target)
        )
        self._loop.call_soon(self._pump)

    def cancel(self, handle: int) -> None:
        """Take back an INVITE."""
        self._endpoint.cancel(handle, self._loop.time())
        self._loop.call_soon(self._pump)

    def forget(self, handle: int) -> None:
        """Hear no more of *handle*."""
        self._listeners.pop(handle, None)

    def settle(self, outcome: Outcome) -> None:
        """Hand what the endpoint reported to who waits for it."""
        hear = self._listeners.get(outcome.handle)
        if hear is None:
            return
        final = not isinstance(outcome, Answered) or outcome.response.status >= 200
        if final and hear is _ignore:
            del self._listeners[outcome.handle]
        hear(outcome)


def _ignore(outcome: Outcome) -> None:
    """Leave *outcome* alone."""
