import pytest

from tongshi.errors import Invalid
from tongshi.settings import AccessSettings, WatchSettings, load
from tongshi.settings.access import NOBODY


def test_no_file_and_no_variable_lets_administrators_go_without_codes() -> None:
    assert AccessSettings().totp == "administrators"
    with pytest.raises(Invalid, match=r"access\.totp"):
        load(None, {"TONGSHI_ACCESS_TOTP": NOBODY})


def test_the_mark_is_on_pictures_in_pages_until_told_otherwise() -> None:
    assert AccessSettings().watermark == "player"


def test_a_past_is_longer_than_what_it_takes_to_have_one() -> None:
    watch = WatchSettings()
    assert watch.settled_days < watch.past_days


def test_a_day_may_have_more_looks_than_an_hour() -> None:
    watch = WatchSettings()
    assert watch.looks_day > watch.looks_hour
