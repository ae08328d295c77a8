"""From a file and variables of the environment to settings, every fault told at once."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar

from tongshi.errors import Invalid
from tongshi.settings.access import AccessSettings, WatchSettings
from tongshi.settings.approvals import ApprovalSettings
from tongshi.settings.audit import AuditSettings
from tongshi.settings.media import DownloadSettings, MediaSettings
from tongshi.settings.node import NodeSettings, StoreSettings, WebSettings
from tongshi.settings.parts import PARTS, Settings
from tongshi.settings.programs import HookSettings, TokenSettings
from tongshi.settings.signalling import EventSettings, SignallingSettings

Value = str | int | float | bool
_P = TypeVar("_P")
_PREFIX = "TONGSHI_"
_OTHERS = "TONGSHI_SIMULATE_"
"""Variables of simulated devices: they may stand in the shell from which a node is started."""


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Return the settings of the TOML file at *path* with those of *environ* over them.

    Raises Invalid naming every fault found: unknown names, wrong types, values out of bounds.
    """
    faults: list[str] = []
    table: dict[str, object] = _read(path, faults) if path is not None else {}
    for name, text in environ.items():
        if name.startswith(_PREFIX) and not name.startswith(_OTHERS):
            _overlay(table, name, text, faults)
    settings = Settings(
        node=_build(NodeSettings, table.pop("node", {}), "node", faults),
        signalling=_build(SignallingSettings, table.pop("signalling", {}), "signalling", faults),
        media=_build(MediaSettings, table.pop("media", {}), "media", faults),
        events=_build(EventSettings, table.pop("events", {}), "events", faults),
        store=_build(StoreSettings, table.pop("store", {}), "store", faults),
        web=_build(WebSettings, table.pop("web", {}), "web", faults),
        downloads=_build(DownloadSettings, table.pop("downloads", {}), "downloads", faults),
        access=_build(AccessSettings, table.pop("access", {}), "access", faults),
        approvals=_build(ApprovalSettings, table.pop("approvals", {}), "approvals", faults),
        watch=_build(WatchSettings, table.pop("watch", {}), "watch", faults),
        audit=_build(AuditSettings, table.pop("audit", {}), "audit", faults),
        tokens=_build(TokenSettings, table.pop("tokens", {}), "tokens", faults),
        hooks=_build(HookSettings, table.pop("hooks", {}), "hooks", faults),
    )
    faults += [f"unknown part [{name}]" for name in table]
    faults += _breaches(settings)
    if faults:
        raise Invalid("settings are not usable", faults=tuple(faults))
    return settings


def split_address(text: str) -> tuple[str, int]:
    """Return host and port of ``host:port`` or ``[v6]:port``; raises Invalid."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise Invalid(f"not an address of the form host:port: {text!r}")
    return host.strip("[]"), int(port)


def _breaches(settings: Settings) -> list[str]:
    """Return what bounds of single settings cannot say."""
    signalling, media = settings.signalling, settings.media
    found = []
    for name, address in (
        ("signalling.listen", signalling.listen),
        ("media.viewer_listen", media.viewer_listen),
        ("web.listen", settings.web.listen),
    ):
        try:
            split_address(address)
        except Invalid as error:
            found.append(f"{name} is {error}")
    if len(signalling.id) != 20 or not (signalling.id.isascii() and signalling.id.isdigit()):
        found.append(f"signalling.id is not 20 digits: {signalling.id!r}")
    if signalling.expires_min > signalling.expires_max:
        found.append("signalling.expires_min is above signalling.expires_max")
    if media.ports_from > media.ports_to:
        found.append("media.ports_from is above media.ports_to")
    return found + [
        f"hooks.networks names no network: {text!r}"
        for text in settings.hooks.networks.split()
        if not _is_network(text)
    ]


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


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
