"""Requests and their decisions: the use cases, with the store and the clock.

Every method blocks for a moment on the store: call through ``asyncio.to_thread``.  What is decided
last makes the grant in the same transaction, and the audit chain has each act in it as well.
"""

import secrets
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection, Engine

from tongshi.access.accounts.store import read_account, read_people
from tongshi.access.factors.seal import NONCE, Seal
from tongshi.access.grant import Grant, Selector, Subject, SubjectKind
from tongshi.access.grant import Reason as Lack
from tongshi.access.granting.service import Rights
from tongshi.access.identity import Person, fold_name
from tongshi.access.permission import GRANTED, Permission
from tongshi.approvals import policy, store
from tongshi.approvals.content import Ask, Place, check_ask, hide, map_documents
from tongshi.approvals.delegates.service import Delegates
from tongshi.approvals.person import actor_of, who
from tongshi.approvals.policy import Approver
from tongshi.approvals.purpose import Purpose, Reason, Stated, check_second, read_reason
from tongshi.approvals.purposes.service import Purposes
from tongshi.approvals.request import (
    Decision,
    Request,
    State,
    Verdict,
    covers,
    decide,
    expire,
    use,
    withdraw,
)
from tongshi.approvals.store import RequestQuery
from tongshi.audit.entry import PLATFORM
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.page import Page, bound
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Denied, Exhausted, Invalid, Missing, NotGranted

OPEN_AT_ONCE = 50
"""Requests of one person that wait or hold at the most."""
ABOUT = "identity document of a request"
"""What its seal binds a document's number to."""
SWEPT = 500
"""Requests that expire in one transaction at the most."""


def is_looker(person: Person) -> bool:
    """Say whether somebody looks at pictures by their role, and may sit beside."""
    return Permission.SEE_LIVE in GRANTED[person.role]


class Approvals:
    """The requests of one node.  Safe to use from any thread.

    key: of the node, under which numbers of identity documents are stored.
    """

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        clock: Clock,
        rights: Rights,
        purposes: Purposes,
        key: bytes,
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._rights = rights
        self._purposes = purposes
        self._seal = Seal(key)
        self.delegates = Delegates(engine, writer, clock)

    # Before a look

    def read(self, person: Person, stated: Stated) -> tuple[Purpose, Reason]:
        """Return the purpose that *person* states, and the reason for the register.

        Raises Invalid with all that is lacking: see `purpose.read_reason`; the second person must
        be another one with an open account that may look.
        """
        purpose, reason = read_reason(self._purposes.known, stated)
        if not reason.second:
            return purpose, reason
        with self._engine.connect() as connection:
            account = read_account(connection, fold_name(reason.second))
        wall = self._clock.wall()
        if account is None or not account.is_open(wall) or not is_looker(account.person):
            raise Invalid("the second person has no account here that may look")
        check_second(person.id, account.person.id)
        return purpose, replace(reason, second=account.person.shown, second_id=account.person.id)

    def check(
        self,
        request_id: int,
        camera: tuple[str, str],
        since: float | None = None,
        until: float | None = None,
        *,
        clip: bool = False,
    ) -> float | None:
        """Return up to when an approval covers footage that begins at *since*; None: the present.

        For looks that rest on it: its grant knows the cameras, not the span.  clip: footage that
        goes on after what was approved is cut off there.  Raises NotGranted when it is not covered.
        """
        request = self._read(request_id)
        end = request.ask.until
        if clip and until is not None and end is not None:
            until = min(until, end)
        if request.state is not State.GRANTED or not covers(request, camera, since, until):
            raise NotGranted(
                "the approval does not cover this footage",
                reason=Lack.APPROVAL.value,
                helps="an approved request for this span",
            )
        return until

    def take_file(self, request_id: int) -> None:
        """Count one more download by an approval; the last one uses it up and ends its grant.

        Raises Denied when it does not hold (any more).
        """

        def write(connection: Connection) -> None:
            before, wall = self._must(connection, request_id), self._clock.wall()
            after = use(before, wall, policy.files_of(before))
            store.write_standing(connection, after)
            if after.state is State.USED_UP:
                self._revoke(connection, after, wall)
                act = PLATFORM.act("request.expired", str(after.id), why="used up", uses=after.uses)
                append(connection, wall, act)

        self._writer.commit(write, durable=True)
        self._rights.changed()

    def held(self, person: Person) -> frozenset[str]:
        """Return the purposes for which *person* has an approval that holds now."""
        with self._engine.connect() as connection:
            wall = self._clock.wall()
            found = store.read_holding(connection, person.id, wall, self._open)
        return frozenset(request.ask.purpose for request in found)

    # Requests

    def submit(self, person: Person, address: str, ask: Ask) -> Request:
        """Make a request; it waits for its first step then.

        Raises Invalid with all its faults, Exhausted when the person has too many that go on.
        """
        check_ask(ask)
        purpose = self._purposes.known.get(ask.purpose)
        if purpose is None:
            raise Invalid("a request names the code of its purpose")
        rule = policy.rule_for(ask.kind, purpose)
        policy.check_policy(ask, rule, purpose)
        wall = self._clock.wall()
        fresh = Request(0, who(person), clean(ask), rule.steps, wall, wall + rule.waits)
        fresh = replace(fresh, state_at=wall)

        def write(connection: Connection) -> Request:
            query = RequestQuery(person_id=person.id, open=True, size=1)
            if store.page_requests(connection, query, self._open)[1] >= OPEN_AT_ONCE:
                raise Exhausted(f"{OPEN_AT_ONCE} requests go on already", resource="request")
            number = store.add_request(connection, fresh, self._close)
            act = actor_of(person, address).act(
                "request.made",
                str(number),
                kind=ask.kind.value,
                purpose=ask.purpose,
                case=ask.case_number,
                reason=ask.reason,
                cameras=len(ask.cameras),
                first=f"{ask.cameras[0].device_id}/{ask.cameras[0].channel_id}",
            )
            append(connection, wall, act)
            return replace(fresh, id=number)

        return covered(self._writer.commit(write, durable=True))

    def decide(
        self,
        person: Person,
        address: str,
        request_id: int,
        verdict: Verdict,
        reason: str,
        *,
        confirmed: bool = False,
    ) -> Request:
        """Decide the present step of a request; the last yes makes its grant.

        Raises Missing when there is none or it is none of theirs, Denied when the step is for
        somebody else, Conflict when nothing is to be decided any more, Invalid for a refusal
        without a reason or a yes without what it must confirm.
        """
        request = self.request(person, request_id)
        behalf = policy.take(
            request, self._approver(person, request), self._givers(person, request)
        )
        if verdict is Verdict.APPROVE:
            policy.check_confirmed(request, confirmed=confirmed)
        wall, actor = self._clock.wall(), actor_of(person, address)
        made = Decision(who(person), verdict, storable(reason), wall, behalf, confirmed)

        def write(connection: Connection) -> Request:
            before = self._must(connection, request_id)
            if before.step != request.step or before.decisions != request.decisions:
                raise Conflict("somebody else has decided this step meanwhile")
            after = decide(before, made)
            store.add_decision(connection, request_id, len(before.decisions), made)
            if after.state is State.GRANTED:
                given = self._rights.give(connection, wall, grant_of(after))
                after = replace(after, grant_id=given)
            store.write_standing(connection, after)
            act = actor.act(
                "request.decided",
                str(request_id),
                verdict=verdict.value,
                step=before.step,
                reason=made.reason,
                behalf=behalf.id if behalf is not None else None,
                state=after.state.value,
                grant=after.grant_id,
            )
            append(connection, wall, act)
            return after

        decided = self._writer.commit(write, durable=True)
        self._rights.changed()
        return decided

    def withdraw(self, person: Person, address: str, request_id: int) -> Request:
        """Take an own request back, or give back what it gave; its grant ends at once.

        Raises Missing, Denied for others' requests, Conflict when it is over.
        """
        self.request(person, request_id)
        actor = actor_of(person, address)

        def write(connection: Connection) -> Request:
            wall = self._clock.wall()
            after = withdraw(self._must(connection, request_id), person.id, wall)
            store.write_standing(connection, after)
            self._revoke(connection, after, wall)
            append(connection, wall, actor.act("request.withdrawn", str(request_id)))
            return after

        withdrawn = self._writer.commit(write, durable=True)
        self._rights.changed()
        return covered(withdrawn)

    def sweep(self) -> tuple[Request, ...]:
        """Record what has expired; return those requests.  For once a minute or so."""

        def write(connection: Connection) -> tuple[Request, ...]:
            wall = self._clock.wall()
            due = store.read_due(connection, wall, self._open, SWEPT)
            for before in due:
                store.write_standing(connection, expire(before, wall))
                self._revoke(connection, before, wall)
                act = PLATFORM.act("request.expired", str(before.id), state=before.state.value)
                append(connection, wall, act)
            return tuple(expire(before, wall) for before in due)

        with self._engine.connect() as connection:
            if not store.read_due(connection, self._clock.wall(), self._open, 1):
                return ()
        swept = self._writer.commit(write, durable=True)
        self._rights.changed()
        return swept

    # Reading

    def request(self, person: Person, request_id: int) -> Request:
        """Return one request as *person* may read it; raises Missing when it is none of theirs.

        Its asker, who decides or decided of it, and the audit read it.  Numbers of identity
        documents are shown in full to those who decide and to the audit.
        """
        request = self._read(request_id)
        if person.may(Permission.REVIEW) or self._decides(person, request):
            return request
        with self._engine.connect() as connection:
            decided = request_id in store.read_decided_by(connection, person.id)
        if request.asker.id != person.id and not decided:
            raise Missing("no such request")
        return covered(request)

    def mine(self, person: Person, query: RequestQuery) -> Page[Request]:
        """Return a page of a person's own requests, newest first."""
        return self._page(replace(query, person_id=person.id), hidden=True)

    def everybody(self, query: RequestQuery) -> Page[Request]:
        """Return a page of all requests, newest first: for the audit."""
        return self._page(query, hidden=False)

    def to_decide(self, person: Person) -> tuple[Request, ...]:
        """Return the requests whose present step *person* may take now, the oldest first."""
        if not person.may(Permission.APPROVE):
            return ()
        wall = self._clock.wall()
        with self._engine.connect() as connection:
            waiting = store.read_waiting(connection, self._open)
        open_ones = (each for each in waiting if expire(each, wall).state is State.WAITING)
        return tuple(each for each in open_ones if self._decides(person, each))

    def deciders(self, request: Request) -> frozenset[int]:
        """Return whom a request waits for: everybody who may take its present step now."""
        if not request.step:
            return frozenset()
        with self._engine.connect() as connection:
            everybody = read_people(connection)
        able = [each for each in everybody if each.may(Permission.APPROVE)]
        return frozenset(each.id for each in able if self._decides(each, request))

    # Inside

    def _page(self, query: RequestQuery, *, hidden: bool) -> Page[Request]:
        number, size = bound(query.number, query.size)
        query = replace(query, number=number, size=size)
        with self._engine.connect() as connection:
            rows, total = store.page_requests(connection, query, self._open)
        wall = self._clock.wall()
        told = (expire(each, wall) for each in rows)
        return Page(tuple(covered(each) if hidden else each for each in told), total, number, size)

    def _read(self, request_id: int) -> Request:
        with self._engine.connect() as connection:
            return expire(self._must(connection, request_id), self._clock.wall())

    def _must(self, connection: Connection, request_id: int) -> Request:
        request = store.read_request(connection, request_id, self._open)
        if request is None:
            raise Missing("no such request")
        return request

    def _decides(self, person: Person, request: Request) -> bool:
        if not person.may(Permission.APPROVE) or not request.step:
            return False
        try:
            policy.take(request, self._approver(person, request), self._givers(person, request))
        except Denied:
            return False
        return True

    def _approver(self, person: Person, request: Request) -> Approver:
        may = person.may(Permission.APPROVE)
        approves = may and self._rights.approves(person, keys_of(request.ask.cameras))
        return Approver(who(person), person.role, approves)

    def _givers(self, person: Person, request: Request) -> tuple[Approver, ...]:
        """Return those in whose place *person* decides now."""
        return tuple(self._approver(giver, request) for giver in self.delegates.givers(person))

    def _revoke(self, connection: Connection, request: Request, wall: float) -> None:
        if request.grant_id is not None:
            self._rights.revoke(connection, wall, request.grant_id)

    def _close(self, document: str) -> str:
        return self._seal.close(document, ABOUT, secrets.token_bytes(NONCE))

    def _open(self, sealed: str) -> str:
        return self._seal.open(sealed, ABOUT)


def keys_of(places: Iterable[Place]) -> tuple[tuple[str, str], ...]:
    """Return device and channel of each."""
    return tuple(place.key for place in places)


def covered(request: Request) -> Request:
    """Return *request* as those read it who need no numbers of identity documents."""
    return replace(
        request, ask=replace(request.ask, content=map_documents(request.ask.content, hide))
    )


def clean(ask: Ask) -> Ask:
    """Return *ask* with texts that every store takes."""
    return replace(
        ask,
        reason=storable(ask.reason),
        case_number=storable(" ".join(ask.case_number.split())),
        cameras=tuple(replace(each, channel=storable(each.channel)) for each in ask.cameras),
    )


def grant_of(request: Request) -> Grant:
    """Return the grant that a granted request gives: to its asker, for its purpose alone."""
    ask, last = request.ask, request.decisions[-1]
    return Grant(
        id=0,
        subject=Subject(SubjectKind.PERSON, str(request.asker.id)),
        rights=policy.RULES[ask.kind].gives,
        selector=Selector(cameras=frozenset(keys_of(ask.cameras))),
        purposes=frozenset({ask.purpose}),
        since=last.at,
        until=request.holds_until,
        note=ask.reason,
        made_by=last.by.shown,
        made_at=last.at,
        origin=f"approval:{request.id}",
    )
