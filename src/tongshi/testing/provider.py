"""A small OpenID Connect provider: real sockets, real signatures, and the faults of bad ones.

Source: OpenID Connect Core 1.0 3.1, Discovery 1.0; RFC 7636.
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT = "tongshi"
KEYWORD = "what a client knows"
BACK = "http://console:8080/sign-in/oidc/callback"


@dataclass(slots=True)
class Asked:
    """What was asked for with a code."""

    back: str
    challenge: str
    nonce: str


@dataclass(slots=True)
class Faults:
    """What the provider does wrong.  claims: put over the right ones.  key: another than it tells.

    status: of every answer but the keys'.  junk: what the token endpoint says instead.
    """

    claims: dict[str, object] = field(default_factory=dict)
    key: ECKey | None = None
    status: int = 200
    junk: bytes = b""
    issuer: str = ""


class Provider:
    """Serves on a port of the loopback interface.  Use as a context manager."""

    def __init__(self, wall: float) -> None:
        self.wall = wall
        self.subject = "li"
        self.email = "li@example.org"
        self.faults = Faults()
        self.asked: dict[str, Asked] = {}
        self.exchanged = 0
        self._key = new_key()
        provider = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer_get(self)

            def do_POST(self) -> None:
                provider.answer_token(self)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def issuer(self) -> str:
        """Its name, which is its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def allow(self, address: str) -> dict[str, str]:
        """Let the person in who came to *address*; return what they bring back."""
        asked = {name: texts[0] for name, texts in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT, BACK)
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = secrets.token_urlsafe(16)
        self.asked[code] = Asked(asked["redirect_uri"], asked["code_challenge"], asked["nonce"])
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def answer_get(self, request: BaseHTTPRequestHandler) -> None:
        """Answer with the discovery document, or with the public key."""
        if request.path == "/keys":
            _send(request, 200, {"keys": [self._key.as_dict(private=False)]})
        elif request.path == "/.well-known/openid-configuration":
            document = {
                "issuer": self.faults.issuer or self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
            _send(request, self.faults.status, document)
        else:
            _send(request, 404, {})

    def answer_token(self, request: BaseHTTPRequestHandler) -> None:
        """Exchange a code, once, for a signed token."""
        size = int(request.headers.get("Content-Length", "0"))
        form = {name: each[0] for name, each in parse_qs(request.rfile.read(size).decode()).items()}
        given = f"{CLIENT}:{KEYWORD}".encode()
        wanted = f"Basic {base64.b64encode(given).decode()}"
        asked = self.asked.pop(form.get("code", ""), None)
        right = (
            request.headers.get("Authorization") == wanted
            and asked is not None
            and form.get("redirect_uri") == asked.back
            and _challenge(form.get("code_verifier", "")) == asked.challenge
        )
        if not right or asked is None:
            _send(request, 400, {"error": "invalid_grant"})
        elif self.faults.junk:
            _send_bytes(request, 200, self.faults.junk)
        else:
            self.exchanged += 1
            _send(request, 200, {"id_token": self.sign(asked.nonce), "token_type": "Bearer"})

    def sign(self, nonce: str) -> str:
        """Return a signed token about its subject."""
        claims: dict[str, object] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": self.subject,
            "nonce": nonce,
            "iat": int(self.wall),
            "exp": int(self.wall) + 300,
            "email": self.email,
            "email_verified": True,
        }
        key = self.faults.key or self._key
        return jwt.encode(
            {"alg": "ES256", "kid": self._key.kid}, {**claims, **self.faults.claims}, key
        )


def new_key() -> ECKey:
    """Return a fresh key for signing."""
    return ECKey.generate_key("P-256", {"use": "sig", "kid": secrets.token_hex(4)})


def bring(answer: Mapping[str, str]) -> str:
    """Return the query that a browser brings back."""
    return urlencode(answer)


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _send(request: BaseHTTPRequestHandler, status: int, told: Mapping[str, object]) -> None:
    _send_bytes(request, status, json.dumps(told).encode())


def _send_bytes(request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
