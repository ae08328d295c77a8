"""What programs use: bytes of answers, seconds and bytes of streams; and an end when it is enough.

`Metered` counts answers as they leave.  `Meter` looks at streams every few seconds and when they
end.  Whoever has spent a quota of the day, or whose token was revoked, gets no more of either.
"""

import asyncio
from collections.abc import Awaitable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tongshi.access.identity import Session
from tongshi.api.talking import Speech, Talking
from tongshi.api.view import View
from tongshi.api.views import SIGNED_OUT, Views
from tongshi.clock import Clock
from tongshi.errors import Error
from tongshi.net.task import Supervisor
from tongshi.tokens.service import Tokens
from tongshi.tokens.token import token_of

LOOK = 5.0
"""Between two looks at streams, s: by so much a quota can be overdrawn."""
TIDY = 3600.0
"""Between removals of old usage, s."""
SPENT = "exhausted"
"""How a stream ends whose token has spent its quota."""


class _Cut(Error):
    """An answer ends before its end."""


class Metered:
    """ASGI middleware: counts the bytes of answers to programs; outermost but for the server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one request through the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def counted(message: Message) -> None:
            flow = state.get("flow")
            if flow is not None and message["type"] == "http.response.body":
                goes_on = flow(len(message.get("body", b"")))
                if not goes_on and message.get("more_body"):
                    raise _Cut
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except _Cut:
            return  # the server closes the connection: the receiver sees that it is not all


class Meter:
    """Counts the streams of programs.  Used from the node's loop; set `settle` on the views."""

    def __init__(self, tokens: Tokens, views: Views, talking: Talking, clock: Clock) -> None:
        self._tokens = tokens
        self._views = views
        self._talking = talking
        self._clock = clock
        self._counted: dict[str, tuple[float, int]] = {}
        self._tasks = Supervisor("meter")

    def start(self) -> None:
        """Begin to look."""
        self._views.parted = self.settle
        self._talking.parted = self.settle_talk
        self._tasks.sustain(self.look, name="look", pause=LOOK)
        self._tasks.sustain(self._tidy, name="tidy", pause=TIDY)

    async def stop(self) -> None:
        """Look no more."""
        await self._tasks.close()

    async def look(self) -> None:
        """Count what flowed since the last look, and end what has had enough."""
        ends: list[Awaitable[None]] = []
        for view in self._views.all():
            if not self._count_view(view):
                ends.append(self._views.close(view, self._how(view.sign_in)))
        for speech in self._talking.all():
            if not self._count_talk(speech):
                ends.append(self._talking.close(speech, self._how(speech.sign_in)))
        await asyncio.gather(*ends)

    def settle(self, view: View) -> None:
        """Count the rest of a view that has ended."""
        self._count_view(view)
        self._counted.pop(view.id, None)

    def settle_talk(self, speech: Speech) -> None:
        """Count the rest of a talk that has ended."""
        self._count_talk(speech)
        self._counted.pop(speech.id, None)

    def _count_view(self, view: View) -> bool:
        number = token_of(view.sign_in.digest)
        if number is None:
            return True
        seconds, sent = self._views.progress(view)
        kind = "live" if view.wish.footage is None else "playback"
        return self._count(number, view.id, kind, seconds, sent)

    def _count_talk(self, speech: Speech) -> bool:
        number = token_of(speech.sign_in.digest)
        if number is None:
            return True
        seconds = self._talking.spoken_for(speech)
        return self._count(number, speech.id, "talks", seconds, speech.bytes or 0)

    def _count(self, number: int, key: str, kind: str, seconds: float, size: int) -> bool:
        """Count what is more than was counted of *key* before; return whether more may flow."""
        before = self._counted.get(key, (0.0, 0))
        now = (max(before[0], seconds), max(before[1], size))
        self._counted[key] = now
        return self._tokens.count_flow(number, kind, now[0] - before[0], now[1] - before[1])

    def _how(self, sign_in: Session) -> str:
        number = token_of(sign_in.digest)
        revoked = number is not None and self._tokens.is_revoked(number)
        return SIGNED_OUT if revoked else SPENT

    async def _tidy(self) -> None:
        await asyncio.to_thread(self._tokens.forget_old)
