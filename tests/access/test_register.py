import pytest

from tongshi.access.register import (
    LONGEST_PURPOSE,
    PROCESS_ENDED,
    Action,
    Ending,
    Look,
    end_unknown,
)
from tongshi.errors import Invalid


def look(purpose: str) -> Look:
    return Look(1, "Li", "Unit", Action.LIVE, "d", "c", "Gate", purpose, 1.0, "websocket", "::1")


def test_no_look_without_a_purpose() -> None:
    assert look("patrol").purpose == "patrol"
    for purpose in ("", "  ", "x" * (LONGEST_PURPOSE + 1)):
        with pytest.raises(Invalid):
            look(purpose)


def test_of_a_look_that_a_process_took_with_it_is_told_what_is_known() -> None:
    assert end_unknown(100.0, 200.0, None) == Ending(200.0, PROCESS_ENDED, None, None)
    assert end_unknown(100.0, 50.0, None).at == 100.0
    known = Ending(150.0, "", 50.0, 1000)
    assert end_unknown(100.0, 140.0, known) == Ending(150.0, PROCESS_ENDED, 50.0, 1000)
    assert end_unknown(100.0, 200.0, known).at == 200.0
