import argparse
import asyncio

import pytest

from tongshi.cli.bench import ondemand
from tongshi.cli.bench.ondemand import QUICK, UNITS, Plan, add_arguments, measure, quantile
from tongshi.errors import EngineFailed

pytestmark = pytest.mark.network


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([3.0, 1.0, 2.0], 0.99) == 3.0


def test_there_is_nothing_to_choose() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert vars(parser.parse_args([])) == {}
    assert Plan().runs == 3


def test_all_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ondemand, "QUICK", Plan(1, 4, 2, 16))
    report = measure(argparse.Namespace(quick=True))
    assert report.ok, report.notes
    assert report.figures.keys() == UNITS.keys()
    assert all(figure.values[0] > 0 for figure in report.figures.values())
    # Sixteen seconds were asked for at sixteen times: more cannot be.
    assert report.figures["download_speed"].values[0] < 16


def test_a_device_that_never_comes_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ondemand, "PATIENCE", 0.0)
    with pytest.raises(EngineFailed, match="never came"):
        asyncio.run(ondemand.run_plan(QUICK))
