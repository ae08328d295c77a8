import threading
from pathlib import Path

import pytest
from tests.audit.conftest import LI, Town

from tongshi.audit.checking import service
from tongshi.audit.checking.service import Checking, State, read_export, read_witness_file
from tongshi.audit.store import AuditQuery
from tongshi.audit.verify import examine
from tongshi.errors import Conflict, Invalid


@pytest.fixture
def checking(town: Town) -> Checking:
    return Checking(town.engine, town.audit, town.clock, "Town", rest=lambda seconds: None)


def test_nothing_was_checked_yet(checking: Checking) -> None:
    assert checking.state().state is State.NONE
    assert checking.wait().report is None


def test_a_check_tells_what_it_found_and_is_chained(town: Town, checking: Checking) -> None:
    town.look()
    town.audit.seal()
    begun = checking.start(LI)
    assert (begun.state, begun.total, begun.by) == (State.RUNNING, 5, "Li")
    done = checking.wait()
    assert done.state is State.DONE
    assert done.report is not None
    assert done.report.holds
    assert done.entries == 5
    town.writer.flush()
    (entry,) = town.audit.page(AuditQuery(what="audit.verified")).rows
    assert entry.act.outcome == "done"
    assert entry.act.details["last"] == 5


def test_a_broken_chain_is_a_check_that_is_done(town: Town, checking: Checking) -> None:
    town.tamper("UPDATE audit_entries SET person = 'x' WHERE seq = 2")
    checking.start(LI)
    done = checking.wait()
    assert done.state is State.DONE
    assert done.report is not None
    assert not done.report.holds
    town.writer.flush()
    (entry,) = town.audit.page(AuditQuery(what="audit.verified")).rows
    assert entry.act.outcome == "failed"
    assert entry.act.details["finding"] == "entry.edited"


def test_a_store_that_cannot_be_read_says_nothing_of_the_chain(
    town: Town, checking: Checking
) -> None:
    town.tamper("UPDATE audit_entries SET person = CAST(X'ff' AS TEXT) WHERE seq = 2")
    checking.start(LI)
    done = checking.wait()
    assert done.state is State.FAILED
    assert done.report is None
    assert done.fault


def test_one_check_at_a_time_with_its_progress(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "STRETCH", 4)
    reached, go_on = threading.Event(), threading.Event()

    def rest(seconds: float) -> None:
        reached.set()
        go_on.wait(10)

    checking = Checking(town.engine, town.audit, town.clock, "Town", rest=rest)
    checking.start(LI)
    assert reached.wait(10)
    assert 0 < checking.state().entries < 3
    with pytest.raises(Conflict, match="already"):
        checking.start(LI)
    go_on.set()
    assert checking.wait().state is State.DONE
    checking.start(LI)
    assert checking.wait().state is State.DONE


def test_a_node_that_stops_ends_its_check(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "STRETCH", 1)
    reached, go_on = threading.Event(), threading.Event()

    def rest(seconds: float) -> None:
        reached.set()
        go_on.wait(10)

    checking = Checking(town.engine, town.audit, town.clock, "Town", rest=rest)
    checking.start(LI)
    assert reached.wait(10)
    stopping = threading.Thread(target=checking.stop)
    stopping.start()
    while not checking._stopping.is_set():
        stopping.join(0.01)
    go_on.set()
    stopping.join()
    assert checking.state().state is State.FAILED
    assert checking.state().fault == "the node stops"


def test_exports_are_counted_and_nothing_is_pruned_meanwhile(
    town: Town, checking: Checking
) -> None:
    with checking.export(rows=True) as lines, checking.export(rows=False):
        assert checking.busy
        with pytest.raises(Conflict, match="exports"), checking.export(rows=True):
            pass
        assert town.audit._still == 2
        assert examine(lines, town.audit.key).holds
    assert not checking.busy
    assert town.audit._still == 0


def test_files_are_read_line_by_line(town: Town, tmp_path: Path) -> None:
    town.audit.tend()
    assert [signed.head.number for signed in read_witness_file(town.witness)] == [1]
    file = tmp_path / "x"
    file.write_bytes(b'{"type":"end"}\n\xff\n' + b"x" * (3 << 20) + b"\n")
    lines = list(read_export(file))
    assert lines[0] == {"type": "end"}
    assert all(not line for line in lines[1:])
    with pytest.raises(Invalid, match="cannot be read"):
        list(read_export(tmp_path / "none"))
