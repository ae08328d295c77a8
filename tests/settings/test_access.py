from tongshi.settings import AccessSettings, WatchSettings


def test_the_mark_is_on_everything_until_told_otherwise() -> None:
    assert AccessSettings().watermark == "export"


def test_a_past_is_longer_than_what_it_takes_to_have_one() -> None:
    watch = WatchSettings()
    assert watch.settled_days < watch.past_days


def test_a_day_may_have_more_looks_than_an_hour() -> None:
    watch = WatchSettings()
    assert watch.looks_day > watch.looks_hour
