import argparse
from pathlib import Path

import pytest

from tongshi.cli import pages
from tongshi.cli.pages import PAGES, settings_page


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    pages.add_arguments(parser)
    return parser.parse_args(words)


def test_pages_are_written_where_they_are_stale(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    assert pages.run(parse("--folder", str(folder), "--check")) == 1
    assert not folder.exists()
    assert pages.run(parse("--folder", str(folder))) == 0
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == {
        name: write() for name, write in PAGES.items()
    }
    assert pages.run(parse("--folder", str(folder), "--check")) == 0
    (folder / "settings.md").write_text("old", "utf-8")
    fresh = (folder / "simulate.md").stat().st_mtime_ns
    assert pages.run(parse("--folder", str(folder), "--check")) == 1
    assert pages.run(parse("--folder", str(folder))) == 0
    assert (folder / "settings.md").read_text("utf-8") == settings_page()
    assert (folder / "simulate.md").stat().st_mtime_ns == fresh


def test_they_belong_below_docs() -> None:
    assert parse().folder == Path("docs")


@pytest.mark.parametrize(
    "row",
    [
        "| `listen` | `0.0.0.0:5060` |  |  |",  # text without bounds
        "| `realm` | (empty) |  |  |",  # no default
        "| `keepalive` | `60.0` | s | 0.1 .. 3600 |",  # bounds and a unit
        "| `viewer_backlog` | `2000000` | byte | 65536 .. |",  # one bound
        "| `qop` | true |  |  |",  # yes or no, as TOML spells it
        "| `transport` | `udp` |  | udp, tcp-passive, tcp-active |",  # choices
    ],
)
def test_a_row_tells_default_unit_and_range(row: str) -> None:
    assert row in settings_page()
