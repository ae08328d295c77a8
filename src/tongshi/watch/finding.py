"""A finding: what a rule found, and what an auditor made of it.

::

    OPEN --explained, with a reason--> EXPLAINED
      |
      +---escalated, with a reason---> ESCALATED

While it is open it grows with what the same account does on the same day; once closed it stays.
"""

from dataclasses import dataclass
from enum import Enum

from tongshi.errors import Conflict, Denied, Invalid
from tongshi.watch.trace import Source

EVIDENCE = 500
"""Entries kept behind one finding at the most."""
LONGEST_REASON = 500


class State(Enum):
    """Where a finding stands."""

    OPEN = "open"
    EXPLAINED = "explained"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an auditor says of a finding.  at: UNIX time, s."""

    state: State
    reason: str
    person_id: int
    person: str
    at: float

    def __post_init__(self) -> None:
        if self.state is State.OPEN:
            raise Invalid("a finding is closed as explained or as escalated")
        if not self.reason.strip() or len(self.reason) > LONGEST_REASON:
            raise Invalid(f"a finding is closed with a reason of 1 to {LONGEST_REASON} characters")


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    person, unit, role: the account's, as they were then; empty where none is known.  address: of
    failed sign-ins to no account.  day: number of the day in the node's zone.  since, until: first
    and last of what was counted, UNIX time, s.  usual: the median that the threshold was made from;
    None where there was none.  entries: how many stand behind it.
    """

    id: int
    rule: str
    person_id: int | None
    person: str
    unit: str
    role: str
    address: str
    day: int
    window: float
    since: float
    until: float
    figure: float
    threshold: float
    usual: float | None
    entries: int
    made_at: float
    changed_at: float
    state: State
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One entry behind a finding, as the register or the chain has it.

    id: its number there.  what: action of a look, else kind of the act.  channel: the camera's
    name.  gone: it is not kept any more.
    """

    source: Source
    id: int
    at: float | None
    what: str
    device_id: str = ""
    channel_id: str = ""
    channel: str = ""
    purpose: str = ""
    outcome: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class FindingQuery:
    """Which findings, newest first."""

    state: State | None = None
    rule: str = ""
    person_id: int | None = None
    number: int = 1
    size: int = 50


def check_closing(finding: Finding, person_id: int) -> None:
    """Raise Conflict for a finding that is closed already, Denied for one about the person."""
    if finding.person_id == person_id:
        raise Denied("nobody closes a finding about the own account", helps="another auditor")
    if finding.state is not State.OPEN:
        raise Conflict("this finding is closed already")
