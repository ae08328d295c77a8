"""A node with one thing of each kind in it, for walks: their codes, and codes of nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import httpx
from sqlalchemy import Engine, Table, func, insert, select

from tongshi.access.grant import Grant, Hours, Right, Selector, Subject, SubjectKind, Window
from tongshi.access.granting.store import GrantQuery
from tongshi.access.permission import ADMINISTRATORS, Permission, Role
from tongshi.alarms.alarm import Report
from tongshi.api.parts import Parts
from tongshi.audit.entry import Actor
from tongshi.db.tables import alarms, delegates, findings, hook_deliveries, metadata
from tongshi.registry.position import Report as Position
from tongshi.shelf.picture import Taken
from tongshi.sip.address import Address
from tongshi.testing.bodies import CHANNEL, GLASS, HOOK, PAST, PLACE, RECORDER, REQUEST
from tongshi.testing.walk import put
from tongshi.tokens.token import NewToken

CAMERA = "34020000001320000001"
WAITING = "34020000001320000077"
ACTOR = Actor(None, "test", "", "")
DELIVERY = {"state": "waiting", "topic": "alarm", "body": "{}", "why": ""}
RETIRED = {"code": "drill-of-7731", "zh": "演练", "en": "Drill", "retired": True}
ALL = Grant(0, Subject(SubjectKind.ROLE, "-"), frozenset(Right), Selector(everything=True))
ROLES = [role for role in Role if role is not Role.SERVICE]
LOOKING = [role for role in ROLES if role not in ADMINISTRATORS]
"""Roles that know of nothing without a grant."""


@dataclass
class World:
    """A node with things in it.  real: their codes; absent: as long, and of nothing."""

    parts: Parts
    real: dict[str, str]
    absent: dict[str, str]
    enter: Callable[..., httpx.Client]
    people: dict[str, httpx.Client] = field(default_factory=dict)

    def add(self, role: Role, name: str) -> int:
        """Return the number of a new account into which nobody has signed in."""
        given = self.parts.people.add(name, name.title(), "Unit 1", role)
        return next(one.id for one in self.parts.people.everybody() if one.name == given.name)

    def person(self, role: Role, name: str, *grants: Grant) -> httpx.Client:
        """Return the browser of somebody with a role and grants of their own and no others."""
        client = self.enter(role, name=name, granted=False)
        person_id = client.get("/api/session").json()["id"]
        subject = Subject(SubjectKind.PERSON, str(person_id))
        for grant in grants:
            self.parts.rights.add(replace(grant, subject=subject), ACTOR)
        return client


def settle(
    parts: Parts, store: Engine, enter: Callable[..., httpx.Client], flush: Callable[[], None]
) -> World:
    """Return a node on which one operator may do everything, and has done some of each kind.

    enter: gives the browser of somebody new with a role.  flush: returns when all is in the store.
    """
    wall = parts.clock.wall()
    _spread_numbers(store)
    parts.alarms._last = 74_000_000
    parts.alarms.record(Report(RECORDER, CHANNEL, wall, wall, 1, 2, 1, 1, "video lost"))
    parts.positions.record(Position(RECORDER, CHANNEL, wall, 117.1, 31.8))
    parts.admission._note_newcomer(WAITING, Address("192.0.2.77", 5060))
    made = World(parts, {"device_id": RECORDER, "channel_id": CHANNEL}, {}, enter)
    insider = made.person(Role.OPERATOR, "insider", ALL)
    engineer = made.person(Role.SYSTEM, "engineer", ALL)
    who = int(insider.get("/api/session").json()["id"])
    taken = Taken(RECORDER, CHANNEL, "通道 1", "stream", "s", "", wall, wall, 2, 2, who, "patrol")
    kept = parts.shelf.keep(taken, b"\xff\xd8 a picture \xff\xd9")
    flush()
    with store.connect() as connection:
        alarm_id = connection.execute(select(func.max(alarms.c.id))).scalar_one()
    made.real |= {"picture_id": str(kept.id), "alarm_id": str(alarm_id)}
    _do_everything(made, insider, engineer)
    _keep_for_others(made, store, who)
    flush()
    made.absent = {name: _absent(code) for name, code in made.real.items()}
    return made


def _spread_numbers(store: Engine) -> None:
    """Have each table begin with a number that stands nowhere else."""
    with store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM sqlite_sequence")
        for number, table in enumerate(metadata.sorted_tables, 1):
            if table.dialect_options["sqlite"]["autoincrement"]:
                row = (table.name, 73_000_000 + 10_000 * number)
                connection.exec_driver_sql("INSERT INTO sqlite_sequence VALUES (?, ?)", row)


def _do_everything(made: World, insider: httpx.Client, engineer: httpx.Client) -> None:
    """Have each kind of thing made, and keep its code."""

    def post(client: httpx.Client, path: str, body: object = None) -> dict[str, object]:
        answer = client.post(f"/api{path}", json=put(body, made.real))
        assert answer.status_code < 300, (path, answer.text)
        told = answer.json()
        assert isinstance(told, dict)
        return told

    made.real |= {
        "view_id": str(post(insider, "/live", PLACE)["view"]),
        "talk_id": str(post(insider, "/talks", PLACE)["talk"]),
        "download_id": str(post(insider, "/downloads", PAST)["id"]),
        "trace_id": str(post(engineer, f"/devices/{RECORDER}/traces", {"seconds": 60})["id"]),
        "number": str(post(engineer, "/admission", {"effect": "deny", "pattern": "1*"})["id"]),
        "request_id": str(post(insider, "/requests", REQUEST)["id"]),
        "glass_id": str(post(insider, "/break-glass", GLASS)["id"]),
    }
    keeper = made.person(Role.SECURITY, "keeper")
    made.real["code"] = str(post(keeper, "/purposes", RETIRED)["code"])
    made.real["service_id"] = str(made.add(Role.SERVICE, "courier"))
    hook = post(engineer, "/hooks", HOOK)["about"]
    assert isinstance(hook, dict)
    made.real["hook_id"] = str(hook["id"])
    brought = engineer.post("/api/firmware?name=x", content=b"firmware")
    made.real["firmware_id"] = str(brought.json()["id"])
    made.people |= {"insider": insider, "engineer": engineer}


def _keep_for_others(made: World, store: Engine, who: int) -> None:
    """Keep what others make, and what comes about by itself."""
    deputy = made.add(Role.OPERATOR, "deputy")
    wall = made.parts.clock.wall()
    wish = NewToken(
        int(made.real["service_id"]), "bridge", frozenset({Permission.SEE_DEVICES}), wall + 86400.0
    )
    made.real["token_id"] = str(made.parts.tokens.make(wish, ACTOR).token.id)
    made.real["person_id"] = str(who)
    subject = Subject(SubjectKind.PERSON, str(deputy))
    made.real["grant_id"] = str(made.parts.rights.add(replace(ALL, subject=subject), ACTOR).id)
    rows: dict[str, tuple[Table, dict[str, object]]] = {
        "delegation_id": (delegates, {"giver_id": who, "taker_id": deputy}),
        "delivery_id": (hook_deliveries, {"hook_id": int(made.real["hook_id"]), **DELIVERY}),
        "finding_id": (findings, {"state": "open", "rule": "volume"}),
    }
    with store.begin() as connection:
        for name, (table, values) in rows.items():
            row = {**_some(table, wall), **values}
            statement = insert(table).values(row).returning(table.c.id)
            made.real[name] = str(connection.execute(statement).scalar_one())


def _some(table: Table, wall: float) -> dict[str, object]:
    """Return a value for each column of *table* that must have one."""
    plain: dict[type, object] = {int: 1, float: wall + 60.0, str: "x", bool: False}
    return {
        column.name: plain[column.type.python_type]
        for column in table.columns
        if not column.nullable and not column.primary_key
    }


def _absent(code: str) -> str:
    """Return a code as long as *code* that nothing has."""
    if len(code) == 20:
        return f"{code[:13]}9999999"
    return f"99{code[2:]}" if code.isdigit() else f"{code[:-1]}z"


def grants_that_do_not_help(wall: float) -> dict[str, tuple[Grant, ...]]:
    """Return grants, by why the recorder stays hidden from who has them, in a minute from now."""
    someday = frozenset({(int(wall // 86400) + 3 + 3) % 7})
    here = Selector(devices=frozenset({RECORDER}))
    return {
        "none": (),
        "another camera": (replace(ALL, selector=Selector(devices=frozenset({CAMERA}))),),
        "expired": (replace(ALL, until=wall + 30),),
        "early": (replace(ALL, since=wall + 86400),),
        "another day": (replace(ALL, hours=Hours((Window(someday),))),),
        "revoked": (replace(ALL, note="revoke"),),
        "denied": (ALL, replace(ALL, selector=here, deny=True)),
    }


def blind(world: World, role: Role, wind: Callable[[float], None]) -> dict[str, httpx.Client]:
    """Return people of a role from whom the recorder is hidden, by why.

    wind: turns the node's clock on, s.
    """
    found = {}
    for why, grants in grants_that_do_not_help(world.parts.clock.wall()).items():
        found[why] = world.person(role, f"{role.value} {why}", *grants)
    for held in world.parts.rights.page(GrantQuery(size=100)).rows:
        if held.note == "revoke" and held.revoked_at is None:
            world.parts.rights.end(held.id, ACTOR)
    wind(60.0)
    return found


def short_grants() -> dict[str, tuple[Grant, ...]]:
    """Return grants that let know of every camera and do nothing on patrol, by why."""
    doing = frozenset(Right) - {Right.SEE}
    looking = frozenset(Right) - {Right.APPROVE}
    see = replace(ALL, rights=frozenset({Right.SEE}))
    return {
        "see": (see,),
        "purpose": (replace(ALL, rights=looking, purposes=frozenset({"maintenance"})),),
        "early": (see, replace(ALL, since=1.0e11)),
        "denied": (ALL, replace(ALL, rights=doing, deny=True)),
    }


def counts(engine: Engine) -> dict[str, int]:
    """Return how many rows stand in each table in which an act would leave one."""
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
            if not table.name.startswith(("audit_", "web_sessions", "kept_values", "watch_"))
        }
