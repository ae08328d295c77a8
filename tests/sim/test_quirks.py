import re
from pathlib import Path

import pytest

from tongshi.errors import Invalid
from tongshi.sim.quirk import Layer
from tongshi.sim.quirks import NONE, QUIRKS, Quirks

SOURCE = Path(__file__).parent.parent.parent / "src" / "tongshi" / "sim"


def test_every_row_says_what_it_does_in_both_languages() -> None:
    for name, row in QUIRKS.items():
        assert row.name == name
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert re.search(r"[\u4e00-\u9fff]", row.zh)
        assert re.fullmatch(r"[\x20-\x7e]{10,}", row.en)
        assert row.source


def test_every_row_is_carried_out_somewhere() -> None:
    code = "".join(
        path.read_text("utf-8")
        for path in SOURCE.glob("*.py")
        if not path.name.startswith("quirk") and path.name != "town.py"
    )
    assert [name for name in QUIRKS if f'"{name}"' not in code] == []


def test_only_faults_keep_the_picture_away() -> None:
    assert {row.layer for row in QUIRKS.values() if not row.playable} == {Layer.FAULT}


def test_names_make_a_choice() -> None:
    chosen = Quirks.of(["no-psm", "die-silently=30", " ssrc-zero "])
    assert list(chosen) == ["no-psm", "die-silently", "ssrc-zero"]
    assert "no-psm" in chosen
    assert "port-zero" not in chosen
    assert chosen.value("die-silently") == 30
    assert chosen.value("no-marker") is None
    assert chosen.within(Layer.PS) == {"no-psm"}
    assert not chosen.playable
    assert not chosen.listed
    assert not chosen.online


def test_nothing_chosen_is_a_good_device() -> None:
    assert NONE.playable
    assert NONE.listed
    assert NONE.online
    assert Quirks.of(["die-silently"]).value("die-silently") == 0


@pytest.mark.parametrize("name", ["unheard-of", "no-psm=3", "die-silently=soon", ""])
def test_what_is_no_quirk_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        Quirks.of([name])


def test_asking_for_an_unknown_name_is_a_defect() -> None:
    with pytest.raises(KeyError):
        assert "nothing" in NONE
