"""The staff of a demonstration: who does what one account could do before it was shared out.

Nobody of them has every right: to see how a look is asked for, granted and found again, one has to
sign in as several.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from tongshi.access.accounts.terms import Terms
from tongshi.access.grant import Grant, Right, Selector, Subject, SubjectKind
from tongshi.access.permission import Role
from tongshi.app.node import Node
from tongshi.audit.entry import Actor
from tongshi.errors import Conflict
from tongshi.testing.client import Client


class Post(Enum):
    """A place in the staff; the value is the name to sign in with."""

    SECURITY = "admin"
    """The first account of every node; appoints the others."""
    SYSTEM = "system"
    AUDIT = "audit"
    OFFICER = "officer"
    """May do all that an operator can, with every camera, and decides on requests."""
    NEWCOMER = "newcomer"
    """Knows of every camera, may look at none, and has to ask."""
    OWNER = "owner"
    """Owns the cameras of one recorder."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of the staff.  password: to be changed at the first sign-in."""

    post: Post
    password: str

    @property
    def name(self) -> str:
        """What to sign in with."""
        return self.post.value


ALL = Selector(everything=True)
OWNED = "34020000001180000001"
"""The recorder of the logistics park, which is the owner's."""
YEAR = 366 * 86400.0
"""For which a certificate holds, s."""
PICTURES = frozenset(Right) - {Right.CONFIGURE, Right.EDIT}
"""What an operator may be granted."""


@dataclass(frozen=True, slots=True)
class _Place:
    """How a post is filled.  shown, unit: as the access register prints them.

    rights: granted for the cameras of *selector*.
    """

    role: Role
    shown: str
    unit: str
    task: tuple[str, str]
    rights: frozenset[Right] = frozenset()
    selector: Selector = ALL


_PLACES = {
    Post.SECURITY: _Place(
        Role.SECURITY, "", "", ("安全管理员：人员与授权", "security administrator: people, grants")
    ),
    Post.SYSTEM: _Place(
        Role.SYSTEM,
        "沈维 Shen Wei",
        "信息中心",
        ("系统管理员：设备与接入", "system administrator: devices, peers"),
        frozenset({Right.CONFIGURE, Right.EDIT, Right.ALARMS}),
    ),
    Post.AUDIT: _Place(
        Role.AUDIT,
        "严明 Yan Ming",
        "监察室",
        ("审计管理员：登记与审计", "audit administrator: register, audit"),
    ),
    Post.OFFICER: _Place(
        Role.OPERATOR,
        "陈静 Chen Jing",
        "通视镇指挥室",
        ("值班员：可看全部摄像机并审批", "officer: every camera; decides on requests"),
        PICTURES,
    ),
    Post.NEWCOMER: _Place(
        Role.OPERATOR,
        "李新 Li Xin",
        "通视镇指挥室",
        ("新值班员：尚不可看画面，须申请", "new officer: no pictures yet, has to ask"),
        frozenset({Right.SEE}),
    ),
    Post.OWNER: _Place(
        Role.OWNER,
        "何岚 He Lan",
        "物流园",
        ("产权单位：看谁调用了本单位摄像机", "owner: reads who looked at its cameras"),
        frozenset({Right.SEE, Right.ALARMS, Right.APPROVE}),
        Selector(devices=frozenset({OWNED})),
    ),
}


def appoint(node: Node, posts: Collection[Post] = tuple(Post)) -> Mapping[Post, Member]:
    """Fill *posts* of a node that is new, and grant them what they need; nobody of another.

    Blocks on the store and on hashing.  The first account is always among what is returned.
    """
    if node.first is None:
        return {}
    staff = {Post.SECURITY: Member(Post.SECURITY, node.first.password)}
    for post in posts:
        if post not in staff:
            place = _PLACES[post]
            wall = node.clock.wall()
            terms = Terms(trained_at=wall - YEAR / 2, certified_until=wall + YEAR / 2)
            given = node.people.add(post.value, place.shown, place.unit, place.role, terms=terms)
            staff[post] = Member(post, given.password)
    _grant(node, staff)
    return staff


def _grant(node: Node, staff: Collection[Post]) -> None:
    """Give everybody of *staff* what the post needs, as the first administrator would."""
    people = {person.name: person for person in node.people.everybody()}
    first = people[Post.SECURITY.value]
    by = Actor(first.id, first.shown, first.unit)
    for post in staff:
        place = _PLACES[post]
        if place.rights:
            subject = Subject(SubjectKind.PERSON, str(people[post.value].id))
            node.rights.add(Grant(0, subject, place.rights, place.selector), by)


def seat(address: str, member: Member) -> Client:
    """Return the signed-in client of *member* at the node at *address*.

    Blocks.  The one-time password is replaced by another that is kept nowhere.
    """
    client = Client(address)
    client.begin(member.name, member.password)
    return client


def enter(node: Node, post: Post) -> Client:
    """Return the signed-in client of *post*, who is appointed for it; blocks.

    Raises Conflict when the node is not new, or somebody fills the post already.
    """
    staff = appoint(node, (post,))
    if post not in staff:
        raise Conflict("the node is not new: nobody can be appointed")
    return seat(node.web_address, staff[post])


def describe(staff: Mapping[Post, Member]) -> str:
    """Return a table of names, one-time passwords and tasks, in both languages."""
    rows = [("name 用户名", "one-time password 一次性密码", "task 职责")]
    rows += [
        (member.name, member.password, " ".join(_PLACES[post].task))
        for post, member in staff.items()
    ]
    wide = [max(map(_width, column)) for column in list(zip(*rows, strict=True))[:-1]]
    return "\n".join(
        "  ".join(
            [
                *(
                    text + " " * (room - _width(text))
                    for text, room in zip(row[:-1], wide, strict=True)
                ),
                row[-1],
            ]
        )
        for row in rows
    )


def _width(text: str) -> int:
    """Return how many columns of a terminal *text* takes."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)
