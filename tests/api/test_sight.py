import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

import tongshi
from tongshi.access.grant import Grant, Right, Selector, Subject, SubjectKind
from tongshi.access.permission import Role
from tongshi.api.feed import Feed, Notice
from tongshi.api.parts import Parts
from tongshi.api.sight import TOPICS, Sight, key_of
from tongshi.audit.entry import Actor
from tongshi.clock import ManualClock

RECORDER, CAMERA = "34020000001180000001", "34020000001320000001"
CHANNEL, HIDDEN = "34020000001310000001", "34020000001310000002"
BY = Actor(1, "Admin")


@pytest.fixture
def sight(parts: Parts, enter: Callable[..., httpx.Client]) -> Sight:
    enter(Role.OPERATOR, name="guest", granted=False)
    person = parts.people.named("guest")
    subject = Subject(SubjectKind.PERSON, str(person.id))
    cameras = Selector(cameras=frozenset({(RECORDER, CHANNEL)}))
    parts.rights.add(Grant(0, subject, frozenset({Right.ALARMS}), cameras), BY)
    return Sight(parts.rights, person)


def notice(topic: str, device: str, channel: str = "") -> Notice:
    return Notice(topic, device, "k", {"channel": channel} if channel else {})


def test_a_page_is_told_of_its_cameras_by_their_rights(sight: Sight) -> None:
    mine = [
        notice("device", RECORDER),
        notice("alarm", RECORDER, CHANNEL),
        notice("ptz", RECORDER, CHANNEL),
    ]
    others = [
        notice("device", CAMERA),
        notice("alarm", RECORDER, HIDDEN),
        notice("picture", RECORDER, CHANNEL),
        notice("look", RECORDER),
        notice("upgrade", RECORDER),
        notice("unheard-of", RECORDER),
    ]
    everyones = [Notice("reload", "", "", {}), Notice("waiting", "", "", {}, 0, frozenset({1}))]
    told = asyncio.run(sight.sift([*mine, *others, *everyones]))
    assert told == [*mine, *everyones]
    assert [sight.sees(one) for one in mine] == [True, True, True]
    assert not any(sight.sees(one) for one in others)


def test_what_is_known_is_known_until_grants_or_the_minute_change(
    sight: Sight, parts: Parts, clock: ManualClock
) -> None:
    one = notice("device", RECORDER)
    changes: list[Callable[[], None]] = [parts.rights.changed, lambda: clock.wind(60)]
    for change in changes:
        assert sight.sees(one) is None
        assert asyncio.run(sight.sift([one])) == [one]
        assert sight.sees(one) is True
        change()


def test_a_notice_of_what_is_not_seen_is_not_queued(sight: Sight) -> None:
    async def listen() -> None:
        feed = Feed("boot")
        reader = feed.join(sight.sees)
        feed.publish("device", CAMERA, {})
        assert await sight.sift(await reader.take(1.0) or []) == []
        feed.publish("device", CAMERA, {})
        assert await reader.take(0.0) == []

    asyncio.run(listen())


def test_every_topic_that_is_published_says_what_it_needs() -> None:
    published = set[str]()
    for source in Path(tongshi.__file__).parent.rglob("*.py"):
        if "media" not in source.parts and "gateway" not in source.parts:
            published |= set(re.findall(r'publish\(\s*"([a-z]+)"', source.read_text("utf-8")))
    assert published
    assert published <= TOPICS.keys()


def test_what_a_notice_is_about() -> None:
    assert key_of(notice("ptz", "d", "c")) == ("d", "c")
    assert key_of(Notice("ptz", "d", "", {"channel": 3})) == ("d", "")
