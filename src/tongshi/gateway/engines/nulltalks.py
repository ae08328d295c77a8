"""Talks that nobody hears: the books of real ones."""

from tongshi.errors import Conflict, Error, Exhausted, Missing
from tongshi.gateway.engine import Speak, Spoken
from tongshi.gateway.tickets import ANYBODY, Bond


class NullTalks:
    """See ``tongshi.gateway.engine.Talks``.

    places: how many may be open.  open_: what is open, by name.  started: where each was told to
    send, under which SSRC, and whether it was to follow.  admitted: talk by ticket; bonds: whom
    each is for.  closed: talks with the code and stage they were closed with, oldest first.
    start_fault: raised by :meth:`start`.  spoken: what each is said to have carried.
    """

    def __init__(self, places: int = 1000) -> None:
        self.places = places
        self.open_: dict[str, Speak] = {}
        self.started: dict[str, tuple[str, int, int, bool]] = {}
        self.admitted: dict[str, str] = {}
        self.bonds: dict[str, Bond] = {}
        self.closed: list[tuple[str, str, str]] = []
        self.start_fault: Error | None = None
        self.spoken = Spoken()

    async def open(self, speak: Speak) -> int:
        """See Talks."""
        if speak.talk in self.open_:
            raise Conflict(f"talk {speak.talk} is open")
        if len(self.open_) >= self.places:
            raise Exhausted("every port is leased", resource="port")
        self.open_[speak.talk] = speak
        return 40000 + 2 * len(self.open_)

    async def start(
        self, talk: str, host: str, port: int, ssrc: int, *, follow: bool = False
    ) -> None:
        """See Talks."""
        self._find(talk)
        if self.start_fault is not None:
            raise self.start_fault
        self.started[talk] = (host, port, ssrc, follow)

    async def admit(
        self, talk: str, ticket: str, *, expires_s: float, bond: Bond = ANYBODY
    ) -> None:
        """See Talks: the ticket opens nothing."""
        self._find(talk)
        self.admitted[ticket] = talk
        self.bonds[ticket] = bond

    async def close(self, talk: str, code: str = "", stage: str = "") -> Spoken:
        """See Talks."""
        if self.open_.pop(talk, None) is None:
            return Spoken()
        self.closed.append((talk, code, stage))
        return self.spoken

    async def figures(self, talk: str) -> Spoken:
        """See Talks."""
        self._find(talk)
        return self.spoken

    def _find(self, talk: str) -> Speak:
        if talk not in self.open_:
            raise Missing(f"no talk {talk} is open")
        return self.open_[talk]
