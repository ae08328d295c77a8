"""Templates and what they can call: icons, moments, addresses of the same list."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tongshi.api.notices import moment
from tongshi.console.assets import Assets
from tongshi.gb28181.version import Version

TEMPLATES = Path(__file__).parent / "templates"


class Drawing:
    """Draws templates; unknown names in them are errors, all values are escaped."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "moment": moment,
            "clock": clock,
            "amount": amount,
            "duration": duration,
            "edition": edition,
            "figure": figure,
            "instant": instant,
        }
        self._environment.globals |= {"static": assets.prefix, "link": link}

    def draw(self, template: str, values: Mapping[str, object]) -> str:
        """Return *template* drawn with *values*."""
        return self._environment.get_template(template).render(values)


def clock(at: float) -> str:
    """Return UNIX time *at*, s, for a browser without scripts: in UTC, with its zone."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def amount(size: int) -> str:
    """Return *size*, bytes, in the unit in which it has at most four digits."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def edition_year(version: Version) -> str:
    """Return the year of the edition that *version* stands for."""
    return _EDITIONS.get(str(version), str(version)).removesuffix("+")


def instant(at: float) -> str:
    """Return UNIX time *at*, s, as ISO 8601 in UTC to a thousandth of a second."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def figure(value: float | None) -> str:
    """Return *value* with at most two decimals; a dash when there is none."""
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


_EDITIONS = {"1.0": "2011", "1.1": "2011+", "2.0": "2016", "3.0": "2022"}


def edition(version: str) -> str:
    """Return the edition of the standard that a peer's *version* stands for.

    Source: GB/T 28181-2022 annex I (X-GB-ver).
    """
    known = _EDITIONS.get(version)
    return f"GB/T 28181-{known} ({version})" if known else version or "–"


def duration(seconds: float) -> str:
    """Return *seconds* as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def link(place: str, query: object, **changes: object) -> str:
    """Return the address of *place* with *query*, a frozen dataclass, and *changes* to it.

    Values that are the defaults are left out, so that addresses stay short.
    """
    given: dict[str, str] = {}
    assert is_dataclass(query)
    for item in fields(query):
        value = changes.get(item.name, getattr(query, item.name))
        if value != item.default and value is not None:
            given[item.name] = spell(value)
    return f"{place}?{urlencode(given)}" if given else place


def spell(value: object) -> str:
    """Return *value* as a query writes it."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
