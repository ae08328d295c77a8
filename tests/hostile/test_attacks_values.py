"""What people and programs write into addresses, filters and bodies stays the text that it is."""

import io
import logging
import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from starlette.types import ASGIApp

from tongshi.access.permission import GRANTED, Role
from tongshi.api.application import application
from tongshi.api.parts import Parts
from tongshi.api.routes import ROUTES, Route
from tongshi.cli.lines import Lines
from tongshi.console.routes import ROWS, Row
from tongshi.gb28181.catalog import Item
from tongshi.registry.entry import CatalogStanding, CatalogState

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
Enter = Callable[[Role], httpx.Client]
ROLES = [role for role in Role if role is not Role.SERVICE]
STREAMS = {"/events"}


def rows() -> Iterator[tuple[str, Route | Row]]:
    """Yield every row of interface and console, with the path before its own."""
    for route in ROUTES:
        yield "/api", route
    for row in ROWS:
        yield "", row


# Paths ---------------------------------------------------------------------------------------

CLIMBS = (
    "../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "..%252f..%252f..%252fetc%252fpasswd",
    "%2fetc%2fpasswd",
    "....//....//....//etc/passwd",
    "..\\..\\..\\etc\\passwd",
    "..%5c..%5cetc%5cpasswd",
    "file:///etc/passwd",
    "%00",
    "x%00.jpg",
    "%c0%ae%c0%ae%c0%af",
    "%ff%fe",
    ".",
    "..",
    "~root",
    "tongshi.db",
    "..%2ftongshi.db",
    "%0d%0aSet-Cookie:%20a=b",
    "%e2%80%ae",
    "a" * 999,
)


def test_no_path_leads_out_of_what_it_names(enter: Enter) -> None:
    """Each row once, by somebody who may use it."""
    clients = {role: enter(role) for role in ROLES}
    walked = 0
    for prefix, row in rows():
        if "{" not in row.path:
            continue
        client = next(
            (clients[role] for role in ROLES if row.permission in GRANTED[role]),
            clients[Role.OPERATOR],
        )
        for climb in CLIMBS:
            place = prefix + re.sub(r"\{[^}]*\}", climb.replace("\\", "\\\\"), row.path)
            body: dict[str, str] | None = {} if row.method != "GET" else None
            answer = client.request(row.method, place, json=body)
            assert answer.status_code < 500, (row.method, place, answer.text)
            assert "root:x:0" not in answer.text
            assert b"SQLite format 3" not in answer.content
            for name, value in answer.headers.items():
                assert value.isprintable(), (place, value)
                assert name != "set-cookie" or "a=b" not in value
            walked += 1
    assert walked > 1000


def test_static_files_are_those_and_no_others(stranger: httpx.Client) -> None:
    for climb in (*CLIMBS, "../templates/door.html", "..%2ftemplates%2fdoor.html", "../site.py"):
        answer = stranger.get(f"/static/x/{climb}")
        assert answer.status_code in (303, 307, 400, 404), climb
        assert "import" not in answer.text


# Filters -------------------------------------------------------------------------------------

INJECTIONS = (
    "' OR '1'='1",
    "' OR 1=1 --",
    '" OR ""="',
    "') OR ('a'='a",
    "1; DROP TABLE people",
    "x' UNION SELECT password FROM people --",
    "x' AND (SELECT randomblob(9)) --",
    "%",
    "_",
    "%%",
    "\\",
    "\\%",
    "*",
    "?",
    "[a-z]",
    "$.x",
    "' || (SELECT 1) || '",
    "\x00' OR 1=1 --",
    "0x27",
    "name DESC, (SELECT 1)",
    "+1",
    "NULL",
    "true",
    "{}",
    "\u02bc OR 1=1",
)


def lists(parts: Parts) -> dict[str, list[tuple[str, dict[str, object]]]]:
    """Return the queries of every list, by its path, with what each takes."""
    found: dict[str, list[tuple[str, dict[str, object]]]] = {}
    for path, methods in application(parts).openapi()["paths"].items():
        told = methods.get("get", {})
        queries = [
            (each["name"], each["schema"])
            for each in told.get("parameters", ())
            if each["in"] == "query"
        ]
        if queries and path not in STREAMS:
            found[path] = queries
    return found


SHORT = ("_", "%", "*", "?", "true", "NULL", "{}")
"""Injections that may stand in what is searched: in an honest name, in details kept as JSON."""


def is_page(*answers: httpx.Response) -> bool:
    return all(each.status_code == 200 and "rows" in each.json() for each in answers)


def takes_text(schema: dict[str, object]) -> bool:
    """Say whether a query takes any text, not one of a few words or a number."""
    return schema.get("type") == "string" and "enum" not in schema and "format" not in schema


def test_filters_and_sorts_find_what_is_written_and_nothing_else(
    enter: Enter, parts: Parts, site: ASGIApp
) -> None:
    clients, walked = {role: enter(role) for role in ROLES}, 0
    routes = {row.path.replace(":path", ""): row for row in ROUTES if row.method == "GET"}
    for path, queries in lists(parts).items():
        place = "/api" + path.replace("{device_id}", RECORDER).replace("{channel_id}", CHANNEL)
        permission = routes[path].permission
        client = next(clients[role] for role in ROLES if permission in GRANTED[role])
        if "{" in place:
            continue
        for name, schema in queries:
            plain = client.get(place, params={name: "zqxj-is-nowhere"})
            for text in INJECTIONS:
                answer = client.get(place, params={name: text})
                assert answer.status_code < 500, (path, name, text, answer.text)
                if takes_text(schema) and text not in SHORT and is_page(answer, plain):
                    assert answer.json()["total"] == plain.json()["total"], (path, name, text)
                walked += 1
    assert walked > 1000


def test_a_text_is_found_where_it_stands_and_nowhere_else(
    operator: httpx.Client, parts: Parts, flush: Callable[[], None]
) -> None:
    """The oracle: a camera is called as each injection is, and a search finds it alone."""
    names = [text for text in INJECTIONS if text.isprintable() and text.strip() == text]
    items = [
        Item(device_id=f"3402000000131100{number:04}", name=f"<<{text}>>", parent_id=RECORDER)
        for number, text in enumerate(names)
    ]
    standing = CatalogStanding(
        CatalogState.COMPLETE, len(items), len(items), "", parts.clock.wall()
    )
    parts.registry.merge_catalog(RECORDER, items, standing)
    flush()
    for number, text in enumerate(names):
        page = operator.get("/api/channels", params={"text": f"<<{text}>>"}).json()
        assert [row["name"] for row in page["rows"]] == [f"<<{text}>>"], text
        assert page["rows"][0]["channel_id"] == items[number].device_id


# Headers and the log -------------------------------------------------------------------------

BREAKS = (
    "x\r\nSet-Cookie: a=b",
    "x\n\n<script>",
    "x\r\n\r\nHTTP/1.1 200 OK",
    "x\x85Set-Cookie: a=b",
    "x\u2028event=forged",
    "x\x1b[2Jevent=forged",
)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that the program would log, as it would write it."""
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield told
    root.setLevel(level)
    root.removeHandler(handler)


def lines_are_events(text: str) -> bool:
    stamp = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ |  \| ")
    return all(stamp.match(line) for line in text.splitlines())


def test_names_break_neither_headers_nor_lines_of_the_log(
    stranger: httpx.Client, operator: httpx.Client, log: io.StringIO
) -> None:
    for text in BREAKS:
        body = {"name": text, "password": text}
        answers = [
            stranger.post("/api/session", json=body),
            stranger.post("/sign-in", data={**body, "next": text}),
            stranger.get("/sign-in", params={"next": text}),
            stranger.post("/preferences", data={"language": text, "theme": text, "back": text}),
            operator.get("/api/devices", params={"text": text}),
            operator.get("/devices/x", params={"channel": text}),
            operator.post("/api/live", json={"device": text, "channel": text, "purpose": text}),
            operator.get(
                "/api/devices/x", headers={"User-Agent": "a", "Accept-Language": "x,y;q=z"}
            ),
        ]
        for answer in answers:
            assert answer.status_code < 500, (text, answer.text)
            for name, value in answer.headers.multi_items():
                assert (name + value).isprintable(), (text, name, value)
                assert "a=b" not in value or name == "location", (text, name, value)
    assert lines_are_events(log.getvalue())


def test_signs_in_names_do_not_leave_the_site(stranger: httpx.Client) -> None:
    for place in ("//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"):
        told = stranger.post("/preferences", data={"theme": "dark", "back": place})
        assert told.headers["location"] in ("/live", "/"), place
