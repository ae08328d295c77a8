"""Digest authentication, both sides: RFC 2617 (MD5) and RFC 7616 (SHA-256), with and without qop.

In: header values, passwords, the time.  Out: header values and verdicts.  Nonces are stateless: a
peer that asks for a challenge and goes away costs no memory.

Devices in the field know MD5, mostly without qop, and some answer only when the challenge names
its algorithm; so a :class:`Challenge` names MD5 unless told otherwise.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tongshi.errors import RemoteProtocolError

_CLAUSE = "RFC 7616 3"
_PARAM = re.compile(
    r'\s*([A-Za-z0-9_\-]+)\s*=\s*(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s",]*))\s*(?:,|$)', re.S
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """WWW-Authenticate or Proxy-Authenticate.

    algorithm: as sent, "" when absent (MD5 is meant).  qop: options offered, () for none.
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
        params = _read(text)
        options = params.get("qop", "").replace(",", " ").split()
        return cls(
            realm=_need(params, "realm"),
            nonce=_need(params, "nonce"),
            algorithm=params.get("algorithm", ""),
            qop=tuple(options),
            opaque=params.get("opaque", ""),
            stale=params.get("stale", "").lower() == "true",
        )

    def __str__(self) -> str:
        parts = [f"Digest realm={_quote(self.realm)}", f"nonce={_quote(self.nonce)}"]
        if self.opaque:
            parts.append(f"opaque={_quote(self.opaque)}")
        if self.stale:
            parts.append("stale=true")
        if self.algorithm:
            parts.append(f"algorithm={self.algorithm}")
        if self.qop:
            parts.append(f'qop="{",".join(self.qop)}"')
        return ", ".join(parts)


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
        params = _read(text)
        told = params.get
        return cls(  # by position: this is done at every registration
            _need(params, "username"),
            _need(params, "realm"),
            _need(params, "nonce"),
            _need(params, "uri"),
            _need(params, "response"),
            told("algorithm", ""),
            told("qop", ""),
            told("nc", ""),
            told("cnonce", ""),
            told("opaque", ""),
        )

    def __str__(self) -> str:
        parts = [
            f"Digest username={_quote(self.username)}",
            f"realm={_quote(self.realm)}",
            f"nonce={_quote(self.nonce)}",
            f"uri={_quote(self.uri)}",
            f"response={_quote(self.response)}",
        ]
        if self.algorithm:
            parts.append(f"algorithm={self.algorithm}")
        if self.opaque:
            parts.append(f"opaque={_quote(self.opaque)}")
        if self.qop:
            parts += [f"qop={self.qop}", f"nc={self.nc}"]
        if self.cnonce:
            parts.append(f"cnonce={_quote(self.cnonce)}")
        return ", ".join(parts)


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
    ``auth`` is taken where the challenge offers it, else ``auth-int``.
    Raises RemoteProtocolError when the algorithm or every qop offered is unknown.
    """
    _hash(challenge.algorithm)
    qop = ""
    if challenge.qop:
        offered = [option.lower() for option in challenge.qop]
        known = [option for option in ("auth", "auth-int") if option in offered]
        if not known:
            raise RemoteProtocolError(f"no qop is known of {challenge.qop}", clause=_CLAUSE)
        qop = known[0]
    session = challenge.algorithm.lower().endswith("-sess")
    unproven = Credentials(
        username=username,
        realm=challenge.realm,
        nonce=challenge.nonce,
        uri=uri,
        response="",
        algorithm=challenge.algorithm,
        qop=qop,
        nc=f"{count:08x}" if qop else "",
        cnonce=cnonce if qop or session else "",
        opaque=challenge.opaque,
    )
    proof = _prove(unproven, method, password, body)
    return Credentials(
        username=username,
        realm=challenge.realm,
        nonce=challenge.nonce,
        uri=uri,
        response=proof,
        algorithm=challenge.algorithm,
        qop=qop,
        nc=unproven.nc,
        cnonce=unproven.cnonce,
        opaque=challenge.opaque,
    )


def verify(
    credentials: Credentials, *, method: str, password: "str | Hashed", body: bytes = b""
) -> bool:
    """Whether *credentials* prove the password.

    Their own realm and uri count, as sent: behind a NAT, and with some makers, uri is not the
    Request-URI.  That realm and algorithm are those asked for is the caller's to compare, and the
    nonce is :meth:`Nonces.judge`'s.  An algorithm or qop that is unknown proves nothing; nor does
    a realm or user for which no hash is kept.
    """
    try:
        proof = _prove(credentials, method, password, body)
    except RemoteProtocolError:
        return False
    given = credentials.response.lower().encode("utf-8", "surrogateescape")
    return proof != "" and hmac.compare_digest(proof.encode(), given)


@dataclass(frozen=True, slots=True)
class Hashed:
    """A password that nobody can read any more: H(username:realm:password) in each algorithm.

    It proves answers of that user in that realm only.
    """

    username: str
    realm: str
    md5: str
    sha256: str

    @classmethod
    def of(cls, username: str, realm: str, password: str) -> "Hashed":
        """Return the hashes of *password*."""
        told = _bytes(f"{username}:{realm}:{password}")
        return cls(username, realm, _md5(told), _sha256(told))

    def __repr__(self) -> str:
        return f"Hashed({self.username!r}, {self.realm!r})"  # hashes are as good as the password

    def fits(self, credentials: Credentials) -> bool:
        """Whether an answer under this user and realm can be proved at all."""
        return credentials.username == self.username and credentials.realm == self.realm


def _prove(credentials: Credentials, method: str, password: str | Hashed, body: bytes) -> str:
    """Return the response that fits *credentials*, lower-case hex (RFC 7616 3.4.1).

    ``""`` where only hashes of another user or realm are kept.
    """
    digest = _hash(credentials.algorithm)
    if isinstance(password, str):
        first = digest(_bytes(f"{credentials.username}:{credentials.realm}:{password}"))
    elif password.fits(credentials):
        first = password.md5 if digest is _md5 else password.sha256
    else:
        return ""
    if credentials.algorithm.lower().endswith("-sess"):
        first = digest(_bytes(f"{first}:{credentials.nonce}:{credentials.cnonce}"))
    qop = credentials.qop.lower()
    if qop == "auth-int":
        second = digest(_bytes(f"{method}:{credentials.uri}:{digest(body)}"))
    elif qop in ("", "auth"):
        second = digest(_bytes(f"{method}:{credentials.uri}"))
    else:
        raise RemoteProtocolError(f"qop is unknown: {qop[:20]!r}", clause=_CLAUSE)
    if not qop:
        return digest(_bytes(f"{first}:{credentials.nonce}:{second}"))
    middle = f"{credentials.nonce}:{credentials.nc}:{credentials.cnonce}:{credentials.qop}"
    return digest(_bytes(f"{first}:{middle}:{second}"))


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


_HASHES: dict[str, Callable[[bytes], str]] = {
    "": _md5,
    "md5": _md5,
    "md5-sess": _md5,
    "sha-256": _sha256,
    "sha-256-sess": _sha256,
}


def _hash(algorithm: str) -> Callable[[bytes], str]:
    found = _HASHES.get(algorithm.lower())
    if found is None:
        raise RemoteProtocolError(f"algorithm is unknown: {algorithm[:20]!r}", clause=_CLAUSE)
    return found


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class Freshness(Enum):
    """What a nonce turned out to be."""

    FRESH = "fresh"
    STALE = "stale"
    FOREIGN = "foreign"


_STAMP = 12
_TIME = 8
_MAC = 16


class Nonces:
    """Nonces that carry their own proof: time and number of issue and a keyed digest over both.

    secret: at least 16 bytes, of one process; nonces of another are FOREIGN.
    lifetime: s in which a nonce is fresh.  A captured answer can be replayed for as long, with the
    same method and uri, and only by whom *binding* describes; :class:`Uses` notices it.
    """

    def __init__(self, secret: bytes, *, lifetime: float = 60.0) -> None:
        if len(secret) < 16:
            raise ValueError(f"secret has {len(secret)} bytes, fewer than 16")
        self._secret = hashlib.sha256(secret).digest()
        self.lifetime = lifetime
        self._issued = 0

    def issue(self, now: float, binding: str = "") -> str:
        """Return a nonce: 28 hex digits, another at each call.

        now: s, from a clock that does not go back.
        binding: what it is good for only, as the peer's address.
        """
        self._issued = self._issued + 1 & 0xFFFF
        stamp = f"{int(now * 10) & 0xFFFFFFFF:08x}{self._issued:04x}"
        return stamp + self._mac(stamp, binding)

    def judge(self, nonce: str, now: float, binding: str = "") -> Freshness:
        """Return whether *nonce* is ours and young.

        STALE ones deserve ``stale=true`` in the new challenge, so that the device answers again
        without asking for its password; so do FOREIGN ones whose answer proves the password.
        """
        stamp, mac = nonce[:_STAMP], nonce[_STAMP:]
        if len(mac) != _MAC or not hmac.compare_digest(
            _bytes(mac), self._mac(stamp, binding).encode()
        ):
            return Freshness.FOREIGN
        age = (int(now * 10) - int(stamp[:_TIME], 16)) & 0xFFFFFFFF
        return Freshness.FRESH if age <= self.lifetime * 10 else Freshness.STALE

    def _mac(self, stamp: str, binding: str) -> str:
        told = _bytes(f"{stamp} {binding}")
        return hashlib.blake2b(told, key=self._secret, digest_size=_MAC // 2).hexdigest()


class Use(Enum):
    """What a proof turned out to be that came with a good nonce."""

    FIRST = "first"
    REPEAT = "repeat"
    """The same request once more, as UDP makes of a lost answer."""
    REPLAY = "replay"
    """Another request under a proof that was used: overheard, or a client that does not count."""


class Uses:
    """The proofs used lately, so that none serves two requests (RFC 7616 5.5).

    Only proofs that held are kept, those of the last one to two lifetimes, *limit* of each at the
    most: beyond that the oldest are forgotten first and a nonce's own lifetime is what is left.
    replays: seen so far.
    """

    def __init__(self, *, lifetime: float = 60.0, limit: int = 16_384) -> None:
        self.replays = 0
        self._lifetime = lifetime
        self._limit = limit
        self._recent: dict[int, int] = {}
        self._before: dict[int, int] = {}
        self._turned = float("-inf")

    def judge(self, nonce: str, nc: str, request: int, now: float) -> Use:
        """Return what a proof is, and remember it.

        nc: as sent; a higher one makes a proof new.  request: a number that stands for what the
        request asks; the same at each repetition, and hardly for another.
        """
        key = hash(nonce)
        count = _count_of(nc)
        mark = count << _MARK | request & _MARK_MASK
        known = self._recent.get(key)
        if known is None:
            known = self._before.get(key)
        if known is not None:
            if known == mark:
                return Use.REPEAT
            if count <= known >> _MARK:
                self.replays += 1
                return Use.REPLAY
        if now - self._turned > self._lifetime or len(self._recent) >= self._limit:
            self._before, self._recent = self._recent, {}
            self._turned = now
        self._recent[key] = mark
        return Use.FIRST


_MARK = 64
_MARK_MASK = (1 << _MARK) - 1


def _count_of(nc: str) -> int:
    """Return the number that *nc* is; 0 for none and for what is no number."""
    try:
        return max(int(nc, 16), 0) if len(nc) <= 8 else 0
    except ValueError:
        return 0


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _read(text: str) -> dict[str, str]:
    """Return the parameters of a Digest header by lower-case name."""
    scheme, _, rest = text.strip().partition(" ")
    if scheme.lower() != "digest":
        raise RemoteProtocolError(f"scheme is not Digest: {scheme[:20]!r}", clause=_CLAUSE)
    params: dict[str, str] = {}
    at, rest = 0, rest.strip().rstrip(",")
    for found in _PARAM.finditer(rest):
        if found.start() != at:
            break
        name, quoted, plain = found.groups()
        if quoted is not None and "\\" in quoted:
            quoted = re.sub(r"\\(.)", r"\1", quoted, flags=re.S)
        params.setdefault(name.lower(), plain if quoted is None else quoted)
        at = found.end()
    if at < len(rest):
        raise RemoteProtocolError(f"parameter cannot be read: {rest[at:][:40]!r}", clause=_CLAUSE)
    return params


def _need(params: dict[str, str], name: str) -> str:
    if name not in params:
        raise RemoteProtocolError(f"{name} is missing", clause=_CLAUSE)
    return params[name]
