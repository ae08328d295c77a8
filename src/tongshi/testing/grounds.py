"""A node with one thing of each kind in it, for walks: their codes, and codes of nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import httpx
from sqlalchemy import Engine, func, select

from tongshi.access.grant import Grant, Right, Selector, Subject, SubjectKind
from tongshi.access.granting.store import GrantQuery
from tongshi.access.permission import Role
from tongshi.alarms.alarm import Report
from tongshi.api.parts import Parts
from tongshi.audit.entry import Actor
from tongshi.db.tables import metadata
from tongshi.registry.position import Report as Position
from tongshi.shelf.picture import Taken
from tongshi.sip.address import Address
from tongshi.testing.bodies import CHANNEL, PAST, PLACE, RECORDER
from tongshi.testing.walk import put

WAITING = "34020000001320000077"
ACTOR = Actor(None, "test", "", "")
ALL = Grant(0, Subject(SubjectKind.ROLE, "-"), frozenset(Right), Selector(everything=True))


@dataclass
class World:
    """A node with things in it.  real: their codes; absent: as long, and of nothing."""

    parts: Parts
    real: dict[str, str]
    absent: dict[str, str]
    enter: Callable[..., httpx.Client]
    people: dict[str, httpx.Client] = field(default_factory=dict)

    def person(self, role: Role, name: str, *grants: Grant) -> httpx.Client:
        """Return the browser of somebody with a role and grants of their own and no others."""
        client = self.enter(role, name=name)
        person_id = client.get("/api/session").json()["id"]
        subject = Subject(SubjectKind.PERSON, str(person_id))
        for grant in grants:
            self.parts.rights.add(replace(grant, subject=subject), ACTOR)
        return client


def settle(parts: Parts, enter: Callable[..., httpx.Client], flush: Callable[[], None]) -> World:
    """Return a node on which one operator may do everything, and has done some of each kind.

    enter: gives the browser of somebody new with a role.  flush: returns when all is in the store.
    """
    for held in parts.rights.page(GrantQuery(size=100)).rows:
        if held.revoked_at is None:
            parts.rights.revoke(held.id, ACTOR)
    wall = parts.clock.wall()
    parts.alarms.record(Report(RECORDER, CHANNEL, wall, wall, 1, 2, 1, 1, "video lost"))
    parts.positions.record(Position(RECORDER, CHANNEL, wall, 117.1, 31.8))
    parts.admission._note_newcomer(WAITING, Address("192.0.2.77", 5060))
    made = World(parts, {"device_id": RECORDER, "channel_id": CHANNEL}, {}, enter)
    insider = made.person(Role.OPERATOR, "insider", ALL)
    engineer = made.person(Role.SYSTEM, "engineer", ALL)
    who = int(insider.get("/api/session").json()["id"])
    taken = Taken(RECORDER, CHANNEL, "通道 1", "stream", "s", "", wall, wall, 2, 2, who, "patrol")
    parts.shelf.keep(taken, b"\xff\xd8 a picture \xff\xd9")
    flush()
    _do_everything(made, insider, engineer)
    flush()
    made.absent = {name: _absent(code) for name, code in made.real.items()}
    return made


def _do_everything(made: World, insider: httpx.Client, engineer: httpx.Client) -> None:
    """Have each kind of thing made, and keep its code."""

    def post(
        client: httpx.Client, path: str, body: object = None, **more: object
    ) -> dict[str, object]:
        answer = client.post(f"/api{path}", json=put(body, made.real), **more)
        assert answer.status_code < 300, (path, answer.text)
        told = answer.json()
        assert isinstance(told, dict)
        return told

    made.real |= {
        "alarm_id": "1",
        "picture_id": "1",
        "view_id": str(post(insider, "/live", PLACE)["view"]),
        "talk_id": str(post(insider, "/talks", PLACE)["talk"]),
        "download_id": str(post(insider, "/downloads", PAST)["id"]),
        "trace_id": str(post(engineer, f"/devices/{RECORDER}/traces", {"seconds": 60})["id"]),
        "number": str(post(engineer, "/admission", {"effect": "deny", "pattern": "1*"})["id"]),
    }
    brought = engineer.post("/api/firmware?name=x", content=b"firmware")
    made.real["firmware_id"] = str(brought.json()["id"])
    made.people |= {"insider": insider, "engineer": engineer}


def _absent(code: str) -> str:
    """Return a code as long as *code* that nothing has."""
    if len(code) == 20:
        return f"{code[:13]}9999999"
    return "9" * len(code) if code.isdigit() else f"{code[:-1]}z"


def counts(engine: Engine) -> dict[str, int]:
    """Return how many rows stand in each table in which an act would leave one."""
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
            if not table.name.startswith(("audit_", "web_sessions", "kept_values", "watch_"))
        }
