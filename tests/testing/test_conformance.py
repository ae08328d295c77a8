from pathlib import Path

import pytest

from tongshi.errors import Invalid
from tongshi.testing import conformance
from tongshi.testing.conformance import (
    Clause,
    collect,
    load,
    main,
    page,
    read_proofs,
    strangers,
)

TABLE = """
[[clause]]
number = "9.1"
title = ["注册", "Registration"]

[[clause]]
number = "9.1.1"
title = ["要求", "Requirements"]
role = "platform"
editions = "new"
deviation = "a|b"

[[clause]]
number = "A.2.3.1"
title = ["跟踪", "Tracking"]
refused = "the line"

[[clause]]
number = "B"
title = ["回放", "Playback"]
"""
CLAUSES = load(TABLE)
PAIRS = (
    "9.1.1\ttests/sip/test_a.py::test_x[1]\n9.1.1\ttests/sip/test_a.py::test_x[2]\n"
    "9.1.1\ttests/sip/test_a.py::test_w\n9.1.1\ttests/test_b.py::test_y\n"
    "A.2.3.1\ttests/test_b.py::test_y\n"
)


def test_the_table_is_read() -> None:
    assert CLAUSES[0] == Clause("9.1", "注册", "Registration")
    assert CLAUSES[1].deviation == "a|b"
    with pytest.raises(Invalid, match="stand twice"):
        load(TABLE + '\n[[clause]]\nnumber = "B"\ntitle = ["", ""]\n')


def test_tests_are_named_without_their_parameters() -> None:
    assert read_proofs(PAIRS) == {
        "9.1.1": ["sip/test_a.py::test_w", "sip/test_a.py::test_x", "test_b.py::test_y"],
        "A.2.3.1": ["test_b.py::test_y"],
    }


def test_the_page_says_what_the_tests_prove_and_nothing_else() -> None:
    text = page(CLAUSES, read_proofs(PAIRS))
    rows = {line.split(" | ")[0].lstrip("| "): line for line in text.splitlines() if "|" in line}
    assert "below 见下: 1/1" in rows["9.1"]
    assert "platform 平台 | supported 支持 | new | a\\|b" in rows["9.1.1"]
    assert "`sip/test_a.py`: w, x; `test_b.py`: y" in rows["9.1.1"]
    assert "refused 拒绝" in rows["A.2.3.1"]
    assert "the line | `test_b.py`: y" in rows["A.2.3.1"]
    assert "not proven 未证明" in rows["B"]
    assert "4 rows 条: 1 supported 支持; 1 refused 拒绝; 1 not proven 未证明:\nB." in text
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## 9.1",
        "## A.2.3",
        "## B",
    ]
    assert "\nnone 无." in page(CLAUSES[:3], read_proofs(PAIRS))


def test_a_marker_that_names_no_clause_is_told() -> None:
    proofs = {"9.9.9": ["test_b.py::test_y"], "B": ["test_b.py::test_y"]}
    assert strangers(CLAUSES, proofs) == {"9.9.9": ["test_b.py::test_y"]}
    with pytest.raises(Invalid, match=r"9\.9\.9: test_b\.py::test_y"):
        page(CLAUSES, proofs)


def project(folder: Path, body: str) -> Path:
    (folder / "tests").mkdir()
    (folder / "tests" / "test_a.py").write_text(body, "utf-8")
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers = clause(name, ...): proves\naddopts = --strict-markers\n", "utf-8"
    )
    return folder


def test_markers_of_functions_modules_and_parameters_are_collected(tmp_path: Path) -> None:
    body = """
import pytest

pytestmark = pytest.mark.clause("9.1")


@pytest.mark.clause("9.1.1", "B")
@pytest.mark.parametrize("x", [1, pytest.param(2, marks=pytest.mark.clause("A.2.3.1"))])
def test_x(x: int) -> None:
    assert x
"""
    everything = ["test_a.py::test_x"]
    assert collect(project(tmp_path, body)) == {
        "9.1": everything,
        "9.1.1": everything,
        "A.2.3.1": everything,
        "B": everything,
    }


def test_tests_that_cannot_be_collected_prove_nothing(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be collected"):
        collect(project(tmp_path, "import nothing_of_that_name\n"))


def test_the_page_is_written_or_only_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "clauses.toml"
    table.write_text(TABLE, "utf-8")
    monkeypatch.setattr(conformance, "CLAUSES", table)
    monkeypatch.setattr(conformance, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(conformance, "collect", lambda: read_proofs(PAIRS))
    assert main(["--check"]) == 1
    assert main([]) == 0
    assert main(["--check"]) == 0
    assert (tmp_path / "page.md").read_text("utf-8").startswith("# Conformance")
    (tmp_path / "page.md").write_text("stale", "utf-8")
    assert main(["--check"]) == 1
