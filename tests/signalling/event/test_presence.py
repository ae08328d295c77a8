"""Who is here: comparable values, words that are stable for the store and for people."""

import dataclasses

from tongshi.signalling.event.presence import DevicePresence, Presence, Why

TOLD = DevicePresence("a", Presence.ONLINE, Why.REGISTERED, 1.0, None)


def test_words_are_stable_and_all_different() -> None:
    assert [state.value for state in Presence] == ["online", "offline", "unknown"]
    assert len({why.value for why in Why}) == len(Why) == 7


def test_what_is_told_is_a_value() -> None:
    assert DevicePresence("a", Presence.ONLINE, Why.REGISTERED, 1.0, None) == TOLD
    assert dataclasses.replace(TOLD, last_proof=1.0) != TOLD
