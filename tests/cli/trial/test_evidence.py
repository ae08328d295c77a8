"""The audit chain: what holds, and what is told when it does not."""

from collections.abc import Callable
from typing import Any

import pytest

from tongshi.audit.statement import read_line
from tongshi.cli.trial import evidence

pytestmark = pytest.mark.network

Make = Callable[[Any], str]
Plant = Callable[[str, Callable[[Any], Any]], None]


def test_what_holds(holds: Make) -> None:
    told = holds(evidence.chain)
    assert "entries hold; found when edited (entry.edited at " in told
    assert "cut off (file.cut at" in told


def test_a_chain_that_does_not_hold(breaks: Make, lie: Plant) -> None:
    lie("GET /audit/verify", lambda told: {**told, "holds": False})
    assert breaks(evidence.chain).startswith("the chain does not hold")


def test_a_chain_of_somebody_else(breaks: Make, lie: Plant) -> None:
    lie("GET /audit/key", lambda told: {**told, "key": "00" * 32})
    assert breaks(evidence.chain).startswith("key: the interface says")


def test_an_act_that_is_not_in_it(breaks: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "ACTS", ("person.added", "firmware.added-by-nobody"))
    assert breaks(evidence.chain) == "not in the chain: ['firmware.added-by-nobody']"


def test_a_spoiling_that_is_not_found(breaks: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "SPOILINGS", (("left alone", lambda lines, at: None),))
    assert breaks(evidence.chain).endswith("and it holds")


def test_an_export_that_is_spoilt(breaks: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "read_line", lambda text: {**read_line(text), "person": "x"})
    assert breaks(evidence.chain).startswith("the export does not hold")
