"""The statements of findings."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, select, update

from tongshi.db.tables import audit_entries, finding_entries, findings, people, register_entries
from tongshi.db.upsert import upsert
from tongshi.watch.finding import EVIDENCE, Evidence, Finding, FindingQuery, State, Verdict
from tongshi.watch.rule import Hit
from tongshi.watch.trace import Account, Source


def read_closed(connection: Connection, account: str, day: int) -> dict[str, float]:
    """Return up to when closed findings about an account on a day have counted, by rule."""
    c = findings.c
    found = (
        select(c.rule, func.max(c.until).label("counted"))
        .where(c.account == account, c.day == day, c.state != State.OPEN.value)
        .group_by(c.rule)
    )
    return {row.rule: row.counted for row in connection.execute(found)}


def write_hit(
    connection: Connection, account: Account, day: int, hit: Hit, wall: float
) -> int | None:
    """Make a finding, or let the open one of the same rule, account and day grow.

    Return the number of a new one; None where nothing new was made.
    """
    c = findings.c
    same = (c.rule == hit.rule.code, c.account == account.key, c.day == day)
    held = connection.execute(select(findings).where(*same, c.state == State.OPEN.value)).first()
    if held is not None:
        _grow(connection, held, hit, wall)
        return None
    closed = select(func.max(c.until)).where(*same)
    if (connection.execute(closed).scalar_one() or 0.0) >= hit.stretch.until:
        return None  # closed since it was counted
    number = _insert(connection, account, day, hit, wall)
    _add_evidence(connection, number, hit)
    return number


def _insert(connection: Connection, account: Account, day: int, hit: Hit, wall: float) -> int:
    found = select(people).where(people.c.id == account.person_id)
    person = connection.execute(found).first()
    statement = insert(findings).values(
        rule=hit.rule.code,
        account=account.key,
        person_id=account.person_id,
        person="" if person is None else person.shown,
        unit="" if person is None else person.unit,
        role="" if person is None else person.role,
        address=account.address,
        day=day,
        window=hit.rule.window,
        since=hit.stretch.since,
        until=hit.stretch.until,
        figure=hit.figure,
        threshold=hit.threshold,
        usual=hit.usual,
        made_at=wall,
        changed_at=wall,
        state=State.OPEN.value,
        closed_person="",
        reason="",
    )
    return int(connection.execute(statement.returning(findings.c.id)).scalar_one())


def _grow(connection: Connection, held: Row[Any], hit: Hit, wall: float) -> None:
    """Let an open finding show the most that was counted, and keep the entries behind it."""
    if hit.figure > held.figure:
        values = {
            "since": hit.stretch.since,
            "until": hit.stretch.until,
            "figure": hit.figure,
            "threshold": hit.threshold,
            "usual": hit.usual,
            "changed_at": wall,
        }
        connection.execute(update(findings).where(findings.c.id == held.id).values(values))
        _add_evidence(connection, held.id, hit)


def _add_evidence(connection: Connection, number: int, hit: Hit) -> None:
    rows = [
        {"finding_id": number, "source": trace.source.value, "entry": trace.id}
        for trace in hit.stretch.traces[-EVIDENCE:]
    ]
    upsert(connection, finding_entries, rows, update=())


def close_finding(connection: Connection, number: int, verdict: Verdict) -> None:
    """Record what an auditor says of a finding."""
    values = {
        "state": verdict.state.value,
        "closed_by": verdict.person_id,
        "closed_person": verdict.person,
        "closed_at": verdict.at,
        "reason": verdict.reason,
        "changed_at": verdict.at,
    }
    connection.execute(update(findings).where(findings.c.id == number).values(values))


def read_finding(connection: Connection, number: int) -> Finding | None:
    """Return one finding; None when there is none."""
    row = connection.execute(_select_findings().where(findings.c.id == number)).first()
    return None if row is None else _finding(row)


def page_findings(connection: Connection, query: FindingQuery) -> tuple[tuple[Finding, ...], int]:
    """Return one page of findings, newest first, and the count of all that match."""
    c = findings.c
    where: list[ColumnElement[bool]] = []
    if query.state is not None:
        where.append(c.state == query.state.value)
    if query.rule:
        where.append(c.rule == query.rule)
    if query.person_id is not None:
        where.append(c.person_id == query.person_id)
    total = connection.execute(select(func.count()).select_from(findings).where(*where))
    found = _select_findings().where(*where).order_by(c.id.desc())
    rows = connection.execute(found.limit(query.size).offset((query.number - 1) * query.size))
    return tuple(_finding(row) for row in rows), total.scalar_one()


def count_open(connection: Connection) -> int:
    """Return how many findings wait for an auditor."""
    found = select(func.count()).where(findings.c.state == State.OPEN.value)
    return connection.execute(found).scalar_one()


def read_evidence(connection: Connection, number: int) -> tuple[Evidence, ...]:
    """Return the entries behind a finding, by time; those that are gone first."""
    e, r, a = finding_entries.c, register_entries.c, audit_entries.c
    looks = (
        select(finding_entries, register_entries)
        .outerjoin(register_entries, r.id == e.entry)
        .where(e.finding_id == number, e.source == Source.REGISTER.value)
    )
    acts = (
        select(finding_entries, audit_entries)
        .outerjoin(audit_entries, a.seq == e.entry)
        .where(e.finding_id == number, e.source == Source.AUDIT.value)
    )
    found = [
        *(_evidence_look(row) for row in connection.execute(looks)),
        *(_evidence_act(row) for row in connection.execute(acts)),
    ]
    return tuple(sorted(found, key=lambda each: (each.at or 0.0, each.id)))


def prune(connection: Connection, before: float) -> int:
    """Delete findings closed before a moment, UNIX time, s; return how many."""
    c = findings.c
    old = select(c.id).where(c.closed_at < before)
    connection.execute(delete(finding_entries).where(finding_entries.c.finding_id.in_(old)))
    return connection.execute(delete(findings).where(c.closed_at < before)).rowcount


# Rows as values -----------------------------------------------------------------------------


def _select_findings() -> Select[Any]:
    counted = (
        select(func.count())
        .where(finding_entries.c.finding_id == findings.c.id)
        .scalar_subquery()
        .label("entries")
    )
    return select(findings, counted)


def _finding(row: Row[Any]) -> Finding:
    state, verdict = State(row.state), None
    if row.closed_at is not None:
        verdict = Verdict(state, row.reason, row.closed_by, row.closed_person, row.closed_at)
    return Finding(
        row.id,
        row.rule,
        row.person_id,
        row.person,
        row.unit,
        row.role,
        row.address,
        row.day,
        row.window,
        row.since,
        row.until,
        row.figure,
        row.threshold,
        row.usual,
        row.entries,
        row.made_at,
        row.changed_at,
        state,
        verdict,
    )


def _evidence_look(row: Row[Any]) -> Evidence:
    if row.begun_at is None:
        return Evidence(Source.REGISTER, row.entry, None, "", gone=True)
    return Evidence(
        Source.REGISTER,
        row.entry,
        row.begun_at,
        row.action,
        row.device_id,
        row.channel_id,
        row.channel,
        row.purpose,
    )


def _evidence_act(row: Row[Any]) -> Evidence:
    if row.wall is None:
        return Evidence(Source.AUDIT, row.entry, None, "", gone=True)
    return Evidence(
        Source.AUDIT, row.entry, row.wall, row.what, channel=row.object, outcome=row.outcome
    )
