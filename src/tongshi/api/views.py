"""Every open view, and its one owner: asked, registered, shown, ended, written down.

::

    (entry on disk) -> OPENING --first picture--> READY --ticket used--> WATCHED
                          |                        |  ^                   |
                        fails               not used  +---- renewed ----- LEFT (line broke)
                          v                        v                      |  not renewed in time
                       FAILED                     OVER <------------------+--- closed, signed out,
                                                                               stream ended

An entry of the access register stands on the disk before the device is asked; it is ended once,
with the seconds and bytes that the engine counted for this viewer.  A short break of the line
continues the same view by a new ticket: each ticket opens one WebSocket once.
"""

import asyncio
import logging
from collections.abc import Callable

from tongshi.access.identity import Session as SignIn
from tongshi.access.register import Action, Look
from tongshi.access.service import Register
from tongshi.api.bond import Binding, bind_nobody
from tongshi.api.feed import Feed
from tongshi.api.view import State, View, Wish
from tongshi.clock import Clock
from tongshi.errors import Conflict, Error, Exhausted, Missing
from tongshi.gateway.engine import Engine, EngineEvent, ReaderJoined, ReaderLeft
from tongshi.net.task import Supervisor
from tongshi.signalling.histories import Histories
from tongshi.signalling.history import History
from tongshi.signalling.sessions import Sessions
from tongshi.signalling.share import Session

_log = logging.getLogger(__name__)

TICKET = 20.0
"""Within this a ticket must be used, s."""
LINGER = 10.0
"""How long a view whose line broke can be renewed, s."""
FORGET = 60.0
"""How long a view that failed is remembered, for whoever asks how it went, s."""
PARTING = 5.0
"""How long the engine may take to tell what an ended viewer was sent, s."""
FAREWELL = 2.0
"""The same for all of them, when the node stops, s."""
NOTE = 15.0
"""Between notes in the register of how far views have come, s."""
WRITTEN = 1.5
"""After this an ending is in the store, s: the writer flushes once a second."""
WRITE = 10.0
"""How long the store may take to write an entry, s."""
SIGNED_OUT = "denied.signin"
"""How a view ends with the sign-in that opened it."""
LINE = "left"
"""What the engine calls it when a viewer goes away by itself."""
STOPPED = "stopped"
"""How a view ends when the node stops: for its player no end, but a reason to come again."""


class Views:
    """The views of one node.  Used from the node's loop; hears the engine through `heard`.

    limit: views at once at the most.  histories: where footage comes from.  bind: to whom the
    addresses of pictures are bound.
    parted: called with each view that has ended, once its figures are known.
    """

    def __init__(
        self,
        register: Register,
        sessions: Sessions,
        engine: Engine,
        feed: Feed,
        clock: Clock,
        new_token: Callable[[], str],
        *,
        limit: int = 5000,
        histories: Histories | None = None,
        bind: Binding = bind_nobody,
    ) -> None:
        self._register = register
        self._sessions = sessions
        self._histories = histories
        self._bind = bind
        self._engine = engine
        self._feed = feed
        self._clock = clock
        self._new_token = new_token
        self._limit = limit
        self._tasks = Supervisor("views")
        self._views: dict[str, View] = {}
        self._by_ticket: dict[str, View] = {}
        self._stopping = False
        self.parted: Callable[[View], None] = lambda view: None

    def __len__(self) -> int:
        return len(self._views)

    def start(self) -> None:
        """Begin to note in the register how far views have come."""
        self._tasks.sustain(self._note, name="notes", pause=NOTE)

    async def stop(self) -> None:
        """End every view and take no new ones.

        What the engine counted for each is still written down.
        """
        self._stopping = True
        open_views = [view for view in self._views.values() if view.state is not State.FAILED]
        await asyncio.gather(*(self._end(view, STOPPED) for view in open_views))
        try:
            async with asyncio.timeout(FAREWELL):
                for view in open_views:
                    await view.parted.wait()
        except TimeoutError:
            for view in open_views:
                self._finish(view, STOPPED)
        await self._tasks.close()

    async def open(self, sign_in: SignIn, wish: Wish, address: str) -> View:
        """Return a view whose entry is on the disk, while the camera is being asked.

        Raises Conflict when the node stops, Exhausted when there are too many views, or the
        register cannot be written: then nobody is asked for anything.
        """
        if len(self._views) >= self._limit:
            raise Exhausted(f"{len(self._views)} views are open", resource="reader")
        action = Action.LIVE if wish.footage is None else Action.PLAYBACK
        entry_id = await self._enter(sign_in, wish, address, action)
        if self._stopping:
            self._register.close(entry_id, STOPPED, 0.0, 0)
            raise Conflict("the platform is stopping")
        view = View(self._new_token(), sign_in, wish, entry_id, self._bind(sign_in, address))
        self._views[view.id] = view
        view.opening = self._tasks.start(self._bring(view), name=f"open-{entry_id}")
        self._tell(wish.device_id)
        return view

    def find(self, view_id: str, person_id: int) -> View:
        """Return a view of this person; raises Missing, or the error by which it failed."""
        view = self._views.get(view_id)
        if view is None or view.sign_in.person.id != person_id:
            raise Missing("no such view")
        if view.error is not None:
            raise view.error
        return view

    def own(self, view_id: str, sign_in: SignIn) -> View:
        """Return a view that this sign-in opened; raises as `find` does.

        Another sign-in of the same person has no part in it.
        """
        view = self._views.get(view_id)
        if view is None or view.sign_in.digest != sign_in.digest:
            raise Missing("no such view")
        return self.find(view_id, sign_in.person.id)

    async def renew(self, view: View) -> None:
        """Give *view* a new ticket; the one before opens nothing any more.

        Raises Missing when its stream has ended meanwhile.
        """
        if view.session is None or view.session.over:
            await self.close(view)
            raise Missing("the stream of this view has ended")
        before = view.ticket
        await self._issue(view, view.session)
        await self._revoke(before, "renewed")

    async def close(self, view: View, how: str = "closed") -> None:
        """End *view*; its entry is ended as *how*.  Harmless for one that is over."""
        await self._end(view, how)

    async def end_sign_in(self, digest: str) -> None:
        """End the views of a sign-in that is over."""
        held = [view for view in self._views.values() if view.sign_in.digest == digest]
        await asyncio.gather(*(self._end(view, SIGNED_OUT) for view in held))

    async def end_person(self, person_id: int) -> None:
        """End the views of a person, whichever sign-in opened them."""
        held = [view for view in self._views.values() if view.sign_in.person.id == person_id]
        await asyncio.gather(*(self._end(view, "denied.signin") for view in held))

    async def picture(self, sign_in: SignIn, wish: Wish, address: str) -> bytes:
        """Return a JPEG of what a camera shows, registered like any look.

        Raises what `tongshi.signalling.sessions.Sessions.open` and ``Engine.snapshot`` raise.
        """
        entry_id = await self._enter(sign_in, wish, address, Action.SNAPSHOT)
        how, sent = "failed", 0
        try:
            session = await self._sessions.open(wish.device_id, wish.channel_id, wish.kind)
            try:
                picture = await self._engine.snapshot(session.stream)
            finally:
                session.release()
            how, sent = "closed", len(picture)
        except Error as error:
            how = error.code
            raise
        finally:
            self._register.close(entry_id, how, 0.0, sent)
            self._tell_later(wish.device_id)
        return picture

    def progress(self, view: View) -> tuple[float, int]:
        """Return the seconds that *view* was watched so far, and about how many bytes it got."""
        if view.state is not State.WATCHED or view.joined_at is None:
            return view.watched, view.sent or 0
        sent = (view.sent or 0) + max(0, self._received(view) - view.received_before)
        return view.watched + self._clock.now() - view.joined_at, sent

    def all(self) -> tuple[View, ...]:
        """Return the views that go on."""
        return tuple(view for view in self._views.values() if view.state is not State.FAILED)

    def heard(self, event: EngineEvent) -> None:
        """Take what the engine says; subscribe this."""
        match event:
            case ReaderJoined():
                self._joined(event)
            case ReaderLeft():
                self._left(event)
            case _:
                pass

    # Opening

    async def _enter(self, sign_in: SignIn, wish: Wish, address: str, action: Action) -> int:
        person = sign_in.person
        look = Look(
            person_id=person.id,
            person=person.shown,
            unit=person.unit,
            action=action,
            device_id=wish.device_id,
            channel_id=wish.channel_id,
            channel=wish.channel,
            purpose=wish.purpose,
            at=self._clock.wall(),
            transport="http" if action is Action.SNAPSHOT else "websocket",
            address=address,
            since=None if wish.footage is None else wish.footage.since,
            until=None if wish.footage is None else wish.footage.until,
        )
        try:
            async with asyncio.timeout(WRITE):
                return await asyncio.wrap_future(self._register.submit(look.on(wish.basis)))
        except TimeoutError:
            raise Exhausted("the access register takes too long", resource="store") from None

    async def _bring(self, view: View) -> None:
        """Bring *view* from its entry to a ticket, or to the cause why not."""
        wish = view.wish
        try:
            session = await self._fetch(wish)
            view.session, view.track = session, session.track
            hevc = view.track is not None and view.track.codec == "h265"
            view.transcoded = hevc and not wish.hevc
            await self._issue(view, session)
        except Error as error:
            self._fail(view, error)
        else:
            view.settled.set()

    async def _fetch(self, wish: Wish) -> Session | History:
        if wish.footage is None:
            return await self._sessions.open(
                wish.device_id, wish.channel_id, wish.kind, wish.transport
            )
        if self._histories is None:
            raise Missing("this node shows no footage")
        return await self._histories.open(
            wish.device_id, wish.channel_id, wish.footage, transport=wish.transport
        )

    async def _issue(self, view: View, session: Session | History) -> None:
        ticket = self._new_token()
        await self._engine.admit(
            session.stream,
            ticket,
            expires_s=TICKET,
            transcode=view.transcoded,
            silent=view.wish.silent,
            bond=view.bond,
        )
        view.ticket = ticket
        view.state = State.READY
        view.tickets.add(ticket)
        self._by_ticket[ticket] = view
        self._set_timer(view, TICKET, "unused" if view.joined_at is None else LINE)

    def _fail(self, view: View, error: Error) -> None:
        self._close_books(view, error.code)
        view.error = error
        view.state = State.FAILED
        view.timer = asyncio.get_running_loop().call_later(FORGET, self._forget, view)
        view.settled.set()

    # Watching

    def _joined(self, event: ReaderJoined) -> None:
        view = self._by_ticket.get(event.ticket)
        if view is None:
            return
        view.rest()
        view.state = State.WATCHED
        view.joined_at = self._clock.now()
        view.received_before = self._received(view)

    def _left(self, event: ReaderLeft) -> None:
        view = self._by_ticket.pop(event.ticket, None)
        if view is None:
            return
        view.tickets.discard(event.ticket)
        view.watched += event.seconds
        known = view.sent is not None and event.bytes is not None
        view.sent = (view.sent or 0) + (event.bytes or 0) if known else None
        if view.ticket != event.ticket:
            return  # renewed: the newer ticket goes on
        view.state = State.LEFT  # its seconds are told: nobody adds them once more
        if view.ended:
            self._finish(view, view.ended)
        elif event.why == LINE:
            self._set_timer(view, LINGER, LINE)
        else:
            self._finish(view, event.why)

    def _set_timer(self, view: View, wait: float, how: str) -> None:
        view.rest()
        view.timer = asyncio.get_running_loop().call_later(wait, self._finish, view, how)

    def _received(self, view: View) -> int:
        figures = view.session.figures if view.session is not None else None
        return figures.bytes if figures is not None else 0

    async def _note(self) -> None:
        """Note how far each watched view has come, and end those whose sign-in is over.

        What a viewer was sent is told when it leaves; until then the bytes that its stream
        received stand for it, which differ by the packaging only.
        """
        wall = self._clock.wall()
        for view in self.all():
            if wall >= view.sign_in.ends_at:
                await self._end(view, SIGNED_OUT)
            elif view.state is State.WATCHED:
                self._register.note(view.entry_id, *self.progress(view))

    # Ending

    async def _end(self, view: View, how: str) -> None:
        if view.state in (State.OVER, State.FAILED):
            self._forget(view)
            return
        view.ended = view.ended or how
        if view.state is State.OPENING and view.opening is not None:
            view.opening.cancel()
        watched = view.state is State.WATCHED
        if view.ticket:
            await self._revoke(view.ticket, STOPPED if view.ended == STOPPED else "revoked")
        if watched and view.state is State.WATCHED:
            self._set_timer(view, PARTING, view.ended)
        else:
            self._finish(view, view.ended)

    async def _revoke(self, ticket: str, code: str) -> None:
        try:
            await self._engine.revoke(ticket, code)
        except Error as error:  # the worker that knew the ticket is gone, and the ticket with it
            _log.warning("event=revoke-failed code=%s why=%s", code, error)

    def _finish(self, view: View, how: str) -> None:
        if view.state in (State.OVER, State.FAILED):
            return
        if view.state is State.WATCHED and view.joined_at is not None:
            view.watched += self._clock.now() - view.joined_at  # the engine never told
            view.state = State.LEFT
        self._close_books(view, how)
        view.state = State.OVER
        view.settled.set()
        view.parted.set()
        self._forget(view)

    def _close_books(self, view: View, how: str) -> None:
        """End the entry and give the stream back."""
        view.rest()
        view.ended = how
        for ticket in view.tickets:
            self._by_ticket.pop(ticket, None)
        if view.session is not None:
            view.session.release()
        self._register.close(view.entry_id, how, view.watched, view.sent)
        self.parted(view)
        self._tell_later(view.wish.device_id)

    def _forget(self, view: View) -> None:
        view.rest()
        self._views.pop(view.id, None)

    def _tell(self, device_id: str) -> None:
        """Tell pages that the register has something new."""
        self._feed.publish("look", device_id, {"device": device_id}, key="look")

    def _tell_later(self, device_id: str) -> None:
        """Tell pages of an ending once the store has it: they would read what was before."""
        asyncio.get_running_loop().call_later(WRITTEN, self._tell, device_id)
