import json
from dataclasses import replace

import pytest

from tongshi.api.events import __doc__ as told
from tongshi.errors import Invalid
from tongshi.hooks.hook import (
    TOPICS,
    Delivery,
    HookWish,
    Outcome,
    channel_of,
    check,
    compose,
    encode,
)

WISH = HookWish(1, " 值班 ", "https://hooks.example/", frozenset({"alarm", "device"}))
DELIVERY = Delivery(7, 3, "device", "d1", "c1", '{"state":"离线"}', 1700000000.25)


def test_a_wish_is_checked_with_every_fault() -> None:
    assert check(WISH).name == "值班"
    with pytest.raises(Invalid) as caught:
        check(HookWish(1, "", "", frozenset({"look", "x"})))
    assert len(caught.value.faults) == 3
    with pytest.raises(Invalid):
        check(replace(WISH, topics=frozenset()))
    with pytest.raises(Invalid):
        check(replace(WISH, name="a\nb"))


def test_each_topic_is_one_of_the_feed() -> None:
    feed = (told or "") + " ``notice``"
    assert all(f"``{topic}``" in feed for topic in TOPICS)


def test_the_same_bytes_are_sent_at_every_attempt() -> None:
    body = compose(DELIVERY)
    assert body == compose(replace(DELIVERY, tries=5, outcome=Outcome(500, "status")))
    assert json.loads(body) == {
        "id": 7,
        "hook": 3,
        "topic": "device",
        "at": "2023-11-14T22:13:20.250+00:00",
        "data": {"state": "离线"},
    }
    assert json.loads(compose(replace(DELIVERY, again_of=5)))["again_of"] == 5


def test_the_channel_of_a_notice() -> None:
    assert channel_of({"channel": "c1"}) == "c1"
    assert channel_of({"device": "d"}) == ""
    assert channel_of({"channel": None}) == ""


def test_what_was_taken_has_no_cause() -> None:
    assert Outcome(204).taken
    assert not Outcome(500, "status").taken
    assert encode({"名": 1}) == '{"名":1}'
