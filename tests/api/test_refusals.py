"""Refusals at the boundary are on the chain, with a name where there is one."""

from collections.abc import Callable

import httpx

from tongshi.api.parts import Parts
from tongshi.audit.entry import Entry
from tongshi.audit.store import AuditQuery


def refused(parts: Parts, flush: Callable[[], None]) -> list[Entry]:
    flush()
    return list(parts.audit.page(AuditQuery(outcome="refused", size=100)).rows)


def test_a_refusal_has_who_what_and_why(
    parts: Parts, operator: httpx.Client, flush: Callable[[], None]
) -> None:
    assert operator.get("/api/audit").status_code == 403
    (entry,) = refused(parts, flush)
    assert entry.act.what == "denied"
    assert entry.act.person
    assert entry.act.person_id is not None
    assert entry.act.object == "/api/audit"
    assert entry.act.details["method"] == "GET"
    assert "read-audit" in str(entry.act.details["why"])


def test_a_refused_page_is_on_the_chain_as_well(
    parts: Parts, operator: httpx.Client, flush: Callable[[], None]
) -> None:
    assert operator.get("/audit").status_code == 403
    assert [entry.act.object for entry in refused(parts, flush)] == ["/audit"]


def test_a_stranger_is_known_by_the_address(
    parts: Parts, stranger: httpx.Client, flush: Callable[[], None]
) -> None:
    stranger.get("/api/devices")
    (entry,) = refused(parts, flush)
    assert (entry.act.what, entry.act.person_id) == ("denied.signin", None)


def test_the_way_to_the_door_is_no_refusal(
    parts: Parts, stranger: httpx.Client, flush: Callable[[], None]
) -> None:
    assert stranger.get("/devices").status_code == 303
    assert refused(parts, flush) == []


def test_what_is_not_there_is_no_refusal(
    parts: Parts, operator: httpx.Client, flush: Callable[[], None]
) -> None:
    assert operator.get("/api/devices/none").status_code == 404
    assert refused(parts, flush) == []


def test_many_refusals_of_one_person_are_counted_only(
    parts: Parts, operator: httpx.Client, flush: Callable[[], None]
) -> None:
    for _ in range(30):
        operator.get("/api/audit")
    assert len(refused(parts, flush)) == 10
    assert parts.audit.counters["left out"] == 20
