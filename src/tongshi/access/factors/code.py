"""One-time codes of RFC 6238, and recovery codes, as rules without chance or clock.

A code is good in its own step of 30 s and in the one before and after, for clocks that differ;
a step that was used, and all before it, open nothing again.
"""

import hashlib
import hmac
from collections.abc import Sequence

from pyotp import HOTP, TOTP

STEP = 30
"""s."""
DIGITS = 6
SLACK = 1
"""Steps by which clocks may differ."""
RECOVERY = 10
"""Recovery codes of one enrolment."""
BYTES = 16
"""Random bytes that a recovery code is spelt from: 80 bits of them are used."""
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32, nothing that looks like another


def is_code(text: str) -> bool:
    """Say whether *text* has the form of a one-time code, spaces aside."""
    bare = "".join(text.split())
    return len(bare) == DIGITS and bare.isascii() and bare.isdigit()


def find_step(secret: str, text: str, wall: float, last: int | None) -> int | None:
    """Return the step whose code *text* is; None when it is wrong or was used.

    secret: base 32.  wall: UNIX time, s.  last: the last step that was used.
    """
    bare = "".join(text.split())
    now = int(wall // STEP)
    codes = HOTP(secret)
    found = None
    for step in range(max(0, now - SLACK), now + SLACK + 1):
        right = hmac.compare_digest(codes.at(step).encode(), bare.encode("utf-8", "replace"))
        if right and (last is None or step > last):
            found = step
    return found


def address_of(secret: str, name: str, issuer: str) -> str:
    """Return the ``otpauth://`` address that a device takes *secret* from."""
    return str(TOTP(secret).provisioning_uri(name=name, issuer_name=issuer.replace(":", " ")))


def spell_codes(draws: Sequence[bytes]) -> tuple[str, ...]:
    """Return recovery codes: four groups of four letters each, one from each of *draws*."""
    return tuple(_spell(draw) for draw in draws)


def _spell(draw: bytes) -> str:
    letters = [_LETTERS[byte % len(_LETTERS)] for byte in draw[:BYTES]]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, BYTES, 4))


def digest_code(text: str) -> str:
    """Return what is stored of a recovery code: 80 random bits need no slow hash."""
    bare = "".join(letter for letter in text.upper() if letter.isalnum())
    return hashlib.sha256(f"tongshi recovery code {bare}".encode("utf-8", "replace")).hexdigest()
