from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tongshi.audit.key.service import FILE, PUBLIC, make_key, open_key, public_key, read_public
from tongshi.errors import Invalid, Missing


def test_a_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with pytest.raises(Missing):
        open_key(folder)
    made = make_key(folder).public_key().public_bytes_raw()
    assert open_key(folder).public_key().public_bytes_raw() == made
    assert public_key(folder) == made
    assert read_public(folder / PUBLIC) == made
    with pytest.raises(Invalid, match="no audit key can be made"):
        make_key(folder)
    assert public_key(folder) == made


def test_nobody_but_the_owner_reads_the_key(tmp_path: Path) -> None:
    make_key(tmp_path)
    path = tmp_path / FILE
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    open_key(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_key_is_told(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_bytes(b"nothing")
    with pytest.raises(Invalid, match="damaged"):
        open_key(tmp_path)
    other = X25519PrivateKey.generate()
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(Invalid, match="another kind"):
        open_key(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(Invalid, match="cannot be read"):
        open_key(tmp_path)


def test_a_public_key_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        read_public(tmp_path / "none")
    (tmp_path / "x").write_text("nothing")
    with pytest.raises(Invalid, match="public key"):
        read_public(tmp_path / "x")
