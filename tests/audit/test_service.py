import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.audit.conftest import LI, Town

from tongshi.audit.entry import PLATFORM, Act, Group, Outcome
from tongshi.audit.fault import Fault
from tongshi.audit.service import JUMP, PRUNE, Sealing
from tongshi.audit.statement import read_witness
from tongshi.audit.store import AuditQuery
from tongshi.audit.verify import examine
from tongshi.errors import Conflict

MONTH = 31 * 86400.0


def kinds(town: Town) -> list[str]:
    return [entry.act.what for entry in town.audit.page(AuditQuery(size=500)).rows][::-1]


def test_a_chain_begins_with_its_key_and_its_settings(town: Town) -> None:
    assert kinds(town) == ["audit.begun", "node.start", "node.settings"]
    begun, start, settings = town.audit.page(AuditQuery()).rows[::-1]
    assert begun.act.details["key"] == town.audit.key.hex()
    assert start.act.details == {"version": "1"}
    assert len(str(settings.act.details["sha256"])) == 64
    report = town.report()
    assert report.holds
    assert report.unsealed == 0


def test_the_settings_digest_changes_with_the_settings(open_town: Callable[..., Town]) -> None:
    town = open_town()
    for settings in ({"a": 1}, {"a": 1}, {"a": 2}):
        town.audit.begin({}, settings)
    rows = town.audit.page(AuditQuery(what="node.settings")).rows
    digests = [entry.act.details["sha256"] for entry in rows]
    assert digests[1] == digests[2] != digests[0]


def test_a_head_is_signed_each_minute_in_which_something_changed(town: Town) -> None:
    def count() -> int:
        return len(town.audit.heads(100))

    assert count() == 1
    town.clock.wind(61)
    town.audit.tend()
    assert count() == 1
    town.act()
    town.audit.tend()
    assert count() == 1
    town.clock.wind(61)
    town.audit.tend()
    assert count() == 2
    newest = town.audit.heads(1)[0].head
    assert (newest.number, newest.seq, newest.kept) == (2, 4, 4)


def test_a_stop_leaves_nothing_unsealed(town: Town) -> None:
    town.act()
    town.audit.note(LI.act("trace.ended", "x"))
    town.audit.end()
    report = town.report()
    assert report.holds
    assert report.unsealed == 0
    assert kinds(town)[-1] == "node.stop"


def test_the_next_start_goes_on_with_the_chain(open_town: Callable[..., Town]) -> None:
    first = open_town()
    first.audit.begin({}, {})
    first.audit.end()
    first.writer.close()
    second = open_town(first.clock)
    assert second.audit.key == first.audit.key
    second.audit.begin({}, {})
    report = second.report()
    assert report.holds
    assert report.entries == 6


def test_a_store_of_another_key_is_refused(open_town: Callable[..., Town]) -> None:
    town = open_town()
    town.audit.begin({}, {})
    (town.folder / "audit.key").unlink()
    with pytest.raises(Conflict, match=r"put audit\.key back"):
        open_town()
    town.tamper("UPDATE audit_heads SET node = '00' WHERE purpose = 'anchor'")
    with pytest.raises(Conflict, match="another key"):
        town.audit.begin({}, {})


def test_entries_without_a_beginning_are_refused(open_town: Callable[..., Town]) -> None:
    town = open_town()
    town.act()
    with pytest.raises(Conflict, match="never begun"):
        town.audit.begin({}, {})


def test_acts_are_noted_and_counted(town: Town) -> None:
    town.audit.note(LI.act("trace.begun", "x"))
    town.writer.flush()
    assert town.audit.counters["noted"] == 1
    town.audit.note(Act("no-such"))
    town.writer.flush()
    assert town.audit.counters["lost"] == 1
    town.writer.close()
    town.audit.note(LI.act("trace.begun", "x"))
    assert town.audit.counters["lost"] == 2


def test_refusals_of_one_person_are_chained_up_to_a_limit(town: Town) -> None:
    for _ in range(50):
        town.audit.refuse(LI, "denied.grant", "/api/live")
    town.audit.refuse(replace(LI, address="192.0.2.8"), "denied", "/api/people")
    town.clock.wind(61)
    town.audit.refuse(LI, "denied.other", "/api/live")
    town.audit.refuse(LI, "denied.grant", "/api/live")
    town.writer.flush()
    rows = town.audit.page(AuditQuery(outcome=Outcome.REFUSED.value, size=100)).rows
    assert [entry.act.what for entry in rows].count("denied.grant") == 11
    assert [entry.act.what for entry in rows].count("denied") == 2
    assert rows[0].act.details == {"left_out": 40}
    assert town.audit.counters["left out"] == 40


def test_a_jump_of_the_clock_is_chained_and_told(town: Town) -> None:
    town.audit.tend()
    town.clock.jump(JUMP / 2)
    town.audit.tend()
    town.clock.wind(61)
    town.clock.jump(-3600)
    town.audit.tend()
    town.writer.flush()
    town.clock.wind(61)
    town.audit.tend()
    assert kinds(town).count("clock.jumped") == 1
    faults = {finding.fault for finding in town.report().findings}
    assert faults == {Fault.CLOCK_TOLD, Fault.CLOCK_BACK, Fault.CLOCK_LEAP}
    assert town.report().holds


# The witness


def test_each_head_is_in_the_witness_file(town: Town) -> None:
    town.audit.tend()
    town.act()
    town.audit.end()
    with town.witness.open() as file:
        heads = list(read_witness(file))
    assert heads[::-1] == list(town.audit.heads(10))
    assert examine(town.lines(), town.audit.key, heads).holds


def test_a_witness_that_is_away_gets_everything_later(open_town: Callable[..., Town]) -> None:
    town = open_town()
    (town.folder / "witness").write_text("not a directory")
    town.audit.begin({}, {})
    town.audit.tend()
    assert "cannot be written" in str(town.audit.figures()["witness"])
    (town.folder / "witness").unlink()
    town.act()
    town.clock.wind(61)
    town.audit.tend()
    assert town.audit.figures()["witness"] == ""
    with town.witness.open() as file:
        assert [signed.head.number for signed in read_witness(file)] == [1, 2]


def test_a_store_that_was_rolled_back_is_noticed_at_the_start(
    open_town: Callable[..., Town], tmp_path: Path
) -> None:
    """Everything of yesterday, signed and all; only the witness remembers today."""
    town = open_town()
    town.audit.begin({}, {})
    town.audit.end()
    town.writer.close()
    town.engine.dispose()
    yesterday = tmp_path / "yesterday.db"
    shutil.copy(tmp_path / "tongshi.db", yesterday)
    today = open_town(town.clock)
    today.audit.begin({}, {})
    today.act()
    today.audit.end()
    today.writer.close()
    today.engine.dispose()
    for name in ("tongshi.db-wal", "tongshi.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.copy(yesterday, tmp_path / "tongshi.db")
    again = open_town(town.clock)
    assert again.report().holds
    with again.witness.open() as file:
        report = examine(again.lines(), again.audit.key, read_witness(file))
    assert [finding.fault for finding in report.findings] == [Fault.WITNESS_BEYOND]
    again.audit.begin({}, {})
    again.audit.end()
    assert "audit.rolled-back" in kinds(again)
    with again.witness.open() as file:
        report = examine(again.lines(), again.audit.key, read_witness(file))
    assert not report.holds


# Pruning


def fill(town: Town, months: int) -> None:
    for _ in range(months // 5):
        town.clock.wind(5 * MONTH)
        town.look()
        town.act()
        town.audit.seal()


def test_old_entries_go_behind_an_anchor_and_the_chain_still_holds(town: Town) -> None:
    town.audit.tend()
    fill(town, 50)
    before = town.report()
    assert before.holds
    gone = town.audit.prune()
    assert gone > 0
    report = town.report()
    assert report.holds, report.findings
    assert report.first == gone + 1
    assert report.entries == before.entries - gone + 1
    assert kinds(town)[-1] == "audit.pruned"
    oldest = town.audit.page(AuditQuery(number=report.entries, size=1)).rows[0]
    assert town.clock.wall() - oldest.wall < 46 * MONTH
    town.act()
    town.audit.end()
    with town.witness.open() as file:
        with_witness = examine(town.lines(), town.audit.key, read_witness(file))
    assert with_witness.holds, with_witness.findings
    assert with_witness.passed > 0


def test_the_register_keeps_longer_than_the_rest(open_town: Callable[..., Town]) -> None:
    terms = Sealing(months={Group.SECURITY: 6, Group.REGISTER: 36})
    town = open_town(terms=terms)
    town.audit.begin({}, {})
    for _ in range(2):
        town.clock.wind(4 * MONTH)
        town.act()
        town.audit.seal()
    assert town.audit.prune() > 0
    town.look()
    town.audit.seal()
    for _ in range(2):
        town.clock.wind(4 * MONTH)
        town.act()
        town.audit.seal()
    first = town.report().first
    town.audit.prune()
    # The head before the look stands for an entry of its own: that one stays as well.
    assert kinds(town)[:2] == ["audit.pruned", "look-begun"]
    assert town.report().first > first
    assert town.report().holds


def test_nothing_goes_while_somebody_reads(town: Town) -> None:
    fill(town, 40)
    go_on = town.audit.stand_still()
    town.clock.wind(PRUNE)
    town.audit.tend()
    assert town.audit.counters["pruned"] == 0
    go_on()
    town.audit.tend()
    assert town.audit.counters["pruned"] > 0


def test_an_anchor_is_not_signed_over_a_chain_that_was_altered(town: Town) -> None:
    """Or the node itself would vouch for what somebody made of its past."""
    fill(town, 40)
    town.tamper("UPDATE audit_entries SET digest = '00' WHERE seq < 9")
    assert town.audit.prune() == 0
    assert not town.report().holds


def test_when_all_is_old_all_goes_and_the_chain_goes_on(town: Town) -> None:
    town.act()
    town.audit.seal()
    town.clock.wind(40 * MONTH)
    assert town.audit.prune() == 4
    town.audit.seal()
    town.act()
    town.audit.end()
    report = town.report()
    assert report.holds, report.findings
    assert report.first == 5


def test_a_stop_without_a_store_is_told_in_the_log(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    town.writer.close()
    town.audit.end()
    assert "audit-unsealed" in caplog.text
    town.clock.wind(61)
    town.audit.tend()
    assert "audit-waits" in caplog.text


def test_the_platform_s_own_acts_have_nobody(town: Town) -> None:
    town.audit.note(PLATFORM.act("clock.jumped", by=1.0))
    town.writer.flush()
    newest = town.audit.page(AuditQuery(size=1)).rows[0].act
    assert (newest.person_id, newest.person) == (None, "")
