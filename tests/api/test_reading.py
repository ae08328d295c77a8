from pathlib import Path

import pytest

from tongshi.api.reading import opened


def test_a_part_is_read_and_the_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    with opened(path, 4) as file:
        assert file.read(3) == b"456"
    assert file.closed


def test_it_is_closed_when_the_reader_fails(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="x"), opened(path, 0) as file:
        raise ValueError("x")
    assert file.closed
