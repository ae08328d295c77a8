"""Footage: what holds of a recorder, and what is told of one that plays otherwise."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import pytest

from tongshi.cli.trial import footage
from tongshi.cli.trial.footage import Playback, gaps_of, yesterday
from tongshi.cli.trial.screen import Screen, Shown
from tongshi.cli.trial.site import Site
from tongshi.cli.trial.verdict import Broken
from tongshi.media.unit import CLOCK
from tongshi.sim.profile import Channel
from tongshi.sim.strip import MODULUS
from tongshi.sim.town import Spec

Make = Callable[[Any], str]
Plant = Callable[[str, Callable[[Any], Any]], None]
FPS = 10


@pytest.mark.network
def test_what_holds(holds: Make) -> None:
    assert "25 records, 3 gaps" in holds(footage.list_day)


@pytest.mark.network
@pytest.mark.parametrize(
    ("field", "why"), [("records", "records: "), ("footage", "footage: "), ("gaps", "gaps: ")]
)
def test_a_day_that_is_listed_otherwise(breaks: Make, lie: Plant, field: str, why: str) -> None:
    lie("/records", lambda told: {**told, field: told[field][1:]})
    assert breaks(footage.list_day).startswith(why)


@pytest.mark.network
def test_a_day_that_is_not_whole(breaks: Make, lie: Plant) -> None:
    lie("/records", lambda told: {**told, "complete": False})
    assert breaks(footage.list_day).startswith("the day is not complete")
    lie("/records.*alarm", lambda told: {**told, "records": []})
    assert breaks(footage.list_day).startswith("records by alarm")


class Player(Screen):
    """A recorder and its player in one, whose pictures come when they are waited for.

    late: s that it begins and lands late.  leaks: pictures in a pause.  skips: pictures lost at
    each pause.  deaf: speeds are agreed to and nothing changes.  refuses: speeds are not agreed
    to.  wrong: s by which the player is told other moments.  blind: no picture can be read.
    ends: how; empty: never.  short: s by which it ends too early.
    """

    late = wrong = short = 0.0
    leaks = skips = 0
    deaf = refuses = blind = False
    ends = "finished"

    def begin(self, since: float) -> None:
        self.pictures: list[Shown] = []
        self.pts, self.rate, self.paused = 0.0, 1.0, False
        self.last = since + 6 - self.short
        self.number = round((since + self.late) * FPS)
        self.tell(jump=False)

    def tell(self, *, jump: bool) -> None:
        at = self.number / FPS + self.wrong
        self.places.append({"pts": round(self.pts), "at": at, "rate": self.rate, "jump": jump})

    def bring(self, count: int) -> None:
        speed = 1.0 if self.deaf else self.rate
        for _ in range(count):
            counter = None if self.blind else self.number % MODULUS
            self.pictures.append(Shown(round(self.pts), counter))
            self.number += 1
            self.pts += CLOCK / FPS / speed
            self.messages += 1

    async def more(self, count: int, what: str, within: float = 0.0) -> None:
        self.bring(count)

    async def until(self, true: Callable[[Self], object], what: str, within: float = 0.0) -> None:
        if not true(self) and what == "the end":
            self.bring(round(self.last * FPS) - self.number)
            self.end = {"code": self.ends} if self.ends else None
        if not true(self):
            raise Broken(f"{what} never came")

    def shown(self) -> list[Shown]:
        return list(self.pictures)

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        match order["do"]:
            case "pause":
                self.paused = True
                asyncio.get_running_loop().call_later(1.5 * footage.HOLD, self.bring, self.leaks)
            case "play":
                self.paused = False
                self.number += self.skips
            case "seek":
                self.number = round((int(order["at"]) + self.late) * FPS)
                self.tell(jump=True)
            case "scale":
                self.rate = 1.0 if self.refuses else order["scale"]
                self.tell(jump=False)
        return {"paused": self.paused, "scale": self.rate}

    def leave(self) -> None:
        """Nothing is open."""


@pytest.fixture
def played(lie: Plant, monkeypatch: pytest.MonkeyPatch) -> Player:
    """A player that shows what the checks ask for, where there is nothing else."""
    player = Player()

    @asynccontextmanager
    async def playing(
        site: Site, spec: Spec, channel: Channel, since: float, until: float
    ) -> AsyncIterator[Playback]:
        player.begin(since)
        yield Playback(site, "view", channel.recorded, since, player)

    async def call(self: Site, method: str, path: str, body: object = None) -> object:
        return player.obey(body) if isinstance(body, dict) else []

    monkeypatch.setattr(footage, "playing", playing)
    monkeypatch.setattr(footage, "HOLD", 0.02)
    monkeypatch.setattr(Site, "call", call)
    return player


@pytest.mark.network
def test_a_player_that_does_what_it_must(holds: Make, played: Player) -> None:
    assert "seek -0.40 s off; speeds 0.50, 2.00, 4.00" in holds(footage.play)
    played.messages, played.end = 0, None
    played.places.clear()
    assert holds(footage.end) == "60 pictures, the last -0.10 s from the end, finished"


@pytest.mark.network
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"leaks": 2}, "2 pictures came in a pause"),
        ({"skips": 3}, "pictures are missing before or after the pause: steps of [4]"),
        ({"late": 1.5}, "the seek landed +1.10 s off, at groups of 1 s"),
        ({"deaf": True}, "at 0.5 the pictures went by at 1.00"),
        ({"refuses": True}, "asked for 0.5, agreed to 1"),
        ({"wrong": 2.0}, "a picture is 2.00 s from the moment that the player was told"),
        ({"blind": True}, "pictures cannot be read"),
    ],
)
def test_a_player_that_does_otherwise(
    breaks: Make, played: Player, fault: dict[str, Any], why: str
) -> None:
    for name, value in fault.items():
        setattr(played, name, value)
    assert why in breaks(footage.play)


@pytest.mark.network
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"ends": ""}, "no end was told"),
        ({"ends": "peer"}, "it ended as {'code': 'peer'}"),
        ({"short": 1.0}, "the last picture is -1.10 s from the end"),
        ({"blind": True}, "pictures cannot be read"),
    ],
)
def test_an_end_that_is_none(breaks: Make, played: Player, fault: dict[str, Any], why: str) -> None:
    for name, value in fault.items():
        setattr(played, name, value)
    assert why in breaks(footage.end)


def test_steps_that_are_not_one() -> None:
    assert gaps_of([Shown(0, 5), Shown(1, 6), Shown(2, 9)]) == [3]
    assert gaps_of([Shown(0, MODULUS - 1), Shown(1, 0)]) == []


def test_yesterday_begins_in_beijing() -> None:
    assert yesterday(1_700_000_000) == 1_699_891_200  # 2023-11-15 06:13 there
