"""Hashing of passwords, a bounded number at once: each takes 64 MiB for a moment."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from tongshi.access.identity import LONGEST, spell_password
from tongshi.errors import Exhausted

WAIT = 10.0
"""How long somebody waits for a turn, s."""
AT_ONCE = 2
"""Passwords checked at once."""


class Hashing:
    """argon2id, 3 passes over 64 MiB unless told otherwise.  Safe to use from any thread."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        # Checked where there is no account, so that the answer takes as long.
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn at hashing; raises Exhausted."""
        if not self._turns.acquire(timeout=WAIT):
            raise Exhausted("too many sign-ins at once", resource="sign-in")
        try:
            yield
        finally:
            self._turns.release()

    def spell(self) -> str:
        """Return a fresh password to be read aloud."""
        return spell_password(secrets.token_bytes(20))

    def hash(self, password: str) -> str:
        """Return what is stored of *password*; waits for a turn."""
        with self.turn():
            return self._hasher.hash(password.encode("utf-8", "replace"))

    def verify(self, hashed: str | None, password: str) -> bool:
        """Say whether *password* is the one of *hashed*; for the caller's own turn.

        With None the same work is done, for nothing.
        """
        try:
            right = self._hasher.verify(
                hashed or self._nobody, password[:LONGEST].encode("utf-8", "replace")
            )
        except VerificationError:
            return False
        return right and hashed is not None

    def is_old(self, hashed: str) -> bool:
        """Say whether *hashed* was made under weaker parameters than these."""
        return self._hasher.check_needs_rehash(hashed)
