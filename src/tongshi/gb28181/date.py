"""Times as the standard writes them: Beijing time without a zone.

Source: GB/T 28181-2022 9.10.3 (the Date header), A.2.1 (dateTime).
"""

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache

BEIJING = timezone(timedelta(hours=8))
"""UTC+8, without summer time."""

_FORM = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})\d*)?\s*", re.ASCII
)


def write_date(wall: float) -> str:
    """Return UNIX time *wall* as the Date header has it: ``2024-05-06T07:08:09.123``.

    This is not the date of RFC 3261, which devices of this field do not read.
    """
    second, micros = divmod(round(wall * 1e6), 1_000_000)
    return f"{_write_second(second)}.{micros // 1000:03}"


def write_time(wall: float) -> str:
    """Return UNIX time *wall* as XML has it: ``2024-05-06T07:08:09``."""
    return write_date(wall)[:19]


@lru_cache(maxsize=16)  # thousands of answers within the same second
def _write_second(second: int) -> str:
    return datetime.fromtimestamp(second, BEIJING).replace(tzinfo=None).isoformat("T")


def read_date(text: str | None) -> float | None:
    """Return the UNIX time that *text* says in Beijing, with or without fractions; or None."""
    match = _FORM.fullmatch(text or "")
    if match is None:
        return None
    *whole, fraction = match.groups()
    year, month, day, hour, minute, second = map(int, whole)
    try:
        moment = datetime(
            year, month, day, hour, minute, second, int((fraction or "").ljust(6, "0")), BEIJING
        )
    except ValueError:
        return None
    return moment.timestamp()
