"""How long entries are kept at the least: a table of rules, and the moment behind which each ends.

Laws say months and mean calendar months: six months are not 180 days.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from tongshi.audit.entry import Group


@dataclass(frozen=True, slots=True)
class Rule:
    """At the least so many calendar months, and who says so."""

    months: int
    zh: str
    en: str


RULES: Mapping[Group, Rule] = MappingProxyType(
    {
        Group.REGISTER: Rule(
            36,
            "《公共安全视频图像信息系统管理条例》第十六条未定期限；参照处理记录至少保存三年",
            "Order 799 art. 16 names no span; as records of processing, three years at the least",
        ),
        Group.SECURITY: Rule(
            6,
            "《网络安全法》：网络日志留存不少于六个月",
            "Cybersecurity Law: logs are kept for six months at the least",
        ),
    }
)


def cutoffs(wall: float, months: Mapping[Group, int]) -> dict[Group, float]:
    """Return the moment before which entries of each group may go, UNIX time, s.

    wall: now.  months: as set; a rule that asks for more wins.
    """
    return {
        group: months_before(wall, max(rule.months, months.get(group, 0)))
        for group, rule in RULES.items()
    }


def months_before(wall: float, months: int) -> float:
    """Return the same day and time *months* calendar months before *wall*, UNIX time, s, UTC.

    A day that the earlier month does not have becomes its last.  Before the year 1: minus infinity.
    """
    now = datetime.fromtimestamp(wall, UTC)
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    if year < 1:
        return float("-inf")
    day = min(now.day, monthrange(year, month + 1)[1])
    return now.replace(year=year, month=month + 1, day=day).timestamp()
