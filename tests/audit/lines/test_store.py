from typing import Any

import pytest
from tests.audit.conftest import Town

from tongshi.audit.fault import Fault
from tongshi.audit.lines import store as lines_store
from tongshi.audit.lines.store import read_extent, read_lines
from tongshi.audit.verify import examine


def types(town: Town, *, rows: bool = True) -> list[str]:
    return [str(line["type"]) for line in town.lines(rows=rows)]


def test_rows_follow_their_entries_and_heads_theirs(town: Town) -> None:
    town.look()
    town.audit.seal()
    town.act()
    assert types(town) == [
        "chain",
        "head",
        *["entry"] * 3,
        "head",
        *["entry", "look", "entry", "ending"],
        "head",
        "entry",
        "end",
    ]
    assert types(town, rows=False).count("look") == 0


@pytest.mark.parametrize("chunk", [1, 2, 3, 500])
def test_pieces_of_any_size_make_one_chain(
    town: Town, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    for number in range(6):
        town.look(ended=number % 2 == 0)
        town.audit.seal()
    whole = town.lines()
    monkeypatch.setattr(lines_store, "CHUNK", chunk)
    assert town.lines() == whole
    assert town.report().holds


def test_looks_that_go_on_have_no_ending(town: Town) -> None:
    town.look(ended=False)
    assert town.report().holds
    assert types(town).count("ending") == 0


def test_what_is_chained_while_somebody_reads_is_left_out(town: Town) -> None:
    """Rows of the register that came later are no strays either."""
    first = town.look(ended=False)
    town.audit.seal()
    lines = read_lines(town.engine, town.audit.key, "Town", 0.0, rows=True)
    taken: list[Any] = [next(lines) for _ in range(4)]
    town.look()
    late = town.look(ended=False)
    town.audit.seal()
    taken += lines
    report = examine(taken, town.audit.key)
    assert report.holds, report.findings
    assert report.last == 4
    assert (first, late) == (1, 3)


def test_an_ending_that_came_while_somebody_read_is_no_stray(town: Town) -> None:
    town.look(ended=False)
    lines = read_lines(town.engine, town.audit.key, "Town", 0.0, rows=True)
    taken = [next(lines)]
    taken.append(next(lines))  # the extent is fixed now
    town.end(1, town.clock.wall())
    taken += lines
    assert examine(taken, town.audit.key).holds


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM register_endings", Fault.ROW_MISSING),
        ("DELETE FROM register_entries", Fault.ROW_MISSING),
        ("UPDATE register_entries SET channel = 'x'", Fault.ROW_EDITED),
        ("UPDATE register_endings SET how = 'x'", Fault.ROW_EDITED),
        ("DELETE FROM audit_entries WHERE seq = 4", Fault.MISSING),
        ("DELETE FROM audit_entries WHERE seq = 5", Fault.MISSING),
        (
            "INSERT INTO register_endings (entry_id, ended_at, how) VALUES (2, 1, 'x')",
            Fault.ROW_STRAY,
        ),
        (
            'UPDATE audit_entries SET details = \'{"entry":"x"}\' WHERE seq = 4',
            Fault.EDITED,
        ),
    ],
)
def test_rows_that_do_not_fit_are_found(town: Town, statement: str, fault: Fault) -> None:
    town.look()
    town.look(ended=False)
    town.audit.seal()
    town.tamper(statement)
    worst = town.report().worst
    assert worst is not None
    assert worst.fault is fault


def test_the_extent_of_a_chain_is_told(town: Town) -> None:
    town.look()
    town.audit.seal()
    with town.engine.connect() as connection:
        extent = read_extent(connection)
    assert (extent.last, extent.heads, extent.look, extent.floor, extent.count) == (5, 2, 1, 0, 5)
