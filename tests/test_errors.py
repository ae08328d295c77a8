import inspect
from pathlib import Path

from tongshi import errors

CLASSES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.Error)
]


def test_every_code_has_titles_in_both_languages() -> None:
    assert {kind.code for kind in CLASSES} == set(errors.TITLES)
    for chinese, english in errors.TITLES.values():
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
        assert english.isascii()


def test_codes_are_distinct() -> None:
    codes = [kind.code for kind in CLASSES]
    assert len(codes) == len(set(codes))


def test_each_code_has_its_paragraph_in_the_docs() -> None:
    page = (Path(__file__).parent.parent / "docs" / "errors.md").read_text("utf-8")
    for code in errors.TITLES:
        assert f"`{code}`" in page


def test_invalid_tells_every_fault() -> None:
    error = errors.Invalid("settings", faults=("a is low", "b is high"))
    assert str(error) == "settings: a is low; b is high"
    assert error.faults == ("a is low", "b is high")
    assert errors.Invalid("a is low").faults == ("a is low",)


def test_facts_travel_with_the_error() -> None:
    assert errors.Denied("no", helps="grant 7").helps == "grant 7"
    assert errors.Exhausted("no", resource="port").resource == "port"
    remote = errors.RemoteProtocolError("bad", clause="RFC 3261 7.1", status=415)
    assert (remote.status, str(remote)) == (415, "bad [RFC 3261 7.1]")
    refused = errors.PeerRefused("busy", status=486, stage="invite")
    assert (refused.status, refused.stage) == (486, "invite")
    silent = errors.PeerSilent("quiet", timer="B", stage="invite")
    assert (silent.timer, silent.stage) == ("B", "invite")
    assert errors.EngineFailed("broken", stage="decode").stage == "decode"
