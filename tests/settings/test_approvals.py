from tongshi.settings import ApprovalSettings, load


def test_an_emergency_is_short_and_reviewed_within_a_day() -> None:
    plain = ApprovalSettings()
    assert plain.glass_minutes <= 60
    assert plain.review <= 24


def test_it_is_set_like_every_part() -> None:
    settings = load(None, {"TONGSHI_APPROVALS_GLASS_MINUTES": "5"})
    assert settings.approvals.glass_minutes == 5
