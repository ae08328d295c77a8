"""Enrolling a second factor and spending its codes, with the node's key and chance."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import pyotp
from sqlalchemy import Connection, Engine

from tongshi.access.accounts.store import read_account_of
from tongshi.access.factors import store
from tongshi.access.factors.code import (
    BYTES,
    RECOVERY,
    address_of,
    digest_code,
    find_step,
    is_code,
    spell_codes,
)
from tongshi.access.factors.seal import KEY, NONCE, Seal
from tongshi.access.identity import Account, Way
from tongshi.audit.entry import Actor
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Missing

KEY_NAME = "secrets.key"
"""File of the key in the node's directory: without it no sealed secret opens again."""


def read_key(path: Path) -> bytes:
    """Return the node's key for secrets at rest from *path*; made there if there is none.

    Only the owner of the file may read it.  Raises Conflict for a file that is no key.
    """
    try:
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_bytes()
        if len(key) != KEY:
            raise Conflict(f"{path} is no key: restore it from the backup") from None
        return key
    key = secrets.token_bytes(KEY)
    with os.fdopen(place, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a device is given to make codes.  secret: base 32.  address: for a QR code."""

    secret: str
    address: str


class Factors:
    """Second factors of one node.  issuer: how a device names the node.  Safe from any thread."""

    def __init__(
        self, engine: Engine, writer: Writer, clock: Clock, key: bytes, issuer: str
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._seal = Seal(key)
        self._issuer = issuer

    def enrol(self, person_id: int) -> Enrolment:
        """Return a fresh secret for a person; the one in use stays until a code proves this."""
        account = self._account(person_id)
        secret = pyotp.random_base32()
        sealed = self._seal.close(secret, _about(person_id), secrets.token_bytes(NONCE))
        self._writer.commit(lambda connection: store.write_next(connection, person_id, sealed))
        return self._enrolment(account, secret)

    def pending(self, person_id: int) -> Enrolment:
        """Return what is being enrolled; raises Missing when nothing is."""
        account = self._account(person_id)
        if account.totp_next is None:
            raise Missing("nothing is being enrolled")
        return self._enrolment(account, self._seal.open(account.totp_next, _about(person_id)))

    def adopt(self, connection: Connection, person_id: int, code: str, wall: float) -> bool:
        """Put the pending secret in use if *code* proves it, in the caller's transaction."""
        account = read_account_of(connection, person_id)
        if account is None or account.totp_next is None:
            return False
        secret = self._seal.open(account.totp_next, _about(person_id))
        step = find_step(secret, code, wall, None)
        if step is None:
            return False
        store.write_secret(connection, person_id, account.totp_next, step)
        return True

    def spend(self, connection: Connection, account: Account, code: str, wall: float) -> Way | None:
        """Spend a one-time or a recovery code in the caller's transaction.

        Returns None when it is wrong or was used.
        """
        person_id = account.person.id
        if not is_code(code):
            good = store.use_code(connection, person_id, digest_code(code), wall)
            return Way.RECOVERY if good else None
        if account.totp is None:
            return None
        secret = self._seal.open(account.totp, _about(person_id))
        step = find_step(secret, code, wall, account.totp_last)
        good = step is not None and store.use_step(connection, person_id, step)
        return Way.TOTP if good else None

    def spell(self) -> tuple[str, ...]:
        """Return fresh recovery codes, which are not stored yet."""
        return spell_codes([secrets.token_bytes(BYTES) for _ in range(RECOVERY)])

    def keep(self, connection: Connection, person_id: int, codes: tuple[str, ...]) -> None:
        """Have *codes* replace the recovery codes, in the caller's transaction."""
        store.write_codes(connection, person_id, map(digest_code, codes))

    def renew_codes(self, person_id: int, by: Actor) -> tuple[str, ...]:
        """Return fresh recovery codes, to be told once; the old ones open nothing any more."""
        if self._account(person_id).totp is None:
            raise Conflict("one-time codes are not enrolled")
        codes, wall = self.spell(), self._clock.wall()

        def write(connection: Connection) -> None:
            self.keep(connection, person_id, codes)
            append(connection, wall, by.act("person.codes-renewed", str(person_id)))

        self._writer.commit(write, durable=True)
        return codes

    def remove(self, person_id: int, by: Actor) -> None:
        """Take the second factor off an account; raises Missing, Conflict when there is none."""
        wall = self._clock.wall()
        if self._account(person_id).totp is None:
            raise Conflict("one-time codes are not enrolled")

        def write(connection: Connection) -> None:
            store.clear(connection, person_id)
            append(connection, wall, by.act("person.totp-removed", str(person_id)))

        self._writer.commit(write, durable=True)

    def count_codes(self, person_id: int) -> int:
        """Return how many recovery codes a person has left."""
        with self._engine.connect() as connection:
            return store.count_codes(connection, person_id)

    def _enrolment(self, account: Account, secret: str) -> Enrolment:
        return Enrolment(secret, address_of(secret, account.person.name, self._issuer))

    def _account(self, person_id: int) -> Account:
        with self._engine.connect() as connection:
            account = read_account_of(connection, person_id)
        if account is None:
            raise Missing(f"no such person: {person_id}")
        return account


def _about(person_id: int) -> str:
    return f"totp {person_id}"
