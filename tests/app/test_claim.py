import fcntl
from pathlib import Path

import pytest

from tongshi.app.claim import FILE, Claim
from tongshi.errors import Conflict, Invalid


def test_a_directory_has_one_holder_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    first = Claim(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(Conflict, match="another node runs on the data directory"):
        Claim(folder)
    first.release()
    Claim(folder).release()


def test_a_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Invalid, match="cannot be used: Not a directory"):
        Claim(tmp_path / "file" / "data")


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: int, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(Invalid, match=rf"{FILE} cannot be locked: Operation not supported"):
        Claim(tmp_path)
