"""Digest authentication, both sides: RFC 2617 (MD5) and RFC 7616 (SHA-256), with and without qop.

In: header values, passwords, the time.  Out: header values and verdicts.  Nonces are stateless: a
peer that asks for a challenge and goes away costs no memory.
"""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Challenge:
    """WWW-Authenticate or Proxy-Authenticate.

    algorithm: as sent, "" when absent (MD5 is meant).  qop: options offered, () for RFC 2069 style.
    """

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: tuple[str, ...] = ("auth",)
    opaque: str = ""
    stale: bool = False

    @classmethod
    def parse(cls, text: str) -> "Challenge":
        """Return the challenge in a header value; raises RemoteProtocolError."""
        raise NotImplementedError

    def __str__(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Credentials:
    """Authorization or Proxy-Authorization.  nc: eight hex digits as sent; "" where absent."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = ""
    qop: str = ""
    nc: str = ""
    cnonce: str = ""
    opaque: str = ""

    @classmethod
    def parse(cls, text: str) -> "Credentials":
        """Return the credentials in a header value; raises RemoteProtocolError."""
        raise NotImplementedError

    def __str__(self) -> str:
        raise NotImplementedError


def answer(
    challenge: Challenge,
    *,
    method: str,
    uri: str,
    username: str,
    password: str,
    cnonce: str,
    count: int = 1,
    body: bytes = b"",
) -> Credentials:
    """Return the client's answer to *challenge*.

    cnonce: fresh at each call.  count: how often this nonce has been answered, from 1.
    Raises RemoteProtocolError when the algorithm or every qop offered is unknown.
    """
    raise NotImplementedError


def verify(credentials: Credentials, *, method: str, password: str, body: bytes = b"") -> bool:
    """Whether *credentials* prove the password.  Uses their own uri and realm, as sent.

    The nonce is :meth:`Nonces.judge`'s business.
    """
    raise NotImplementedError


class Freshness(Enum):
    """What a nonce turned out to be."""

    FRESH = "fresh"
    STALE = "stale"
    FOREIGN = "foreign"


class Nonces:
    """Nonces that carry their own proof: time of issue and a keyed digest over it.

    lifetime: s in which a nonce is fresh.  A captured answer can be replayed for as long, for the
    same method, uri and binding only.
    """

    def __init__(self, secret: bytes, *, lifetime: float = 300.0) -> None:
        raise NotImplementedError

    def issue(self, now: float, binding: str = "") -> str:
        """Return a nonce.  binding: what it is good for only, as the peer's address."""
        raise NotImplementedError

    def judge(self, nonce: str, now: float, binding: str = "") -> Freshness:
        """Return whether *nonce* is ours and young; STALE ones deserve ``stale=true``."""
        raise NotImplementedError
