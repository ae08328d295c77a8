import pytest

from tongshi.media.fmp4 import Fragmenter
from tongshi.media.unit import AccessUnit
from tongshi.testing.targets.streams import TARGETS, Stuck


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_and_rubbish_are_counted(name: str) -> None:
    for data in (b"", b"\0", b"\xff" * 50, b"\0\0\1" * 50, b"\0\0\1\xba" * 50):
        TARGETS[name](data)


def test_a_viewer_that_reads_nothing_has_all_of_it_waiting() -> None:
    viewer = Stuck()
    viewer.send(b"123")
    assert viewer.backlog() == 3


def test_a_defect_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(fragmenter: Fragmenter, unit: AccessUnit) -> bytes:
        raise ValueError("byte must be in range(0, 256)")

    monkeypatch.setattr(Fragmenter, "fragment", fail)
    with pytest.raises(ValueError, match="byte must be"):
        TARGETS["media.fragments"](b"")
