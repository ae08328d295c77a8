"""Who decides what, and what a yes gives: one table by kind, sharpened by the purpose.

Nobody decides his own request, nor two steps of one.  A delegate decides in the place of who
appointed him, between two dates; what was passed on once is not passed on again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tongshi.access.grant import Right
from tongshi.access.permission import Role
from tongshi.approvals.content import Ask, Change, Kind
from tongshi.approvals.purpose import LONGEST_CASE, Purpose
from tongshi.approvals.request import Request, Who
from tongshi.errors import Denied, Invalid

HOUR = 3600.0
DAY = 86400.0
SOONEST = 60.0
"""A yes holds this long at the least, s."""
LONGEST_DELEGATION = 92 * DAY


@dataclass(frozen=True, slots=True)
class Step:
    """One decision that is needed.

    roles: who may take it; empty for every role that approves at all.  own_unit: only somebody of
    the asker's unit.  confirm: the decider says that what the kind asks for is so.
    Whoever takes it holds a grant with the right APPROVE for every camera of the request.
    """

    roles: frozenset[Role] = frozenset()
    own_unit: bool = False
    confirm: bool = False


STEPS: Mapping[str, Step] = {
    "approve": Step(),
    "unit": Step(own_unit=True),
    "second": Step(),
    "masked": Step(confirm=True),
    "consent": Step(confirm=True),
    "owner": Step(roles=frozenset({Role.OWNER})),
}
"""Every step by the name under which requests keep it; a name is never used for another one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a kind of request must pass, and what it gives.

    waits: s until it expires undecided.  longest: s that a yes holds at the most.  cameras: at
    the most.  span: s of footage at the most.  files: downloads of each camera that a yes is good
    for; None where it gives no files.
    """

    steps: tuple[str, ...]
    gives: frozenset[Right]
    waits: float
    longest: float
    cameras: int = 64
    span: float = 31 * DAY
    files: int | None = None


_LOOK = frozenset({Right.SEE, Right.PLAYBACK})
_TAKE = _LOOK | {Right.DOWNLOAD, Right.EXPORT}
RULES: Mapping[Kind, Rule] = {
    Kind.LIVE: Rule(
        ("approve",),
        frozenset({Right.SEE, Right.LIVE, Right.HEAR}),
        waits=DAY,
        longest=7 * DAY,
    ),
    Kind.FOOTAGE: Rule(("approve",), _LOOK, waits=3 * DAY, longest=7 * DAY),
    Kind.RETRIEVAL: Rule(("approve", "second"), _TAKE, waits=3 * DAY, longest=7 * DAY, files=3),
    Kind.EXPORT: Rule(("approve",), _TAKE, waits=3 * DAY, longest=7 * DAY, files=3),
    Kind.PUBLICATION: Rule(("masked", "second"), _TAKE, waits=7 * DAY, longest=7 * DAY, files=3),
    Kind.CITIZEN: Rule(("consent",), _LOOK, waits=7 * DAY, longest=DAY, cameras=8, span=DAY),
    Kind.PURPOSE: Rule(
        ("approve",),
        frozenset({Right.SEE, Right.LIVE, Right.HEAR, Right.PLAYBACK}),
        waits=3 * DAY,
        longest=7 * DAY,
    ),
}
"""The policy.  A citizen takes nothing along; what is published is masked and reviewed."""


@dataclass(frozen=True, slots=True)
class Approver:
    """Somebody who would decide.

    approves: his role approves, his account is open, and he holds a grant with the right APPROVE
    for every camera of the request.
    """

    who: Who
    role: Role
    approves: bool


@dataclass(frozen=True, slots=True)
class Delegation:
    """*taker* decides in the place of *giver*.  since, until: UNIX time, s, until excluded."""

    id: int
    giver: Who
    taker: Who
    since: float
    until: float
    ended_at: float | None = None

    def holds(self, wall: float) -> bool:
        """Say whether it counts at *wall*."""
        return self.ended_at is None and self.since <= wall < self.until


def rule_for(kind: Kind, purpose: Purpose) -> Rule:
    """Return the rule of *kind*; a purpose of two persons has two persons decide."""
    rule = RULES[kind]
    if purpose.second and len(rule.steps) < 2:
        return replace(rule, steps=(*rule.steps, "second"))
    return rule


def check_policy(ask: Ask, rule: Rule, purpose: Purpose) -> None:
    """Raise Invalid with everything in which *ask* breaks *rule* or lacks what *purpose* asks."""
    faults = []
    if purpose.retired:
        faults.append("this purpose cannot be stated any more")
    if purpose.case and not ask.case_number.strip():
        faults.append("this purpose asks for a case number")
    if len(ask.case_number) > LONGEST_CASE:
        faults.append(f"a case number has at most {LONGEST_CASE} characters")
    if not SOONEST <= ask.lasts <= rule.longest:
        faults.append(f"it holds from {SOONEST:.0f} to {rule.longest:.0f} s")
    if len(ask.cameras) > rule.cameras:
        faults.append(f"it names at most {rule.cameras} cameras")
    if ask.since is not None and ask.until is not None and ask.until - ask.since > rule.span:
        faults.append(f"its footage spans at most {rule.span:.0f} s")
    if isinstance(ask.content, Change) and ask.content.before == ask.purpose:
        faults.append("the purpose does not change")
    if faults:
        raise Invalid("the request breaks its policy", faults=tuple(faults))


def may_take(request: Request, approver: Approver) -> bool:
    """Say whether *approver* may take the present step of *request* for himself."""
    name = request.step
    if not name or not approver.approves or approver.who.id in request.involved:
        return False
    step = STEPS[name]
    if step.roles and approver.role not in step.roles:
        return False
    return not step.own_unit or (
        bool(request.asker.unit) and approver.who.unit == request.asker.unit
    )


def take(request: Request, approver: Approver, givers: Iterable[Approver]) -> Who | None:
    """Return for whom *approver* takes the present step: None for himself.

    givers: those in whose place he decides now.  Raises Denied when he may not at all.
    """
    if may_take(request, approver):
        return None
    if approver.who.id not in request.involved:
        for giver in givers:
            if giver.who.id != approver.who.id and may_take(request, giver):
                return giver.who
    raise Denied("this step is for somebody else to decide", helps="grant approve")


def check_confirmed(request: Request, *, confirmed: bool) -> None:
    """Raise Invalid when the present step asks to confirm something and nothing was confirmed."""
    name = request.step
    if name and STEPS[name].confirm and not confirmed:
        raise Invalid("what this step asks to be confirmed was not confirmed")


def files_of(request: Request) -> int | None:
    """Return how many downloads *request* is good for; None where it gives none."""
    each = RULES[request.ask.kind].files
    return None if each is None else each * len(request.ask.cameras)


def check_delegation(giver_id: int, taker_id: int, since: float, until: float, wall: float) -> None:
    """Raise Invalid when nobody can be appointed so."""
    faults = []
    if giver_id == taker_id:
        faults.append("a delegate is somebody else")
    if not since < until or until <= wall:
        faults.append("it has a beginning and a later end, which is still to come")
    elif until - since > LONGEST_DELEGATION:
        faults.append(f"it lasts {LONGEST_DELEGATION / DAY:.0f} days at the most")
    if faults:
        raise Invalid("nobody is appointed so", faults=tuple(faults))
