"""Every talk of a person, and its one owner: registered, opened, spoken, ended, written down.

::

    (entry on disk) -> device asked -> READY --ticket used--> SPEAKING
                          |              | not used              | released, page left, signed out,
                          v              v                       v device gone or hung up, line lost
                       (error)         OVER <------------------ OVER: seconds and bytes on the entry

Unlike a view, a talk does not outlast a break of its person's line: a loudspeaker that nobody
holds is given back at once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tongshi.access.identity import Session as SignIn
from tongshi.access.register import NO_BASIS, Action, Basis, Look
from tongshi.access.service import Register
from tongshi.api.bond import Binding, bind_nobody
from tongshi.api.feed import Feed
from tongshi.clock import Clock
from tongshi.errors import Conflict, Error, Exhausted, Missing
from tongshi.gateway.engine import Engine, EngineEvent, ReaderJoined, ReaderLeft
from tongshi.net.task import Supervisor
from tongshi.signalling.talk import Talk
from tongshi.signalling.talks import Talks

TICKET = 20.0
"""Within this a ticket must be used, s."""
WRITE = 10.0
"""How long the store may take to write an entry, s."""
NOTE = 15.0
"""Between notes in the register of how far talks have come, s."""
WRITTEN = 1.5
"""After this an ending is in the store, s."""
SIGNED_OUT = "denied.signin"
STOPPED = "stopped"
_HOW = {"offline": "peer.offline", "engine": "engine.failed"}
"""How an entry is ended, where the register has another word for why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Whom somebody wants to speak to.

    channel: its name.  output: the voice output, where one is known.  basis: what it rests on.
    approved: the purpose wants an approved request.
    """

    device_id: str
    channel_id: str
    channel: str
    output: str
    purpose: str
    basis: Basis = NO_BASIS
    approved: bool = False


class State(Enum):
    """Where a person's talk stands."""

    READY = "ready"
    SPEAKING = "speaking"
    OVER = "over"


class Speech:
    """One talk of one person.

    joined_at: when the microphone came, s of the clock.  seconds: of a microphone that has gone.
    bytes: of speech; None when that died with a worker.
    """

    def __init__(
        self, speech_id: str, sign_in: SignIn, wish: Wish, entry_id: int, talk: Talk
    ) -> None:
        self.id = speech_id
        self.sign_in = sign_in
        self.wish = wish
        self.entry_id = entry_id
        self.talk = talk
        self.ticket = ""
        self.state = State.READY
        self.joined_at: float | None = None
        self.seconds = 0.0
        self.bytes: int | None = 0
        self.timer: asyncio.TimerHandle | None = None


class Talking:
    """The talks of one node's people.  Used from the node's loop; subscribe :meth:`heard`.

    parted: called with each talk that has ended, once its figures are known.
    """

    def __init__(
        self,
        register: Register,
        talks: Talks,
        engine: Engine,
        feed: Feed,
        clock: Clock,
        new_token: Callable[[], str],
        bind: Binding = bind_nobody,
    ) -> None:
        self._register = register
        self._talks = talks
        self._engine = engine
        self._feed = feed
        self._clock = clock
        self._new_token = new_token
        self._bind = bind
        self._loop = asyncio.get_running_loop()
        self._tasks = Supervisor("talking")
        self._speeches: dict[str, Speech] = {}
        self._by_ticket: dict[str, Speech] = {}
        self._stopping = False
        self.parted: Callable[[Speech], None] = lambda speech: None

    def start(self) -> None:
        """Begin to note in the register how far talks have come."""
        self._tasks.sustain(self._note, name="talk-notes", pause=NOTE)

    async def stop(self) -> None:
        """End every talk and take no new ones."""
        self._stopping = True
        await asyncio.gather(*(self.close(speech, STOPPED) for speech in self.all()))
        await self._tasks.close()

    def all(self) -> tuple[Speech, ...]:
        """Return the talks that go on."""
        return tuple(self._speeches.values())

    async def open(self, sign_in: SignIn, wish: Wish, address: str) -> Speech:
        """Return a talk that waits for its microphone, once the device listens.

        The entry of the access register stands on the disk before the device is asked.
        Raises what ``Talks.open`` raises, and Exhausted when the register cannot be written.
        """
        entry_id = await self._enter(sign_in, wish, address)
        person = sign_in.person
        try:
            if self._stopping:
                raise Conflict("the platform is stopping")
            talk = await self._talks.open(
                wish.device_id, wish.channel_id, output=wish.output, holder=person.shown
            )
            ticket = self._new_token()
            try:
                bond = self._bind(sign_in, address)
                await self._engine.talks.admit(talk.stream, ticket, expires_s=TICKET, bond=bond)
            except BaseException:
                talk.end("failed")
                raise
        except BaseException as error:
            how = error.code if isinstance(error, Error) else "closed"
            self._register.close(entry_id, how, 0.0, 0)
            self._tell_later(wish.device_id)
            raise
        speech = Speech(self._new_token(), sign_in, wish, entry_id, talk)
        speech.ticket = ticket
        self._speeches[speech.id] = self._by_ticket[ticket] = speech
        speech.timer = self._loop.call_later(TICKET, talk.end, "unused")
        self._tasks.start(self._await_end(speech), name=f"talk-{entry_id}")
        self._tell(wish.device_id)
        return speech

    def find(self, speech_id: str, person_id: int) -> Speech:
        """Return a talk of this person that goes on; raises Missing."""
        speech = self._speeches.get(speech_id)
        if speech is None or speech.sign_in.person.id != person_id:
            raise Missing("no such talk")
        return speech

    async def close(self, speech: Speech, how: str = "closed") -> None:
        """End *speech*; its entry is ended as *how*.  Harmless for one that is over."""
        await self._talks.close(speech.talk, how)

    async def end_sign_in(self, digest: str) -> None:
        """End the talks of a sign-in that is over."""
        held = [speech for speech in self.all() if speech.sign_in.digest == digest]
        await asyncio.gather(*(self.close(speech, SIGNED_OUT) for speech in held))

    async def end_person(self, person_id: int) -> None:
        """End the talks of a person, whichever sign-in opened them."""
        held = [speech for speech in self.all() if speech.sign_in.person.id == person_id]
        await asyncio.gather(*(self.close(speech, SIGNED_OUT) for speech in held))

    def heard(self, event: EngineEvent) -> None:
        """Take what the engine says."""
        if not isinstance(event, ReaderJoined | ReaderLeft):
            return
        speech = self._by_ticket.get(event.ticket)
        if speech is None:
            return
        if isinstance(event, ReaderJoined):
            self._rest(speech)
            speech.state = State.SPEAKING
            speech.joined_at = self._clock.now()
        else:
            speech.joined_at = None
            speech.seconds, speech.bytes = event.seconds, event.bytes
            speech.talk.end("left" if event.why == "left" else event.why)

    def spoken_for(self, speech: Speech) -> float:
        """Return how long the microphone has been there, s."""
        if speech.joined_at is None:
            return speech.seconds
        return self._clock.now() - speech.joined_at

    async def _enter(self, sign_in: SignIn, wish: Wish, address: str) -> int:
        person = sign_in.person
        look = Look(
            person_id=person.id,
            person=person.shown,
            unit=person.unit,
            action=Action.TALK,
            device_id=wish.device_id,
            channel_id=wish.channel_id,
            channel=wish.channel,
            purpose=wish.purpose,
            at=self._clock.wall(),
            transport="websocket",
            address=address,
        )
        try:
            async with asyncio.timeout(WRITE):
                return await asyncio.wrap_future(self._register.submit(look.on(wish.basis)))
        except TimeoutError:
            raise Exhausted("the access register takes too long", resource="store") from None

    async def _await_end(self, speech: Speech) -> None:
        """Wait for the end of the talk, then close its books."""
        why = await speech.talk.ended()
        await speech.talk.closed.wait()
        if speech.joined_at is not None:  # the engine never told
            speech.seconds, speech.bytes = self.spoken_for(speech), None
        self._rest(speech)
        speech.state = State.OVER
        self._speeches.pop(speech.id, None)
        self._by_ticket.pop(speech.ticket, None)
        self._register.close(speech.entry_id, _HOW.get(why, why), speech.seconds, speech.bytes)
        self.parted(speech)
        self._tell_later(speech.wish.device_id)

    async def _note(self) -> None:
        """Note how far each talk has come, and end those whose sign-in is over."""
        wall = self._clock.wall()
        for speech in self.all():
            if wall >= speech.sign_in.ends_at:
                await self.close(speech, SIGNED_OUT)
            elif speech.joined_at is not None:
                seconds = self.spoken_for(speech)
                self._register.note(speech.entry_id, seconds, round(seconds * 8000))

    def _rest(self, speech: Speech) -> None:
        if speech.timer is not None:
            speech.timer.cancel()
            speech.timer = None

    def _tell(self, device_id: str) -> None:
        self._feed.publish("look", device_id, {"device": device_id}, key="look")

    def _tell_later(self, device_id: str) -> None:
        """Tell pages of an ending once the store has it."""
        self._loop.call_later(WRITTEN, self._tell, device_id)
