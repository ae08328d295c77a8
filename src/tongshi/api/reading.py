"""A file while a part of it is sent: open as long as that takes, however it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def opened(path: Path, at: int) -> Iterator[BinaryIO]:
    """Give the file *path*, at its byte *at*.

    Opened and closed where it is asked for, not in a thread: who is cancelled while he waits for a
    thread never gets the file that it opened, and nobody closes it.
    """
    with path.open("rb") as file:
        file.seek(at)
        yield file
