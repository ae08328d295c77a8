from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tongshi.testing.proofs import VARIABLE, pytest_collection_finish


@dataclass
class OneMark:
    args: tuple[object, ...]


@dataclass
class OneItem:
    nodeid: str
    marks: list[OneMark] = field(default_factory=list)

    def iter_markers(self, name: str) -> Iterable[OneMark]:
        assert name == "clause"
        return self.marks


@dataclass
class OneSession:
    items: list[OneItem]


def test_pairs_of_clause_and_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = tmp_path / "pairs"
    monkeypatch.setenv(VARIABLE, str(pairs))
    marked = OneItem("tests/test_a.py::test_x", [OneMark(("9.1", "A.1")), OneMark(("B",))])
    pytest_collection_finish(OneSession([marked, OneItem("tests/test_a.py::test_y")]))
    assert pairs.read_text("utf-8").splitlines() == [
        "9.1\ttests/test_a.py::test_x",
        "A.1\ttests/test_a.py::test_x",
        "B\ttests/test_a.py::test_x",
    ]
