from dataclasses import fields

from tongshi.audit.entry import Group
from tongshi.audit.retention import RULES
from tongshi.settings import AuditSettings


def test_no_setting_goes_below_the_rule() -> None:
    low = {item.name: item.metadata["low"] for item in fields(AuditSettings)}
    assert low["register_months"] == RULES[Group.REGISTER].months
    assert low["security_months"] == RULES[Group.SECURITY].months


def test_a_head_is_signed_each_minute_at_the_latest() -> None:
    assert AuditSettings().seal == 60
    assert (
        next(item for item in fields(AuditSettings) if item.name == "seal").metadata["high"] == 60
    )
