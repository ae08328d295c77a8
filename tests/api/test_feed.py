import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tongshi.api.feed import Feed, Notice, Reader
from tongshi.errors import Exhausted


def run(test: Callable[[Feed], Awaitable[None]], **limits: int) -> None:
    async def whole() -> None:
        await test(Feed("boot", **limits))

    asyncio.run(whole())


def everything(notice: Notice) -> bool:
    return True


async def topics(reader: Reader) -> list[tuple[str, str]]:
    notices = await reader.take(0)
    assert notices is not None
    return [(notice.topic, notice.device_id) for notice in notices]


def test_a_reader_gets_what_is_published_after_it_joined() -> None:
    async def test(feed: Feed) -> None:
        feed.publish("device", "a", {"state": "online"})
        reader = feed.join(everything)
        feed.publish("device", "b", {"state": "online"})
        feed.publish("catalog", "b", {})
        assert await topics(reader) == [("device", "b"), ("catalog", "b")]
        assert await topics(reader) == []

    run(test)


def test_a_later_notice_replaces_an_earlier_one_of_the_same_key() -> None:
    async def test(feed: Feed) -> None:
        reader = feed.join(everything)
        for state in ("online", "offline", "online"):
            feed.publish("device", "a", {"state": state})
        feed.publish("stream", "a", {"lost": 1}, key="a/1")
        feed.publish("stream", "a", {"lost": 2}, key="a/2")
        notices = await reader.take(0)
        assert notices is not None
        assert [notice.key for notice in notices] == ["a", "a/1", "a/2"]
        assert dict(notices[0].body) == {"state": "online"}

    run(test)


def test_what_concerns_people_is_told_to_them_alone() -> None:
    async def test(feed: Feed) -> None:
        mine, other, nobody = (
            feed.join(everything, person_id=1),
            feed.join(everything, person_id=2),
            feed.join(everything),
        )
        feed.tell("request", frozenset({1, 3}), {"id": 7}, key="7")
        assert await topics(mine) == [("request", "")]
        assert await topics(other) == await topics(nobody) == []

    run(test)


def test_nobody_hears_of_what_is_outside_of_the_scope() -> None:
    async def test(feed: Feed) -> None:
        reader = feed.join(lambda notice: notice.device_id == "mine")
        feed.publish("device", "theirs", {})
        feed.publish("device", "mine", {})
        assert await topics(reader) == [("device", "mine")]

    run(test)


def test_a_storm_becomes_one_reload() -> None:
    async def test(feed: Feed) -> None:
        reader = feed.join(everything)
        for number in range(1000):
            feed.publish("device", str(number), {})
        assert await topics(reader) == [("reload", "")]
        feed.publish("device", "after", {})
        assert await topics(reader) == [("device", "after")]

    run(test, backlog=4)


@pytest.mark.parametrize(("last_seen", "missed"), [("", False), ("boot.1", False), ("x.1", True)])
def test_a_page_that_comes_back_learns_whether_it_missed_something(
    last_seen: str, missed: bool
) -> None:
    async def test(feed: Feed) -> None:
        feed.publish("device", "a", {})
        reader = feed.join(everything, last_seen)
        assert await topics(reader) == ([("reload", "")] if missed else [])

    run(test)


def test_readers_are_bounded_and_leave() -> None:
    async def test(feed: Feed) -> None:
        first = feed.join(everything)
        feed.join(everything)
        with pytest.raises(Exhausted):
            feed.join(everything)
        feed.leave(first)
        feed.join(everything)
        assert len(feed) == 2

    run(test, readers=2)


def test_closing_ends_every_reader() -> None:
    async def test(feed: Feed) -> None:
        reader = feed.join(everything)
        taken = asyncio.create_task(reader.take(3600))
        await asyncio.sleep(0)
        feed.close()
        assert await taken is None

    run(test)


def test_a_notice_on_the_wire() -> None:
    feed = Feed("boot")
    event = feed.encode(Notice("device", "a", "a", {"name": "东门"}, 7))
    assert event.decode() == 'id: boot.7\nevent: device\ndata: {"name":"东门"}\n\n'
    assert feed.encode(Notice("reload", "", "", {})).startswith(b"id: boot.0\n")


def test_signing_out_ends_the_streams_of_that_sign_in() -> None:
    async def test(feed: Feed) -> None:
        mine, theirs = feed.join(everything, "", "me"), feed.join(everything, "", "them")
        feed.end("me")
        assert await mine.take(0) is None
        assert await theirs.take(0) == []

    run(test)


def test_a_taker_gets_every_notice_about_a_device() -> None:
    async def test(feed: Feed) -> None:
        taken: list[Notice] = []
        feed.subscribe(taken.append)
        feed.publish("device", "a", {"n": 1})
        feed.publish("device", "a", {"n": 2})
        feed.tell("request", frozenset({1}), {"n": 3}, key="x")
        assert [notice.body for notice in taken] == [{"n": 1}, {"n": 2}]

    run(test)
