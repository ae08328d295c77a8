import re
import string

import pytest

from tongshi.audit.fault import LESSER, PARTS, WORDS, Fault, Finding

FACTS: dict[str, str | int | float] = {
    "line": 4,
    "found": "ab",
    "number": 2,
    "last": 9,
    "after": 3,
    "entry": 7,
    "part": "look",
    "by": 1.5,
}


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_told_in_both_languages(fault: Fault) -> None:
    finding = Finding(fault, 5, FACTS)
    chinese, english = finding.say(0), finding.say(1)
    assert re.search("[一-鿿]", chinese)
    assert english.isascii()
    assert "{" not in chinese + english


@pytest.mark.parametrize("fault", Fault)
def test_both_languages_tell_the_same_facts(fault: Fault) -> None:
    named = [
        {name for _, name, _, _ in string.Formatter().parse(text) if name} for text in WORDS[fault]
    ]
    assert named[0] == named[1]


def test_the_rows_of_an_entry_have_names() -> None:
    ending = Finding(Fault.ROW_MISSING, 5, {"part": "ending", "entry": 7})
    assert "the ending of register entry 7" in ending.say(1)
    assert "结束行" in ending.say(0)
    assert set(PARTS) == {"look", "ending"}


def test_only_times_are_lesser() -> None:
    assert {fault.value.partition(".")[0] for fault in LESSER} == {"clock"}
    assert all(Finding(fault).grave == (fault not in LESSER) for fault in Fault)
