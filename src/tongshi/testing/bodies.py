"""What every route of the interface takes, as one table: its codes, its body, its queries.

Walks over all routes read it, and fail for a route that stands in the interface and not here.
"""

from collections.abc import Iterator, Mapping

import httpx

from tongshi.api.routes import ROUTES, Route
from tongshi.testing.walk import Seen, fill, names_in, put, seen

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
SINCE = 1_700_000_000
WHY = {"purpose": "patrol"}
PLACE = {"device": "$device_id", "channel": "$channel_id", **WHY}
PAST = {**PLACE, "since": SINCE, "until": SINCE + 60}
CAMERAS = [{"device": "$device_id", "channel": "$channel_id"}]
HOOK = {
    "owner": "$service_id",
    "name": "bridge",
    "url": "https://hooks.example/in",
    "topics": ["alarm"],
}
REQUEST = {"kind": "live", **WHY, "reason": "a lost child", "cameras": CAMERAS, "hours": 1}
GLASS = {**WHY, "case": "A-1", "reason": "a fire", "cameras": CAMERAS, "minutes": 5}

BODIES: Mapping[str, Mapping[str, object]] = {
    "POST /session": {"name": "nobody", "password": "a wrong password"},
    "POST /session/password": {"present": "wrong", "new": "a long sentence"},
    "POST /devices/{device_id:path}/channels/{channel_id:path}/control": {
        "do": "move",
        "pan": 1,
        **WHY,
    },
    "POST /devices/{device_id:path}/channels/{channel_id:path}/upkeep": {"do": "reboot", **WHY},
    "PUT /devices/{device_id:path}/channels/{channel_id:path}/config/{block}": {
        "values": {"name": "x"},
        **WHY,
    },
    "POST /devices/{device_id:path}/upgrade": {
        "firmware": 1,
        "manufacturer": "x",
        "version": "1",
        **WHY,
    },
    "PUT /devices/{device_id:path}/subscriptions/{subject}": {"interval": 60},
    "PUT /devices/{device_id:path}/profile": {"preset": None, "fields": {}},
    "PUT /devices/{device_id:path}/password": {"password": "a password of its own"},
    "POST /devices/{device_id:path}/traces": {"seconds": 60},
    "POST /admission": {"effect": "deny", "pattern": "3402*"},
    "POST /admission/locks/clear": {"host": "192.0.2.20"},
    "POST /traces": {"address": "192.0.2.99"},
    "POST /alarms/{alarm_id}/acknowledge": {"note": "seen"},
    "POST /alarms/{alarm_id}/assign": {"to": "somebody"},
    "POST /alarms/{alarm_id}/close": {"note": "a cat"},
    "POST /talks": PLACE,
    "POST /live": PLACE,
    "POST /playback": PAST,
    "POST /playback/{view_id}/control": {"do": "pause"},
    "POST /downloads": PAST,
    "POST /snapshots": PLACE,
    "POST /grants": {
        "kind": "person",
        "subject": "1",
        "rights": ["see"],
        "cameras": {"cameras": CAMERAS},
    },
    "PUT /marks": {"cameras": CAMERAS, "tags": ["gate"]},
    "POST /witness": {
        "key": "0" * 64,
        "heads": [
            {
                "purpose": "head",
                "node": "0" * 32,
                "number": 1,
                "seq": 0,
                "digest": "0" * 64,
                "wall": 0.0,
                "kept": 0,
                "run": 0.0,
                "lasted": 0.0,
                "signature": "0" * 128,
            }
        ],
    },
    "POST /live/{view_id}/tampering": {"what": "removed"},
    "POST /session/code": {"code": "000000"},
    "POST /session/proof": {"secret": "a wrong password"},
    "POST /session/totp/confirm": {"code": "000000"},
    "POST /people": {"name": "newcomer", "shown": "Newcomer", "role": "operator"},
    "PUT /people/{person_id}": {"shown": "Insider", "unit": "Unit 1", "role": "operator"},
    "PUT /people/{person_id}/oidc": {"email": "insider@example.org"},
    "POST /tokens": {
        "account": "$service_id",
        "name": "bridge",
        "scopes": ["see-devices"],
        "ends": "2023-12-01T00:00:00Z",
    },
    "POST /hooks": HOOK,
    "PUT /hooks/{hook_id}": HOOK,
    "POST /purposes": {"code": "drill", "zh": "演练", "en": "Drill"},
    "PUT /purposes/{code}": {"zh": "巡逻", "en": "Patrol"},
    "POST /requests": REQUEST,
    "POST /requests/delegates": {
        "delegate": "insider",
        "since": "2023-11-15T00:00:00Z",
        "until": "2023-11-16T00:00:00Z",
    },
    "POST /requests/{request_id}/decide": {"verdict": "refuse", "reason": "no"},
    "POST /break-glass": GLASS,
    "POST /reviews/{glass_id}/close": {"verdict": "justified", "words": "read"},
    "POST /findings/{finding_id}/close": {"state": "explained", "reason": "a drill"},
}
"""The body of every route that takes one as JSON; ``$name`` is a code."""

QUERIES: Mapping[str, Mapping[str, str]] = {
    "GET /devices/{device_id:path}/channels/{channel_id:path}/records": {
        "since": "2023-11-14T00:00:00Z",
        "until": "2023-11-14T12:00:00Z",
    },
    "POST /firmware": {"name": "x"},
    "GET /pictures/{picture_id}/file": WHY,
    "GET /audit/heads/file": {"node": "0" * 32},
    "GET /grants/test": {"person": "$person_id", "device": "$device_id"},
    "GET /grants/seen": {"person": "$person_id"},
    "GET /marks": {"device": "$device_id"},
}
"""The queries of every route that cannot do without one."""

RAW = {"POST /firmware", *(f"{way} /uploads/{{key}}" for way in ("PUT", "POST"))}
RAW |= {f"{way} /uploads/{{key}}/{{name:path}}" for way in ("PUT", "POST")}
"""Routes that take a body as it is."""

OF_CAMERAS = {"device_id", "channel_id", "alarm_id", "picture_id"}
"""Codes of things that belong to cameras: hidden with them."""
OF_PERSONS = {"view_id", "talk_id", "download_id", "request_id", "delegation_id"}
"""Codes of things that belong to one person: hidden from all others."""
OF_THE_NODE = {"firmware_id", "trace_id", "number", "person_id", "service_id", "token_id"}
OF_THE_NODE |= {"hook_id", "delivery_id", "glass_id", "finding_id", "code", "grant_id"}
"""Codes of things that whoever has the permission may know of."""
FIXED = {"block": "BasicParam", "subject": "alarm", "name": "x.jpg", "key": "x" * 43}
"""What stands in a path and is no code of a thing."""


def key_of(route: Route) -> str:
    """Return the key of a row in the tables above."""
    return f"{route.method} {route.path}"


def codes_in(route: Route) -> set[str]:
    """Return the names of all codes with which *route* names things."""
    named = {value[1:] for value in _texts(BODIES.get(key_of(route))) if value.startswith("$")}
    return (named | set(names_in(route.path))) - set(FIXED)


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for kept in value.values():
                yield from _texts(kept)
        case list():
            for kept in value:
                yield from _texts(kept)
        case _:
            pass


CLOSED = [route for route in ROUTES if route.permission is not None]
HIDING = [route for route in CLOSED if codes_in(route) & (OF_CAMERAS | OF_PERSONS)]


def ask(client: httpx.Client, route: Route, codes: Mapping[str, str]) -> Seen:
    """Return what *client* is told by *route* about the things of *codes*."""
    key, all_codes = key_of(route), {**FIXED, **codes}
    body = put(BODIES[key], all_codes) if key in BODIES else None
    query = {name: str(put(value, all_codes)) for name, value in QUERIES.get(key, {}).items()}
    answer = client.request(
        route.method,
        "/api" + fill(route.path, all_codes),
        params=query,
        json=body,
        content=b"x" if key in RAW else None,
    )
    return seen(answer, codes)
