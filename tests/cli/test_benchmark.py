import argparse
import json

import pytest

from tongshi.cli import benchmark
from tongshi.cli.bench.report import Report
from tongshi.cli.benchmark import BENCHES


class Fast:
    """A benchmark that takes no time; *rates* are what its runs gave."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--rates", nargs="*", type=float, default=[2.0, 3.0, 1.0])

    def measure(self, given: argparse.Namespace) -> Report:
        report = Report("Counted." if not given.quick else "Counted quickly.")
        report.add("things_per_s", "1/s", given.rates)
        return report


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BENCHES, "fast", (Fast(), "for tests / 测试"))


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    benchmark.add_arguments(parser)
    return parser.parse_args(words)


def test_one_object_for_tools(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.run(parse("fast", "--json", "--quick")) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["method"]) == (True, "Counted quickly.")
    assert told["figures"] == {
        "things_per_s": {"median": 2.0, "min": 1.0, "max": 3.0, "unit": "1/s"}
    }
    assert told["machine"]["cores"] > 0


def test_a_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.run(parse("fast")) == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == "Counted."
    assert last.split()[:3] == ["things_per_s", "2", "1/s"]


def test_a_failed_measurement_fails_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.run(parse("fast", "--json", "--rates")) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert told["notes"] == ["things_per_s: no run gave a value"]


@pytest.mark.parametrize("name", ["signalling", "catalog", "notices", "ondemand", "media"])
def test_every_benchmark_can_be_short_and_print_json(name: str) -> None:
    given = parse(name, "--json", "--quick")
    assert (given.bench, given.json, given.quick) == (name, True, True)
    assert (parse(name).json, parse(name).quick) == (False, False)


def test_no_benchmark_is_a_wrong_argument() -> None:
    with pytest.raises(SystemExit) as left:
        parse()
    assert left.value.code == 2
