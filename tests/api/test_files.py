import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from tongshi.access.identity import Person, Session
from tongshi.access.permission import Role
from tongshi.access.register import EntryQuery
from tongshi.access.scope import EVERYTHING
from tongshi.api import files as module
from tongshi.api.bond import binding
from tongshi.api.files import LASTS, LONGEST, Addresses
from tongshi.api.parts import Parts
from tongshi.clock import ManualClock
from tongshi.errors import Denied
from tongshi.recording.download import Download, Request
from tongshi.settings import AccessSettings

PERSON = Person(1, "wang", "王", "处", Role.OPERATOR, False, False)
ASKED = Request(1, "王", "处", "d", "c", "门", "patrol", 5.0, 10.0)
DOWNLOAD = Download(7, ASKED, 1, 0.0)


@pytest.fixture
def sign_in(parts: Parts, enter: Callable[[Role], object]) -> Session:
    enter(Role.OPERATOR)
    return Session("digest", PERSON, 0.0, 0.0, 1e12, "")


def made(parts: Parts, clock: ManualClock) -> Addresses:
    count = iter(range(10_000))
    return Addresses(parts.register, clock, lambda: f"key{next(count)}")


def test_an_address_lasts_while_it_is_used(
    parts: Parts,
    clock: ManualClock,
    runner: asyncio.Runner,
    sign_in: Session,
    flush: Callable[[], None],
) -> None:
    it = made(parts, clock)
    key = runner.run(it.make(DOWNLOAD, sign_in, "192.0.2.7"))
    clock.wind(LASTS - 1)
    address = it.take(key, 7, "digest")
    it.sent(address, 100)
    it.rest(address, whole=False)
    clock.wind(LASTS - 1)
    assert it.take(key, 7, "digest") is address
    clock.wind(LASTS + 1)
    with pytest.raises(Denied):
        it.take(key, 7, "digest")
    flush()
    (entry,) = parts.register.page(EVERYTHING, EntryQuery()).rows
    assert (entry.look.since, entry.look.until, entry.look.address) == (5.0, 10.0, "192.0.2.7")
    assert entry.ending is not None
    assert entry.ending.bytes == 100


def test_it_is_over_after_some_hours_however_much_it_is_used(
    parts: Parts, clock: ManualClock, runner: asyncio.Runner, sign_in: Session
) -> None:
    it = made(parts, clock)
    key = runner.run(it.make(DOWNLOAD, sign_in, ""))
    for _ in range(int(LONGEST // LASTS)):
        clock.wind(LASTS)
        it.take(key, 7, "digest")
    clock.wind(1)
    with pytest.raises(Denied):
        it.take(key, 7, "digest")


def test_it_ends_with_the_file_the_sign_in_and_the_person(
    parts: Parts, clock: ManualClock, runner: asyncio.Runner, sign_in: Session
) -> None:
    it = made(parts, clock)
    keys = [runner.run(it.make(DOWNLOAD, sign_in, "")) for _ in range(3)]
    other = runner.run(it.make(DOWNLOAD, replace(sign_in, digest="other"), ""))
    it.rest(it.take(keys[0], 7, "digest"), whole=False)
    it.rest(it.take(keys[0], 7, "digest"), whole=True)
    with pytest.raises(Denied):
        it.take(keys[0], 7, "digest")
    it.take(keys[1], 7, "digest")
    it.end_sign_in("digest")
    for key in keys:
        with pytest.raises(Denied):
            it.take(key, 7, "digest")
    it.end_person(2)
    it.take(other, 7, "other")
    it.end_person(1)
    with pytest.raises(Denied):
        it.take(other, 7, "other")


def test_it_counts_from_where_it_was_asked_for(
    parts: Parts, clock: ManualClock, runner: asyncio.Runner, sign_in: Session
) -> None:
    it = Addresses(parts.register, clock, lambda: "key", binding(AccessSettings()))
    key = runner.run(it.make(DOWNLOAD, sign_in, "192.0.2.7"))
    for host in ("192.0.2.8", ""):
        with pytest.raises(Denied):
            it.take(key, 7, "digest", host)
    it.take(key, 7, "digest", "192.0.2.7")


@pytest.mark.parametrize(("number", "digest"), [(8, "digest"), (7, "another")])
def test_it_leads_one_sign_in_to_one_file(
    parts: Parts,
    clock: ManualClock,
    runner: asyncio.Runner,
    sign_in: Session,
    number: int,
    digest: str,
) -> None:
    it = made(parts, clock)
    key = runner.run(it.make(DOWNLOAD, sign_in, ""))
    with pytest.raises(Denied):
        it.take(key, number, digest)


def test_who_asks_for_many_loses_his_own(
    parts: Parts,
    clock: ManualClock,
    runner: asyncio.Runner,
    sign_in: Session,
    monkeypatch: pytest.MonkeyPatch,
    flush: Callable[[], None],
) -> None:
    """Those that others have stay: the bound is each one's, and the last resort is the greedy."""
    monkeypatch.setattr(module, "EACH", 3)
    monkeypatch.setattr(module, "_MOST", 5)
    it = made(parts, clock)
    other, third = replace(sign_in, digest="other"), replace(sign_in, digest="third")

    def make(who: Session) -> str:
        clock.wind(1)
        return runner.run(it.make(DOWNLOAD, who, ""))

    def lead(who: Session, keys: list[str]) -> list[bool]:
        found = []
        for key in keys:
            try:
                it.take(key, 7, who.digest)
            except Denied:
                found.append(False)
            else:
                found.append(True)
        return found

    theirs = [make(other)]
    own = [make(sign_in) for _ in range(3)]
    it.take(own[0], 7, "digest")  # in use: the next one is the oldest
    own.append(make(sign_in))
    assert lead(sign_in, own) == [True, False, True, True]
    assert lead(other, theirs) == [True]
    theirs.append(make(other))
    last = [make(third)]
    assert (lead(other, theirs), lead(third, last)) == ([True, True], [True])
    assert lead(sign_in, own) == [False, False, True, True]
    flush()
    rows = parts.register.page(EVERYTHING, EntryQuery()).rows
    assert sum(row.ending is not None for row in rows) == 2


def test_there_are_only_so_many_and_all_end_with_the_node(
    parts: Parts,
    clock: ManualClock,
    runner: asyncio.Runner,
    sign_in: Session,
    monkeypatch: pytest.MonkeyPatch,
    flush: Callable[[], None],
) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    it = made(parts, clock)
    keys = [runner.run(it.make(DOWNLOAD, sign_in, "")) for _ in range(4)]
    with pytest.raises(Denied):
        it.take(keys[0], 7, "digest")
    it.close()
    with pytest.raises(Denied):
        it.take(keys[3], 7, "digest")
    flush()
    rows = parts.register.page(EVERYTHING, EntryQuery()).rows
    assert all(row.ending is not None for row in rows)
