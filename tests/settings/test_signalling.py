from tongshi.settings import EventSettings, SignallingSettings


def test_a_registration_outlives_the_keepalives_that_may_be_missed() -> None:
    signalling = SignallingSettings()
    assert signalling.expires_min <= signalling.expires_max
    assert signalling.keepalive * signalling.keepalive_misses < signalling.expires_max


def test_one_device_is_locked_out_before_its_whole_address() -> None:
    signalling = SignallingSettings()
    assert signalling.lock_attempts < signalling.lock_host_attempts


def test_a_keepalive_proves_nothing_until_told_otherwise() -> None:
    signalling = SignallingSettings()
    assert not signalling.roam
    assert not signalling.revive


def test_nobody_resets_an_alarm_unasked() -> None:
    assert not EventSettings().reset
