"""How far broken glass reaches, and when its review is due."""

from dataclasses import dataclass

from tongshi.settings.setting import setting


@dataclass(frozen=True, slots=True)
class ApprovalSettings:
    """[approvals]"""

    glass_minutes: float = setting(
        30.0,
        "How long an emergency (break-glass) lets somebody look, at the most.",
        zh="紧急调用（破窗）每次最长可查看多久。",
        unit="min",
        low=1,
        high=240,
    )
    glass_cameras: int = setting(
        8,
        "How many cameras one emergency is good for, at the most.",
        zh="一次紧急调用最多涉及的摄像机数。",
        low=1,
        high=64,
    )
    glass_footage: float = setting(
        24.0,
        "How old footage may be that is looked at in an emergency.",
        zh="紧急调用时可回看的录像最早距今多久。",
        unit="h",
        low=0.1,
        high=720,
    )
    review: float = setting(
        24.0,
        "Within this the audit reviews an emergency; who is overdue has no other.",
        zh="紧急调用须在此时限内完成事后复核；逾期未复核者不得再次紧急调用。",
        unit="h",
        low=0.1,
        high=720,
    )
