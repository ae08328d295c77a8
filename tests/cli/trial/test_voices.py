"""A voice: what is heard, and what is told when it is not."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from tongshi.cli.trial import voices
from tongshi.testing.voice import tone

Make = Callable[[Any], str]
Plant = Callable[[str, Callable[[Any], Any]], None]


@pytest.mark.network
def test_what_is_said_is_heard(holds: Make) -> None:
    assert "heard over udp" in holds(voices.talk)


@pytest.mark.network
def test_silence_is_told(breaks: Make, mislead: Plant) -> None:
    silence = base64.b64encode(b"\xd5" * 16_000).decode()
    mislead("heard", lambda told: {**told, "sound": silence})
    assert breaks(voices.talk) == "0.0% of what was said was heard over udp"


@pytest.mark.network
def test_a_talk_over_the_wrong_wire(breaks: Make, lie: Plant) -> None:
    lie("POST /talks", lambda told: {**told, "transport": "tcp-active"})
    assert breaks(voices.talk) == "it goes over tcp-active, not udp"


def test_the_part_that_was_heard() -> None:
    said = tone(1.0)
    assert voices.part_of(said, b"\xd5" * 80 + said) == 1
    assert voices.part_of(said, said[:4000]) == 0.5
    assert voices.part_of(said, b"") == 0
    assert voices.part_of(said, said[4000:] + said[:4000]) < 0.6  # in another order
    assert voices.part_of(said, tone(1.0, hertz=880)) < 0.1
