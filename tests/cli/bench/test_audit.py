import argparse

from tongshi.cli.bench import audit


def test_every_figure_has_a_value() -> None:
    parser = argparse.ArgumentParser()
    audit.add_arguments(parser)
    given = parser.parse_args(["--entries", "300"])
    report = audit.measure(argparse.Namespace(**vars(given), quick=True))
    assert report.ok
    names = {"chained", "batched", "looks", "endings", "verified", "read"}
    assert set(report.figures) == names
    assert all(figure.unit == "1/s" for figure in report.figures.values())
    assert all(value > 0 for figure in report.figures.values() for value in figure.values)
