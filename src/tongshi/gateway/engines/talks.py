"""Talks in worker processes: the same face, a few orders away."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Protocol

from tongshi.errors import EngineFailed, Missing
from tongshi.gateway import wire
from tongshi.gateway.engine import Speak, Spoken
from tongshi.gateway.tickets import ANYBODY, Bond


class Home(Protocol):
    """The process in which a talk is."""

    async def ask(self, act: str, **given: object) -> object:
        """Return what the process answers; raises the Error that it answers."""


class WorkerTalks:
    """See ``tongshi.gateway.engine.Talks``.

    place: finds a process for a new talk and keeps it for that; raises Conflict, EngineFailed.
    home: where a talk is; None when it is nowhere.  forget: a talk is over.
    """

    def __init__(
        self,
        place: Callable[[str], Home],
        home: Callable[[str], Home | None],
        forget: Callable[[str], None],
    ) -> None:
        self._place = place
        self._home = home
        self._forget = forget

    async def open(self, speak: Speak) -> int:
        """See Talks."""
        worker = self._place(speak.talk)
        try:
            answer = await worker.ask("talk-open", **wire.from_speak(speak))
        except BaseException:
            self._forget(speak.talk)
            raise
        if not isinstance(answer, int):
            raise EngineFailed(f"the media worker answered {answer!r}", stage="worker")
        return answer

    async def start(
        self, talk: str, host: str, port: int, ssrc: int, *, follow: bool = False
    ) -> None:
        """See Talks."""
        await self._find(talk).ask(
            "talk-start", talk=talk, host=host, port=port, ssrc=ssrc, follow=follow
        )

    async def admit(
        self, talk: str, ticket: str, *, expires_s: float, bond: Bond = ANYBODY
    ) -> None:
        """See Talks."""
        await self._find(talk).ask(
            "talk-admit", talk=talk, ticket=ticket, expires_s=expires_s, bond=asdict(bond)
        )

    async def close(self, talk: str, code: str = "", stage: str = "") -> Spoken:
        """See Talks."""
        worker = self._home(talk)
        if worker is None:
            return Spoken()
        try:
            return _spoken(await worker.ask("talk-close", talk=talk, code=code, stage=stage))
        finally:
            self._forget(talk)

    async def figures(self, talk: str) -> Spoken:
        """See Talks."""
        return _spoken(await self._find(talk).ask("talk-figures", talk=talk))

    def _find(self, talk: str) -> Home:
        worker = self._home(talk)
        if worker is None:
            raise Missing(f"no talk {talk}")
        return worker


def _spoken(answer: object) -> Spoken:
    if not isinstance(answer, dict):
        raise EngineFailed(f"the media worker answered {answer!r}", stage="worker")
    return Spoken(**answer)
