"""What an operator sets before start: TOML, then ``TONGSHI_<PART>_<FIELD>`` variables.

Each part is a frozen dataclass; each field carries one line of help, its unit and its bounds,
from which ``docs/settings.md`` is written.  Every fault is reported at once.  What changes at
run time is no setting but a row in the store.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import TypeVar

from tongshi.errors import Invalid

Value = str | int | float | bool
_V = TypeVar("_V", str, int, float, bool)


def _setting(
    default: _V,
    help: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> _V:
    """Return a field with *default*, one line of help, a unit and bounds (both included)."""
    facts = {"help": help, "unit": unit, "low": low, "high": high, "choices": choices}
    return field(default=default, metadata=facts)


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """[node]"""

    name: str = _setting("Tongshi", "Name of this platform, shown to people and in DeviceInfo.")
    data: str = _setting("data", "Directory of the store and of everything kept on disk.")
    language: str = _setting("zh", "Language where a browser names none.", choices=("zh", "en"))


@dataclass(frozen=True, slots=True)
class SignallingSettings:
    """[signalling]"""

    id: str = _setting("34020000002000000001", "20-digit code of this platform, type 200.")
    realm: str = _setting("", "SIP domain; empty: the first ten digits of the id.")
    listen: str = _setting("0.0.0.0:5060", "Address for SIP, UDP and TCP; port 0 takes a free one.")
    advertise: str = _setting("", "Address told to peers; empty: the one that faces each peer.")
    password: str = _setting(
        "", "Password of devices that have none of their own; empty: made at first start and kept."
    )
    algorithm: str = _setting(
        "MD5",
        "Digest asked for; devices of 2011 and 2016 know MD5 only.",
        choices=("MD5", "SHA-256"),
    )
    qop: bool = _setting(True, "Ask for qop=auth in challenges.")
    send_date: bool = _setting(True, "Tell devices the time in the answer to REGISTER.")
    expires_min: int = _setting(60, "Shortest registration granted.", unit="s", low=1, high=86400)
    expires_max: int = _setting(
        86400, "Longest registration granted.", unit="s", low=60, high=864000
    )
    keepalive: float = _setting(60.0, "Interval of keepalives.", unit="s", low=0.1, high=3600)
    keepalive_misses: int = _setting(3, "Missed keepalives until offline.", low=1, high=100)
    message_timeout: float = _setting(
        5.0, "Wait for the answer to a MESSAGE.", unit="s", low=0.5, high=64
    )
    invite_timeout: float = _setting(
        12.0, "Wait for the answer to an INVITE.", unit="s", low=1, high=64
    )
    answer_timeout: float = _setting(
        120.0, "Wait for the first part of a query's answer.", unit="s", low=1, high=600
    )
    part_gap: float = _setting(
        5.0, "Quiet time after which parts stop coming.", unit="s", low=0.5, high=60
    )
    queries: int = _setting(64, "Queries to devices under way at once.", low=1, high=10000)
    devices: int = _setting(200_000, "Registered devices at the most.", low=1, high=10_000_000)
    connections: int = _setting(20_000, "TCP connections at the most.", low=1, high=1_000_000)
    connection_idle: float = _setting(
        30.0, "Time in which a new TCP peer must send a whole message.", unit="s", low=1, high=3600
    )


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """[media]"""

    workers: int = _setting(
        1, "Gateway processes; 0 runs the gateway inside the node.", low=0, high=64
    )
    listen: str = _setting("0.0.0.0", "Address on which media is received.")
    advertise: str = _setting("", "Media address told to devices; empty: as for signalling.")
    ports_from: int = _setting(30000, "First port for media.", low=0, high=65535)
    ports_to: int = _setting(30999, "Last port for media.", low=0, high=65535)
    viewer_listen: str = _setting(
        "0.0.0.0:8081", "Address for viewers' WebSockets; each further worker takes the next port."
    )
    viewer_url: str = _setting(
        "", "ws:// or wss:// address of viewers behind a proxy; empty: direct."
    )
    transport: str = _setting(
        "udp", "How video is asked for.", choices=("udp", "tcp-passive", "tcp-active")
    )
    connect_timeout: float = _setting(
        5.0, "Wait for a TCP media connection.", unit="s", low=0.5, high=60
    )
    first_media: float = _setting(
        10.0, "Wait for the first packet of a stream.", unit="s", low=1, high=60
    )
    silence: float = _setting(
        15.0, "Silence after which a stream is lost.", unit="s", low=1, high=300
    )
    grace: float = _setting(
        10.0, "Time a stream is kept after its last viewer.", unit="s", low=0, high=600
    )
    sessions: int = _setting(2000, "Streams open at once at the most.", low=1, high=100_000)
    viewers: int = _setting(5000, "Viewers at once at the most.", low=1, high=100_000)
    viewer_backlog: int = _setting(
        2_000_000,
        "Unsent bytes after which a slow viewer skips to a key frame.",
        unit="byte",
        low=65536,
    )
    loss: str = _setting(
        "freeze",
        "After loss: freeze until the next key frame, or show damaged frames.",
        choices=("freeze", "show"),
    )
    transcodes: int = _setting(4, "H.265 to H.264 transcodes at once.", low=0, high=256)


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """[store]"""

    url: str = _setting("", "Database address; empty: SQLite in the data directory.")
    flush: float = _setting(
        1.0, "Longest time presence waits to be written.", unit="s", low=0.05, high=60
    )
    queue: int = _setting(200_000, "Writes that may wait before old ones are merged.", low=100)


@dataclass(frozen=True, slots=True)
class WebSettings:
    """[web]"""

    listen: str = _setting("127.0.0.1:8080", "Address of console and API.")
    secure: bool = _setting(False, "Served over TLS: mark cookies Secure.")
    session_hours: float = _setting(
        12.0, "A sign-in ends after this time.", unit="h", low=0.1, high=720
    )
    idle_minutes: float = _setting(
        60.0, "A sign-in ends when unused for.", unit="min", low=1, high=1440
    )
    attempts: int = _setting(5, "Failed sign-ins until an account is locked.", low=1, high=100)
    lock_minutes: float = _setting(
        15.0, "How long an account is locked.", unit="min", low=0.1, high=1440
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All parts together."""

    node: NodeSettings = field(default_factory=NodeSettings)
    signalling: SignallingSettings = field(default_factory=SignallingSettings)
    media: MediaSettings = field(default_factory=MediaSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    web: WebSettings = field(default_factory=WebSettings)


Part = NodeSettings | SignallingSettings | MediaSettings | StoreSettings | WebSettings
_P = TypeVar("_P")

PARTS: dict[str, type[Part]] = {
    "node": NodeSettings,
    "signalling": SignallingSettings,
    "media": MediaSettings,
    "store": StoreSettings,
    "web": WebSettings,
}
_PREFIX = "TONGSHI_"


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Return the settings of the TOML file at *path* with those of *environ* over them.

    Raises Invalid naming every fault found: unknown names, wrong types, values out of bounds.
    """
    faults: list[str] = []
    table: dict[str, object] = _read(path, faults) if path is not None else {}
    for name, text in environ.items():
        if name.startswith(_PREFIX):
            _overlay(table, name, text, faults)
    settings = Settings(
        node=_build(NodeSettings, table.pop("node", {}), "node", faults),
        signalling=_build(SignallingSettings, table.pop("signalling", {}), "signalling", faults),
        media=_build(MediaSettings, table.pop("media", {}), "media", faults),
        store=_build(StoreSettings, table.pop("store", {}), "store", faults),
        web=_build(WebSettings, table.pop("web", {}), "web", faults),
    )
    faults += [f"unknown part [{name}]" for name in table]
    if faults:
        raise Invalid("settings are not usable", faults=tuple(faults))
    return settings


def split_address(text: str) -> tuple[str, int]:
    """Return host and port of ``host:port`` or ``[v6]:port``; raises Invalid."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise Invalid(f"not an address of the form host:port: {text!r}")
    return host.strip("[]"), int(port)


def _read(path: Path, faults: list[str]) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        faults.append(f"{path}: {error.strerror}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{path}: {error}")
    return {}


def _overlay(table: dict[str, object], name: str, text: str, faults: list[str]) -> None:
    part, _, key = name.removeprefix(_PREFIX).lower().partition("_")
    if part not in PARTS or key not in {item.name for item in fields(PARTS[part])}:
        faults.append(f"unknown variable {name}")
        return
    held = table.setdefault(part, {})
    if isinstance(held, dict):
        held[key] = text


def _build(kind: Callable[..., _P], given: object, part: str, faults: list[str]) -> _P:
    if not isinstance(given, dict):
        faults.append(f"[{part}] is not a table")
        return kind()
    known = {item.name: item for item in fields(PARTS[part])}
    faults += [f"unknown setting {part}.{name}" for name in given if name not in known]
    values: dict[str, Value] = {}
    for name, item in known.items():
        if name in given:
            value = _convert(f"{part}.{name}", given[name], item, faults)
            if value is not None:
                values[name] = value
    return kind(**values)


def _convert(name: str, value: object, item: Field[object], faults: list[str]) -> Value | None:
    kind = type(item.default) if item.default is not MISSING else str
    converted = _typed(value, kind)
    if converted is None:
        faults.append(f"{name} is not {_WORDS[kind]}: {value!r}")
        return None
    low, high, choices = (item.metadata[key] for key in ("low", "high", "choices"))
    if choices and converted not in choices:
        faults.append(f"{name} is not one of {', '.join(choices)}: {value!r}")
    elif low is not None and float(converted) < low:
        faults.append(f"{name} is below {low}: {value!r}")
    elif high is not None and float(converted) > high:
        faults.append(f"{name} is above {high}: {value!r}")
    else:
        return converted
    return None


_WORDS: dict[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def _typed(value: object, kind: type) -> Value | None:
    """Return *value* as *kind*; None when it cannot be."""
    if kind is bool:
        return (
            value
            if isinstance(value, bool)
            else {"true": True, "false": False}.get(str(value).lower())
        )
    if kind is str:
        return value if isinstance(value, str) else None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if number != number or (kind is int and not number.is_integer()):
        return None
    return int(number) if kind is int else number
