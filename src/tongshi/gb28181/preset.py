"""Profiles by maker: which one fits what a peer shows of itself, and why.

Evidence counts in this order: DeviceInfo's Manufacturer, User-Agent, the Manufacturer of most of
its channels.  Without a maker the edition told by ``X-GB-Ver`` decides.  What a person set by hand
stands above all, field by field.

A maker's devices differ from each other; a preset holds what was seen of most, and is a beginning.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from tongshi.errors import Invalid
from tongshi.gb28181.description import StreamStyle
from tongshi.gb28181.profile import FIELDS, STANDARD, Kind, MediaTransport, Profile
from tongshi.gb28181.version import Version

Value = str | int | float | bool | tuple[str, ...] | Enum | None
PRESET = "preset"
"""Name under which a person's choice of a preset stands among the fields set by hand."""


@dataclass(frozen=True, slots=True)
class Preset:
    """What peers of one maker, or one edition, have in common.

    words: by which the maker is known, in small letters.  fields: what differs from the standard.
    old: fields that hold only before 2022, whose own form such a peer then takes.
    """

    name: str
    words: tuple[str, ...]
    fields: Mapping[str, Value]
    old: frozenset[str] = field(default=frozenset())


_STYLE = frozenset({"stream_style"})
PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset("tongshi", ("tongshi", "通视"), {}),
        Preset(
            "hikvision",
            ("hikvision", "海康", "embedded net dvr"),
            {"stream_style": StreamStyle.STREAM},
            _STYLE,
        ),
        Preset(
            "dahua",
            ("dahua", "大华"),
            {
                "stream_style": StreamStyle.STREAMPROFILE,
                "record_type_all": True,
                "config_to_device": True,
            },
            _STYLE,
        ),
        # Charsets and padding are told by rule; what is left is its patience.
        Preset("uniview", ("uniview", "unv", "宇视"), {}),
        Preset(
            "tp-link",
            ("tp-link", "tplink", "普联"),
            {"stream_style": StreamStyle.STREAMMODE},
            _STYLE,
        ),
        Preset(
            "mercury",
            ("mercury", "水星"),
            {"stream_style": StreamStyle.STREAMMODE},
            _STYLE,
        ),
        # After its TCP connection broke it only keeps alive.
        Preset("huaxia", ("huaxia", "华夏"), {"revive": True}),
        Preset(
            "generic-2011",
            (),
            {"payloads": ("PS",), "subscribe": False, "stream_style": StreamStyle.NONE},
        ),
        Preset("generic-2016", (), {}),
        Preset("generic-2022", (), {}),
    )
}
_GENERIC = {
    Version.V2011: "generic-2011",
    Version.V2011A: "generic-2011",
    Version.V2016: "generic-2016",
    Version.V2022: "generic-2022",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a peer shows of itself; empty where it shows nothing.

    maker: Manufacturer of DeviceInfo.  catalog_maker: of most of its channels.
    version: as it told by ``X-GB-Ver``.
    """

    user_agent: str = ""
    maker: str = ""
    catalog_maker: str = ""
    version: Version = Version.V2016


class Ground(Enum):
    """What the choice of a preset rests on."""

    HAND = "hand"
    DEVICE_INFO = "device-info"
    USER_AGENT = "user-agent"
    CATALOG = "catalog"
    EDITION = "edition"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The profile in use, and why.

    ground: what the preset was chosen by; told: the text that showed it.
    by_hand: names of the fields that a person set.
    """

    profile: Profile
    preset: str
    ground: Ground
    told: str
    by_hand: tuple[str, ...] = ()


SETTINGS = "settings"
"""What a person writes to have the settings hold against a preset."""


def choose(evidence: Evidence, hand: Mapping[str, str]) -> Chosen:
    """Return the profile for *evidence* under what a person set by *hand*.

    hand: text by field, and maybe :data:`PRESET`; what cannot be read any more is passed over.
    """
    preset, ground, told = _preset_of(evidence, hand.get(PRESET, ""))
    values: dict[str, Value] = {
        name: value
        for name, value in preset.fields.items()
        if evidence.version is not Version.V2022 or name not in preset.old
    }
    by_hand = []
    for name, text in hand.items():
        if name in FIELDS:
            try:
                values[name] = read_value(name, text)
            except Invalid:
                continue  # set under an earlier version of the table
            by_hand.append(name)
    profile = build(values)
    return Chosen(profile, preset.name, ground, told, tuple(by_hand))


def build(values: Mapping[str, Value]) -> Profile:
    """Return the standard profile with *values* of fields; the standard itself where they agree."""
    make: Callable[..., Profile] = Profile
    profile = make(**values)
    return STANDARD if profile == STANDARD else profile


def read_value(name: str, text: str) -> Value:
    """Return the value of the field *name* that *text* is; raises Invalid.

    An empty text, or :data:`SETTINGS`, is "as the settings, or the edition, say", where the field
    knows that: by hand it holds against a preset.
    """
    row = FIELDS.get(name)
    if row is None:
        raise Invalid(f"a profile has no field {name[:40]!r}")
    if text in ("", SETTINGS) and row.default is None:
        return None
    try:
        return _READERS[row.metadata["kind"]](name, text)
    except (KeyError, ValueError):
        raise Invalid(f"not a value of {name}: {text[:60]!r}") from None


def write_value(value: Value) -> str:
    """Return *value* as :func:`read_value` takes it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case StreamStyle.NONE:
            return "none"
        case Version():
            return str(value)
        case Enum():
            return str(value.value)
        case tuple():
            return ",".join(value)
        case _:
            return f"{value:g}" if isinstance(value, float) else str(value)


def _preset_of(evidence: Evidence, wanted: str) -> tuple[Preset, Ground, str]:
    if wanted in PRESETS:
        return PRESETS[wanted], Ground.HAND, wanted
    for text, ground in (
        (evidence.maker, Ground.DEVICE_INFO),
        (evidence.user_agent, Ground.USER_AGENT),
        (evidence.catalog_maker, Ground.CATALOG),
    ):
        preset = _preset_named_in(text)
        if preset is not None:
            return preset, ground, text
    return PRESETS[_GENERIC[evidence.version]], Ground.EDITION, str(evidence.version)


def _preset_named_in(text: str) -> Preset | None:
    lowered = text.lower()
    return next((PRESETS[name] for name, word in _WORDS if word.search(lowered)), None)


# A word inside another word names nobody: "unv" is not in "sunvision".
_WORDS = tuple(
    (preset.name, re.compile(rf"(?<![a-z0-9]){re.escape(word)}"))
    for preset in PRESETS.values()
    for word in preset.words
)


def _read_flag(name: str, text: str) -> Value:
    return {"true": True, "false": False}[text]


def _read_number(name: str, text: str) -> Value:
    row = FIELDS[name]
    number = int(text) if isinstance(row.default, int) else float(text)
    if not row.metadata["low"] <= number <= row.metadata["high"]:
        raise ValueError("out of bounds")
    return number


def _read_choice(name: str, text: str) -> Value:
    if text not in FIELDS[name].metadata["choices"]:
        raise ValueError("no choice")
    if name == "algorithm":
        return text
    if name == "version":
        return Version.parse(text)
    return _CHOICES[name]("" if text == "none" else text)


def _read_list(name: str, text: str) -> Value:
    words = tuple(text.split(","))
    known = FIELDS[name].metadata["choices"]
    if len(set(words)) != len(words) or not set(words) <= set(known):
        raise ValueError("unknown or twice")
    return words


_CHOICES: dict[str, type[Enum]] = {
    "stream_style": StreamStyle,
    "transport": MediaTransport,
    **{name: type(row.default) for name, row in FIELDS.items() if isinstance(row.default, Enum)},
}
_READERS: dict[Kind, Callable[[str, str], Value]] = {
    Kind.FLAG: _read_flag,
    Kind.NUMBER: _read_number,
    Kind.CHOICE: _read_choice,
    Kind.LIST: _read_list,
}
