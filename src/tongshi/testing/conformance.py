"""``docs/conformance.md``: what of the standard is supported, and which tests prove it.

    python -m tongshi.testing.conformance [--check]

In: the clauses (``tests/conformance/clauses.toml``) and the tests that carry their numbers as
markers.  Out: a row a clause.  A clause is supported when a collected test carries its marker,
and not otherwise: nobody can write it by hand.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tongshi.errors import Invalid
from tongshi.testing.proofs import VARIABLE

TOP = Path(__file__).parents[3]
CLAUSES = TOP / "tests" / "conformance" / "clauses.toml"
PAGE = TOP / "docs" / "conformance.md"
_ROLES = {"both": "both 双方", "platform": "platform 平台", "device": "device 设备"}
Proofs = Mapping[str, Sequence[str]]
"""Test functions by clause: ``sim/test_player.py::test_a_pause_loses_no_frame``."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A numbered clause.

    role: which side it concerns.  editions: what differs in 2016 and 2011.
    deviation: what is done otherwise.  refused: why it is not done at all.
    """

    number: str
    chinese: str
    english: str
    role: str = "both"
    editions: str = ""
    deviation: str = ""
    refused: str = ""


def load(text: str) -> tuple[Clause, ...]:
    """Return the clauses in *text*, TOML; raises Invalid for one that stands twice."""
    found = []
    for row in tomllib.loads(text)["clause"]:
        chinese, english = row.pop("title")
        found.append(Clause(chinese=chinese, english=english, **row))
    numbers = [clause.number for clause in found]
    twice = {number for number in numbers if numbers.count(number) > 1}
    if twice:
        raise Invalid("clauses stand twice", faults=tuple(sorted(twice)))
    return tuple(found)


def read_proofs(lines: str) -> dict[str, list[str]]:
    """Return the tests of each clause, parameters left out, from the plug-in's *lines*."""
    proofs: dict[str, list[str]] = {}
    for line in lines.splitlines():
        clause, _, node = line.partition("\t")
        test = node.partition("[")[0].removeprefix("tests/")
        tests = proofs.setdefault(clause, [])
        if test not in tests:
            tests.append(test)
    return {clause: sorted(tests) for clause, tests in proofs.items()}


def collect(top: Path = TOP) -> dict[str, list[str]]:
    """Return the tests of each clause, as pytest collects them in *top*."""
    with tempfile.TemporaryDirectory() as folder:
        pairs = Path(folder) / "pairs"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "--collect-only", "-q"),
                *("-p", "tongshi.testing.proofs", "-p", "no:cacheprovider", "tests"),
            ],
            cwd=top,
            env=os.environ | {VARIABLE: str(pairs)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not pairs.exists():
            raise Invalid(f"the tests cannot be collected: {(done.stdout + done.stderr)[-2000:]}")
        return read_proofs(pairs.read_text("utf-8"))


def strangers(clauses: Sequence[Clause], proofs: Proofs) -> dict[str, Sequence[str]]:
    """Return the markers that name no clause, with the tests that carry them."""
    known = {clause.number for clause in clauses}
    return {number: tests for number, tests in proofs.items() if number not in known}


def page(clauses: Sequence[Clause], proofs: Proofs) -> str:
    """Return the page; raises Invalid for a marker that names no clause."""
    unknown = strangers(clauses, proofs)
    if unknown:
        faults = tuple(f"{number}: {', '.join(tests)}" for number, tests in unknown.items())
        raise Invalid("markers name no clause", faults=faults)
    supported = [clause for clause in clauses if proofs.get(clause.number) and not clause.refused]
    open_ones = [
        clause.number
        for clause in clauses
        if not proofs.get(clause.number) and not clause.refused and not _below(clause, clauses)
    ]
    parts = [
        _HEAD.format(
            rows=len(clauses),
            supported=len(supported),
            refused=sum(bool(clause.refused) for clause in clauses),
            open=len(open_ones),
            which=", ".join(open_ones) or "none 无",
        )
    ]
    for chapter, rows in groupby(clauses, _chapter):
        parts.append(f"\n## {chapter}\n\n{_TITLES}")
        parts += [_row(clause, clauses, proofs) for clause in rows]
    return "\n".join(parts) + "\n"


def _chapter(clause: Clause) -> str:
    steps = clause.number.split(".")
    if clause.number[0].isdigit():
        return ".".join(steps[:2]) if steps[0] == "9" else steps[0]
    return ".".join(steps[:3]) if steps[0] == "A" and len(steps) > 2 else steps[0]


def _row(clause: Clause, clauses: Sequence[Clause], proofs: Proofs) -> str:
    cells = (
        clause.number,
        clause.chinese,
        clause.english,
        _ROLES[clause.role],
        _state(clause, clauses, proofs),
        clause.editions,
        clause.refused or clause.deviation,
        _tests(proofs.get(clause.number, ())),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _below(clause: Clause, clauses: Sequence[Clause]) -> list[Clause]:
    return [other for other in clauses if other.number.startswith(f"{clause.number}.")]


def _state(clause: Clause, clauses: Sequence[Clause], proofs: Proofs) -> str:
    if clause.refused:
        return "refused 拒绝"
    if proofs.get(clause.number):
        return "supported 支持"
    below = _below(clause, clauses)
    if not below:
        return "not proven 未证明"
    proven = sum(bool(proofs.get(other.number)) for other in below)
    return f"below 见下: {proven}/{len(below)}"


def _tests(tests: Sequence[str]) -> str:
    """Return *tests*, file by file."""
    files = groupby(tests, lambda test: test.partition("::")[0])
    return "; ".join(
        f"`{file}`: {', '.join(test.partition('::')[2].removeprefix('test_') for test in group)}"
        for file, group in files
    )


_HEAD = """# Conformance 符合性

Written by `make docs` from `tests/conformance/clauses.toml` and the tests that carry the number of
a clause of GB/T 28181-2022 as a marker. A clause is supported when a test that is collected
carries its marker; without one it is not proven, whatever the code does. Refused clauses cross
the line: cameras, never people. Tests are named without `tests/` and `test_`.

本页由 `make docs` 根据条款表和测试标记生成：有测试证明的条款才写“支持”，
没有测试的写“未证明”；“拒绝”的条款越过了本项目的底线：只管摄像机，不管人。

{rows} rows 条: {supported} supported 支持; {refused} refused 拒绝; {open} not proven 未证明:
{which}."""
_TITLES = "\n".join(
    (
        "| clause 条款 | 标题 | title | role 角色 | state 状态 | 2016, 2011 "
        "| deviation 偏离 | tests 测试 |",
        "|---|---|---|---|---|---|---|---|",
    )
)


def main(arguments: Sequence[str]) -> int:
    """Write the page; with ``--check`` only tell, by 1, that it is stale."""
    text = page(load(CLAUSES.read_text("utf-8")), collect())
    if "--check" in arguments:
        return int(not PAGE.exists() or PAGE.read_text("utf-8") != text)
    PAGE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
