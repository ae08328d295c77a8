from dataclasses import replace

from sqlalchemy import Engine

from tongshi.access.accounts.store import add_person
from tongshi.access.identity import Person
from tongshi.access.permission import Role
from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.media.mp4 import Finished
from tongshi.recording import store
from tongshi.recording.download import Request, State

SINCE = 1_700_000_000.0
RESULT = Finished(9, "d", "p", "s", 25, 1, SINCE, SINCE + 1, 1.0, True)


def person(engine: Engine, name: str) -> int:
    one = Person(0, name, name, "", Role.OPERATOR, False, False)
    with engine.begin() as connection:
        return add_person(connection, one, "x", 0.0)


def test_a_download_is_kept_as_it_stands(engine: Engine) -> None:
    owner = person(engine, "wang")
    asked = Request(owner, "王", "处", "d", "c", "门", "patrol", SINCE, SINCE + 10, "1/2")
    with engine.begin() as connection:
        number = store.add_download(connection, asked, 7, 5.0)
    with engine.connect() as connection:
        (found,) = store.read_kept(connection)
        assert found == store.read_download(connection, number)
        assert store.read_download(connection, 99) is None
    assert (found.id, found.request, found.entry_id, found.state) == (
        number,
        asked,
        7,
        State.QUEUED,
    )
    done = replace(
        found,
        state=State.DONE,
        why="w",
        detail="d",
        tries=2,
        again_at=1.0,
        begun_at=2.0,
        ended_at=3.0,
        saved=4.0,
        written=5,
        announced=6,
        result=RESULT,
    )
    with engine.begin() as connection:
        store.write_downloads(connection, {number: done})
    with engine.connect() as connection:
        assert store.read_download(connection, number) == done


def test_pages_show_the_newest_first_and_what_may_be_seen(engine: Engine) -> None:
    one, other = person(engine, "a"), person(engine, "b")
    with engine.begin() as connection:
        for owner in (one, other, one):
            asked = Request(owner, "", "", "d", "c", "", "x", SINCE, SINCE + 10)
            number = store.add_download(connection, asked, 7, 5.0)
    with engine.connect() as connection:
        rows, total = store.page_downloads(connection, EVERYTHING, None, 1, 2)
        assert ([row.id for row in rows], total) == ([number, number - 1], 3)
        rows, total = store.page_downloads(connection, EVERYTHING, one, 1, 9)
        assert total == 2
        assert store.page_downloads(connection, NOTHING, None, 1, 9) == ((), 0)


def test_what_is_over_without_a_file_is_not_read_at_the_start(engine: Engine) -> None:
    owner = person(engine, "a")
    asked = Request(owner, "", "", "d", "c", "", "x", SINCE, SINCE + 10)
    with engine.begin() as connection:
        number = store.add_download(connection, asked, 7, 5.0)
    with engine.connect() as connection:
        (held,) = store.read_kept(connection)
    for state in (State.FAILED, State.CANCELLED, State.GONE):
        with engine.begin() as connection:
            store.write_downloads(connection, {number: replace(held, state=state)})
        with engine.connect() as connection:
            assert store.read_kept(connection) == []
