"""Findings of the watch over accounts, for the auditor: what a rule counted, and the verdict."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Body
from fastapi import Query as Param
from pydantic import BaseModel, ConfigDict, Field

from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.devices import Number, Ref, RowId, Size
from tongshi.api.notices import moment
from tongshi.audit.entry import Actor
from tongshi.db.page import Page
from tongshi.watch.finding import LONGEST_REASON, Evidence, Finding, FindingQuery, State
from tongshi.watch.rule import RULES, Against, Measure
from tongshi.watch.trace import Source


class Closing(BaseModel):
    """What the auditor says of a finding."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["explained", "escalated"]
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding.

    account: of whom; None for failed sign-ins to no account, counted by ``address``.  window: s.
    figure: what was counted; threshold: from which on it is unusual; usual: the median that the
    threshold was made from.  entries: how many stand behind it.
    """

    id: int
    rule: str
    title: str
    account: int | None
    person: str
    unit: str
    role: str
    address: str
    window: float
    since: str | None
    until: str | None
    figure: float
    threshold: float
    usual: float | None
    entries: int
    made_at: str | None
    changed_at: str | None
    state: State
    reason: str
    closed_by: str
    closed_at: str | None


@dataclass(frozen=True, slots=True)
class EntryBehind:
    """One entry behind a finding.  source: ``register``, or ``audit``.  gone: not kept any more."""

    source: Source
    entry: int
    at: str | None
    what: str
    device: str
    channel: str
    name: str
    purpose: str
    outcome: str
    gone: bool


@dataclass(frozen=True, slots=True)
class FindingWhole:
    """One finding and the entries behind it, oldest first."""

    finding: FindingRow
    entries: list[EntryBehind]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule as it applies now.

    least: the setting.  factor: times the median, where it is compared with one.
    """

    code: str
    title: str
    window: float
    measure: Measure
    against: Against
    least: float
    factor: float | None


async def list_rules(parts: PartsOf, asker: AskerOf) -> list[RuleRow]:
    """Return the rules about accounts, with the thresholds in force."""
    settings = parts.settings.watch
    factors = {Against.OWN: settings.factor, Against.ROLE: settings.role_factor}
    return [
        RuleRow(
            rule.code,
            title_of(asker, rule.code),
            rule.window,
            rule.measure,
            rule.against,
            float(getattr(settings, rule.least)) if rule.least else 1.0,
            factors.get(rule.against),
        )
        for rule in RULES
    ]


async def list_findings(
    parts: PartsOf,
    asker: AskerOf,
    state: State | None = None,
    rule: Annotated[str, Param(max_length=64)] = "",
    person: Ref = None,
    number: Number = 1,
    size: Size = 50,
) -> Page[FindingRow]:
    """Return a page of findings, newest first."""
    query = FindingQuery(state, rule, person, number, size)
    page = await asyncio.to_thread(parts.watch.page, query)
    rows = tuple(_row(asker, finding) for finding in page.rows)
    return Page(rows, page.total, page.number, page.size)


async def read_finding(parts: PartsOf, asker: AskerOf, finding_id: RowId) -> FindingWhole:
    """Return one finding and what stands behind it."""
    finding, evidence = await asyncio.to_thread(parts.watch.read, finding_id)
    return FindingWhole(_row(asker, finding), [_entry(each) for each in evidence])


async def close_finding(
    parts: PartsOf, asker: AskerOf, finding_id: RowId, given: Annotated[Closing, Body()]
) -> FindingRow:
    """Close a finding as explained or escalated, with the reason; nobody closes one of their own.

    It stands in the audit chain.
    """
    person = asker.person
    actor = Actor(person.id, person.shown, person.unit, asker.address)
    state = State(given.state)
    found = await asyncio.to_thread(parts.watch.close, finding_id, state, given.reason, actor)
    return _row(asker, found)


def title_of(asker: AskerOf, code: str) -> str:
    """Return what a rule is called; its code when it is one of a later version."""
    return asker.words.find(f"finding.{code.replace('-', '_')}") or code


def _row(asker: AskerOf, finding: Finding) -> FindingRow:
    verdict = finding.verdict
    return FindingRow(
        finding.id,
        finding.rule,
        title_of(asker, finding.rule),
        finding.person_id,
        finding.person,
        finding.unit,
        finding.role,
        finding.address,
        finding.window,
        moment(finding.since),
        moment(finding.until),
        finding.figure,
        finding.threshold,
        finding.usual,
        finding.entries,
        moment(finding.made_at),
        moment(finding.changed_at),
        finding.state,
        "" if verdict is None else verdict.reason,
        "" if verdict is None else verdict.person,
        None if verdict is None else moment(verdict.at),
    )


def _entry(evidence: Evidence) -> EntryBehind:
    return EntryBehind(
        evidence.source,
        evidence.id,
        moment(evidence.at),
        evidence.what,
        evidence.device_id,
        evidence.channel_id,
        evidence.channel,
        evidence.purpose,
        evidence.outcome,
        evidence.gone,
    )
