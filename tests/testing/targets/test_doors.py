import pytest

from tongshi.testing.targets import doors
from tongshi.testing.targets.doors import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_and_rubbish_are_refused(name: str) -> None:
    for data in (b"", b"\0", b"\xff" * 50, b"//evil.example", b'{"event":[]}', b"{}", b"[1]"):
        TARGETS[name](data)


def test_a_way_out_of_the_site_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "own_place", lambda text: text)
    TARGETS["console.place"](b"/live")
    with pytest.raises(AssertionError):
        TARGETS["console.place"](b"//evil.example")
