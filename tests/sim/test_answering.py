"""Parts of answers, one after another, and what is answered at once."""

import pytest

from tongshi.gb28181 import manscdp
from tongshi.gb28181.manscdp import (
    AlarmAnswer,
    CatalogAnswer,
    CatalogQuery,
    DeviceInfoAnswer,
    DeviceInfoQuery,
    Keepalive,
    Outcome,
)
from tongshi.sim.desk import CHANNEL, DEVICE, PLATFORM, Desk
from tongshi.sim.event import Queried
from tongshi.sim.join import Join
from tongshi.sim.profile import Channel, Profile

CHANNELS = tuple(Channel(f"{CHANNEL[:-1]}{number}", f"通道{number}") for number in range(6))
PROFILE = Profile(DEVICE, "机", CHANNELS)
JOIN = Join(PLATFORM, items=2)


def desk(*quirks: str) -> Desk:
    return Desk(*quirks, profile=PROFILE, join=JOIN).enter()


@pytest.mark.clause("M")
def test_a_part_waits_for_the_answer_to_the_last() -> None:
    at = desk()
    at.statuses["MESSAGE"] = None
    at.ask(CatalogQuery(1, DEVICE))
    assert len(at.of(CatalogAnswer)) == 1
    at.statuses.clear()
    for count in (2, 3):
        last = at.requests[-1]
        at.statuses["MESSAGE"] = None
        at.reply(last, last.request.response(200))
        assert len(at.of(CatalogAnswer)) == count
    parts = at.of(CatalogAnswer)
    assert [len(part.items) for part in parts] == [2, 2, 2]


def test_a_part_without_answer_is_sent_once_more() -> None:
    at = desk()
    at.statuses["MESSAGE"] = None
    at.ask(CatalogQuery(1, DEVICE))
    at.run(20)
    first, second = at.of(CatalogAnswer)
    assert first == second


def test_a_part_that_is_refused_is_sent_once_more() -> None:
    at = desk()
    at.statuses["MESSAGE"] = 500
    at.ask(CatalogQuery(1, DEVICE))
    assert len(at.of(CatalogAnswer)) == 2


def test_what_asks_nothing_gets_its_200_only() -> None:
    at = desk()
    assert at.ask(Keepalive(1, DEVICE)) == []
    assert at.ask(AlarmAnswer(1, DEVICE, Outcome.OK)) == []
    assert at.events(Queried) == []


def test_a_strange_query_is_told() -> None:
    at = desk()
    body = (
        f"<Query><CmdType>Weather</CmdType><SN>1</SN><DeviceID>{DEVICE}</DeviceID></Query>"
    ).encode()
    assert at.ask(body) == []
    assert at.events(Queried) == [Queried("Weather")]


def test_the_response_may_come_before_the_200() -> None:
    at = desk("response-first")
    [answer] = at.ask(DeviceInfoQuery(3, DEVICE))
    assert isinstance(answer, DeviceInfoAnswer)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no xml", 400),
        (manscdp.write(CatalogQuery(1, "34020000001329999999")), 404),
        (b"<Control><CmdType>DeviceControl</CmdType><SN>1</SN></Control>", 404),
    ],
)
def test_messages_that_are_not_for_it(body: bytes, status: int) -> None:
    answer = desk().send("MESSAGE", body)
    assert answer is not None
    assert answer.status == status


def test_a_deaf_device_never_answers() -> None:
    at = desk("deaf")
    assert at.send("MESSAGE", manscdp.write(CatalogQuery(1, DEVICE))) is None
