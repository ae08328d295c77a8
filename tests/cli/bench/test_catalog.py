import argparse
import asyncio

import pytest

from tongshi.cli.bench import catalog
from tongshi.cli.bench.catalog import SHAPES, Passage, Shape, add_arguments, measure, run_shapes
from tongshi.cli.bench.report import Report


def test_a_rate_is_items_over_time() -> None:
    assert Passage(100, 4.0, 1.0, 0, "").rate == 25.0


def test_the_shapes_are_one_and_several_items_a_message() -> None:
    assert {shape.each for shape in SHAPES} == {1, 10, 100}
    assert all(shape.repeats >= 3 for shape in SHAPES), "a median of repeated runs"


def test_the_size_may_be_chosen() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert parser.parse_args([]).items == 0
    assert parser.parse_args(["--items", "7"]).items == 7


@pytest.mark.network
def test_a_catalog_passes_over_real_sockets_into_the_store() -> None:
    shapes = [Shape("each_1", 1, 8, "UDP"), Shape("each_100", 100, 1, "TCP")]
    report = asyncio.run(run_shapes(300, quick=True, shapes=shapes))
    assert report.ok, report.notes
    assert report.figures.keys() == {
        "items_per_s",
        "items_per_s_each_1",
        "items_per_core_s_each_1",
        "items_per_s_each_100",
        "items_per_core_s_each_100",
        "items_per_s_unchanged",
    }
    assert report.figures["items_per_s"] == report.figures["items_per_s_each_1"]


@pytest.mark.network
def test_a_run_that_takes_too_long_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "_LIMIT", 0.0)
    report = asyncio.run(run_shapes(10, quick=True, shapes=SHAPES[:1]))
    assert not report.ok
    assert any("no catalog within" in note for note in report.notes)


@pytest.mark.network
def test_the_command_measures_every_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "QUICK_ITEMS", 200)
    report = measure(argparse.Namespace(quick=True, items=0))
    assert isinstance(report, Report)
    assert report.ok, report.notes
    assert {f"items_per_s_{shape.name}" for shape in SHAPES} <= report.figures.keys()
