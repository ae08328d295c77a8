import argparse
import asyncio
import os
from collections.abc import Mapping

import pytest

from tongshi.cli.bench import notices
from tongshi.cli.bench.notices import (
    QUICK,
    Plan,
    add_arguments,
    is_same,
    measure,
    run_plan,
    trend,
)
from tongshi.cli.bench.report import Report
from tongshi.errors import EngineFailed

KINDS = ("alarms", "positions", "changes")


def value(report: Report, name: str) -> float:
    return report.figures[name].values[0]


def told(report: Report) -> Mapping[str, tuple[float, float]]:
    return {
        kind: (value(report, f"sent_{kind}"), value(report, f"stored_{kind}")) for kind in KINDS
    }


def test_all_may_be_chosen() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert set(vars(parser.parse_args([])).values()) == {None}
    assert parser.parse_args(["--devices", "7", "--seconds", "2.5"]).seconds == 2.5
    assert Plan().devices == 1000
    assert QUICK.seconds < 60


def test_a_trend_is_a_slope() -> None:
    mib = 1 << 20
    assert trend([(0.0, mib), (60.0, 2 * mib), (120.0, 3 * mib)]) == pytest.approx(1024)
    assert trend([(0.0, mib)]) == 0.0


def test_changes_may_be_repeated_and_nothing_else() -> None:
    sent = {
        "alarm": {"raised": 3, "sent": 4},
        "position": {"raised": 5, "sent": 5},
        "catalog": {"raised": 7, "sent": 9},
    }
    stored = {"alarm": 3, "position": 5, "catalog": 7}
    assert is_same(sent, stored)
    assert is_same(sent, {**stored, "catalog": 9})
    for other in ({"catalog": 10}, {"catalog": 6}, {"alarm": 4}, {"position": 4}):
        assert not is_same(sent, {**stored, **other})


@pytest.mark.network
def test_both_ends_count_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "EVERY", 0.2)
    given = argparse.Namespace(
        quick=True, devices=12, seconds=3.0, alarms=300.0, positions=600.0, changes=120.0
    )
    report = measure(given)
    assert report.ok, report.notes
    assert told(report) == {"alarms": (15, 15), "positions": (30, 30), "changes": (6, 6)}
    assert value(report, "store") > 100_000
    assert value(report, "memory_end") >= value(report, "memory_begin") > 10
    assert 0 < value(report, "answer_p50_ms") <= value(report, "answer_p99_ms")


@pytest.mark.network
def test_what_is_lost_fails_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "END", 2.0)
    monkeypatch.setattr(notices, "_channels", lambda node: "others")
    stored = {"alarm": 0, "position": 0, "catalog": 0}
    monkeypatch.setattr(notices, "_stored", lambda node: stored)
    report = asyncio.run(run_plan(Plan(2, 1.0, 120.0, 0.0, 0.0)))
    assert not report.ok
    counted, channels = report.notes
    assert counted.startswith("told {")
    assert counted.endswith("stored {'alarm': 0, 'position': 0, 'catalog': 0}")
    assert channels == "the channels are not those that the devices have"


@pytest.mark.network
def test_devices_that_never_come_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "START", 0.0)
    with pytest.raises(EngineFailed, match="'ready'"):
        asyncio.run(run_plan(Plan(2, 1.0)))


@pytest.mark.clause("9.4.1", "9.11.2.1", "9.11.4.1")
@pytest.mark.network
@pytest.mark.long
def test_a_thousand_devices_for_ten_minutes_lose_nothing_and_memory_stays_flat() -> None:
    """``TONGSHI_SOAK_SECONDS`` makes it shorter."""
    seconds = float(os.environ.get("TONGSHI_SOAK_SECONDS", "600"))
    report = asyncio.run(run_plan(Plan(seconds=seconds)))
    assert report.ok, report.notes
    for kind, each in (("alarms", 20), ("positions", 100), ("changes", 20)):
        sent, stored = told(report)[kind]
        assert sent == pytest.approx(each * seconds, abs=2)
        assert stored >= sent if kind == "changes" else stored == sent
    assert value(report, "memory_end") - value(report, "memory_begin") < 8
