import json

from tongshi.cli.bench.report import Figure, Report, machine


def test_a_figure_is_told_by_median_and_range() -> None:
    assert Figure("1/s", [3.0, 1.0, 2.00004]).summary() == {
        "median": 2.0,
        "min": 1.0,
        "max": 3.0,
        "unit": "1/s",
    }


def test_the_object_has_the_agreed_shape() -> None:
    report = Report("Sent and counted.")
    report.add("rate", "1/s", [10.0])
    told = json.loads(report.as_json())
    assert told["ok"] is True
    assert told["figures"]["rate"] == {"median": 10.0, "min": 10.0, "max": 10.0, "unit": "1/s"}
    assert told["machine"]["cores"] == machine()["cores"]
    assert "rate" in report.as_text()


def test_a_figure_without_runs_is_a_failure() -> None:
    report = Report("Sent and counted.")
    report.add("rate", "1/s", [])
    assert report.as_object()["ok"] is False
    assert "rate: no run gave a value" in report.notes
