"""A data directory belongs to one running node at a time."""

import fcntl
import os
from pathlib import Path

from tongshi.errors import Conflict, Invalid

FILE = "tongshi.lock"
"""Name of the file in the data directory that a running node holds locked."""


class Claim:
    """A locked file in *folder*, which is made when it is not there.

    A second node on the same store would take the first for dead, and end its looks in the
    access register.  The system gives the lock back when the process ends, however it ends; child
    processes do not inherit it.

    Raises Conflict while another node holds *folder*, Invalid when it cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            text = f"the data directory {folder} cannot be used: {error.strerror}"
            raise Invalid(text) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            if isinstance(error, BlockingIOError):
                raise Conflict(f"another node runs on the data directory {folder}") from None
            raise Invalid(f"{path} cannot be locked: {error.strerror}") from None

    def release(self) -> None:
        """Let others have the directory.  The file stays: removing it would race with them."""
        os.close(self._file)
