"""``docs/conformance.md`` is what the tests say, and markers name clauses that there are."""

import re

import pytest

from tongshi.testing.conformance import CLAUSES, PAGE, collect, load, page, strangers

ROWS = load(CLAUSES.read_text("utf-8"))


@pytest.fixture(scope="module")
def proofs() -> dict[str, list[str]]:
    return collect()


def test_every_marker_names_a_clause(proofs: dict[str, list[str]]) -> None:
    assert not strangers(ROWS, proofs)


def test_the_page_is_fresh(proofs: dict[str, list[str]]) -> None:
    assert PAGE.read_text("utf-8") == page(ROWS, proofs), "run `make docs`: it is stale"


def test_the_line_is_refused(proofs: dict[str, list[str]]) -> None:
    refused = {row.number for row in ROWS if row.refused}
    assert refused == {"A.2.3.1.14", "A.4"}
    assert proofs["A.2.3.1.14"]


def test_rows_stand_in_the_order_of_the_standard() -> None:
    keys = [
        [(not step.isdigit(), int(step) if step.isdigit() else 0, step) for step in parts]
        for parts in (re.split(r"\.", row.number) for row in ROWS)
    ]
    assert keys == sorted(keys)
    assert all(row.chinese and row.english for row in ROWS)
