"""The benchmark of signalling: small, but with everything real."""

import argparse
import os
from dataclasses import replace

import pytest

from tongshi.cli.bench import signalling
from tongshi.cli.bench.registrar import kamailio
from tongshi.cli.bench.signalling import QUICK, UNITS, Findings, add_arguments, measure
from tongshi.sim.load import Tally

SMALL = replace(QUICK, saturated=0.1, paced=0.1)


def given(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    add_arguments(parser)
    return parser.parse_args(["--quick", "--devices", "200", *words])


@pytest.mark.network
def test_every_figure_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signalling, "QUICK", SMALL)
    report = measure(given())
    assert report.ok, report.notes
    assert set(report.figures) == set(UNITS)
    assert all(figure.values[0] > 0 for figure in report.figures.values())
    assert "200 distinct devices" in report.method


@pytest.mark.interop
def test_kamailio_is_measured_beside_us(monkeypatch: pytest.MonkeyPatch) -> None:
    if kamailio() is None:
        assert not os.environ.get("CI"), "kamailio is not installed"
        pytest.skip("kamailio is not installed")
    monkeypatch.setattr(signalling, "QUICK", SMALL)
    report = measure(given("--peer", "kamailio"))
    assert report.ok, report.notes
    assert "kamailio_keepalives_per_s_per_core" in report.figures


@pytest.mark.network
def test_a_peer_that_is_missing_is_left_out_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signalling, "QUICK", SMALL)
    monkeypatch.setattr(signalling, "kamailio", lambda: None)
    report = measure(given("--peer", "kamailio"))
    assert report.ok
    assert "not installed" in report.notes[0]


def test_whatever_is_refused_lost_or_missing_is_a_fault() -> None:
    findings = Findings()
    findings.check("fine", Tally(done=5), 5)
    assert findings.faults == []
    findings.check("refused", Tally(done=5, refused={403: 1}))
    findings.check("lost", Tally(done=5, lost=1))
    findings.check("missing", Tally(done=5), 6)
    assert [fault.partition(":")[0] for fault in findings.faults] == ["refused", "lost", "missing"]
