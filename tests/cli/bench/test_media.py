import argparse
import asyncio
from pathlib import Path

import pytest

from tongshi.cli.bench import media
from tongshi.cli.bench.media import Climb, add_arguments, make_clip, measure, percentile, run
from tongshi.cli.bench.mediarig import GOP, Load, Outcome, Rig
from tongshi.sim.mediaload import read_clip

FIGURES = {
    "streams_in_per_core",
    "streams_in_tcp_per_core",
    "streams_viewed_per_core",
    "streams_relayed_per_core",
    "added_latency_ms_p50",
    "added_latency_ms_p95",
    "bytes_per_stream",
    "first_picture_warm_ms",
    "first_picture_cold_ms",
}


def test_the_clip_has_the_rate_that_the_method_claims(tmp_path: Path) -> None:
    make_clip(tmp_path / "clip")
    units = read_clip(tmp_path / "clip")
    assert [index for index, (_, key) in enumerate(units) if key] == [0, GOP]
    rate = 8 * sum(len(data) for data, _ in units) / (len(units) / 25)
    assert 1_950_000 < rate < 2_100_000


def test_percentile() -> None:
    assert percentile([], 50) == 0.0
    assert percentile([float(n) for n in range(101)], 50) == 50.0
    assert percentile([1.0, 1.0, 1.0], 95) == 1.0


def outcomes(monkeypatch: pytest.MonkeyPatch, limit: int, *, latency: float = 0.001) -> list[Load]:
    """Let a worker carry *limit* streams, each for a thousandth of a core."""
    seen: list[Load] = []

    async def pretend(_: Rig, load: Load) -> Outcome:
        seen.append(load)
        faults = ["1 packets were not taken"] if load.streams > limit else []
        return Outcome(faults, load.streams / 1000, 400_000.0, [latency] * 10)

    async def first(_: Rig, *, offset: int) -> tuple[float, float]:
        return 2.0 - offset / 25, 0.05

    monkeypatch.setattr(Rig, "measure", pretend)
    monkeypatch.setattr(media, "first_pictures", first)
    return seen


@pytest.mark.network
def test_the_highest_step_that_holds_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = outcomes(monkeypatch, 500)
    monkeypatch.setattr(media, "CLIMBS", (Climb("streams_in_per_core", Load(0), (400, 500, 600)),))
    report = asyncio.run(run(tmp_path / "clip", quick=False))
    assert report.ok
    summary = report.figures["streams_in_per_core"].summary()
    assert (summary["median"], summary["min"], summary["max"]) == (1000.0, 1000.0, 1000.0)
    assert [load.streams for load in seen[:6]] == [400, 500, 600, 600, 500, 500]
    assert any("600 not sustained" in note for note in report.notes)
    assert report.figures["bytes_per_stream"].summary()["median"] == 400_000
    assert len(report.figures["first_picture_cold_ms"].values) == 7


@pytest.mark.network
def test_a_machine_that_holds_not_even_the_first_step_gets_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = outcomes(monkeypatch, 120)
    monkeypatch.setattr(media, "CLIMBS", (Climb("streams_in_per_core", Load(0), (400, 500)),))
    report = asyncio.run(run(tmp_path / "clip", quick=True))
    assert report.figures["streams_in_per_core"].values == (1000.0,)
    assert [load.streams for load in seen[:5]] == [400, 400, 200, 200, 100]


@pytest.mark.network
def test_pictures_too_late_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes(monkeypatch, 500, latency=0.2)
    report = asyncio.run(run(tmp_path / "clip", quick=True))
    assert not report.ok
    assert "streams_viewed_per_core" not in report.figures
    assert any("200 ms late" in note for note in report.notes)


@pytest.mark.network
def test_every_figure_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes(monkeypatch, 10_000)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    report = measure(argparse.Namespace(quick=True, **vars(parser.parse_args([]))))
    assert report.ok
    assert set(report.figures) == FIGURES


@pytest.mark.network
def test_first_pictures_come(tmp_path: Path) -> None:
    async def first() -> tuple[float, float]:
        async with Rig.build(tmp_path / "clip") as rig:
            return await media.first_pictures(rig, offset=40)

    make_clip(tmp_path / "clip")
    cold, warm = asyncio.run(first())
    assert cold > 9 / 25  # the key frame is ten pictures away
    assert warm > 0
