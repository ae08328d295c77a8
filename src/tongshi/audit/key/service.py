"""The Ed25519 key in the data directory: ``audit.key`` (owner only), ``audit.pub`` (for anybody).

The public key is what an auditor keeps: copied once, by hand, it proves later that an export is
this node's.  Every function blocks on the disk.
"""

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tongshi.audit.head import read_key
from tongshi.errors import Invalid, Missing

FILE, PUBLIC = "audit.key", "audit.pub"


def open_key(folder: Path) -> Ed25519PrivateKey:
    """Return the key in *folder*; nobody but its owner may read the file from now on.

    Raises Missing when there is none, Invalid when it is none.
    """
    path = folder / FILE
    try:
        path.chmod(0o600)
        key = load_pem_private_key(path.read_bytes(), None)
    except FileNotFoundError:
        raise Missing(f"there is no audit key at {path}") from None
    except OSError as error:
        raise Invalid(f"the audit key {path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Invalid(f"the audit key {path} is damaged") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Invalid(f"the audit key {path} is of another kind")
    return key


def make_key(folder: Path) -> Ed25519PrivateKey:
    """Return a new key, on the disk in *folder* with its public half beside it.

    Raises Invalid when it cannot be written, or one is there.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes_raw().hex()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(folder / FILE, pem, os.O_EXCL, 0o600)
        _write(folder / PUBLIC, f"ed25519 {public}\n".encode("ascii"), os.O_TRUNC, 0o644)
        _sync(folder)
    except OSError as error:
        raise Invalid(f"no audit key can be made in {folder}: {error.strerror}") from None
    return key


def public_key(folder: Path) -> bytes:
    """Return the public key of the node whose data is in *folder*; raises as `open_key`."""
    return open_key(folder).public_key().public_bytes_raw()


def read_public(path: Path) -> bytes:
    """Return the public key in a file such as ``audit.pub``; raises Invalid."""
    try:
        return read_key(path.read_text("utf-8", "replace")[:1000])
    except OSError as error:
        raise Invalid(f"the key {path} cannot be read: {error.strerror}") from None


def _write(path: Path, content: bytes, flag: int, mode: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | flag, mode)
    try:
        os.write(file, content)
        os.fsync(file)
    finally:
        os.close(file)


def _sync(folder: Path) -> None:
    """Have the names of new files on the disk."""
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
