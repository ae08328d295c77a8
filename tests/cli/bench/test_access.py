import argparse
import asyncio

import pytest

from tongshi.access.cover import Cover
from tongshi.access.grant import Camera
from tongshi.cli.bench.access import (
    GRANTS,
    LEAST,
    MOST,
    PAGES,
    add_arguments,
    compare,
    judge,
    marks_of,
    selectors,
    town,
)
from tongshi.cli.bench.report import Report


def test_five_hundred_grants_are_together_every_camera() -> None:
    cameras = [
        Camera(f"d{place // 100}", f"c{place}", town(place), *marks_of(place))
        for place in range(10_000)
    ]
    found = list(selectors(cameras))
    assert len(found) == GRANTS
    cover = Cover.of(found)
    assert not cover.everything
    assert all(map(cover.holds, cameras))
    assert len(cover.groups) > 6


@pytest.mark.parametrize(
    ("rate", "ratio", "ok"),
    [(LEAST, MOST, True), (LEAST - 1, 1.0, False), (LEAST, MOST + 0.01, False)],
)
def test_a_bound_that_is_broken_fails(rate: float, ratio: float, ok: bool) -> None:
    report = Report("")
    report.add("decisions_per_s", "decision/s", [rate])
    for page in PAGES:
        report.add(f"ratio_{page}", "", [ratio])
    judge(report, quick=False)
    assert report.ok is ok
    assert bool(report.notes) is not ok


def test_there_is_nothing_to_choose() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert vars(parser.parse_args([])) == {}


@pytest.mark.network
def test_decisions_and_pages_are_measured() -> None:
    report = asyncio.run(compare(quick=True, devices=10, each=40))
    assert report.ok, report.notes
    assert {f"ratio_{page}" for page in PAGES} <= report.figures.keys()
    assert {"decisions_per_s", "denied_per_s", "store_decisions_per_s"} <= report.figures.keys()
