"""A small client of the HTTP interface: signs in, calls, and raises what the node answers."""

import http.client
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pyotp import TOTP

from tongshi.errors import Error

Json = Any
"""A decoded answer; its shape is in the OpenAPI."""


class Refused(Error):
    """The node answered with a problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status = status
        self.problem = problem


@dataclass(slots=True)
class Client:
    """One signed-in program.  Every call blocks, on a connection of its own: use it in threads.

    address: as ``http://host:port``.  timeout: s for one call.  token: of a program, instead of a
    session.
    """

    address: str
    cookie: str = ""
    timeout: float = 60.0
    token: str = ""

    def sign_in(self, name: str, password: str, code: str = "") -> dict[str, Any]:
        """Sign in and keep the session; return who this is.

        code: for who has enrolled one-time codes; without it, the second step is returned.
        """
        body = {"name": name, "password": password}
        told = self.call("POST", "/session", {**body, "code": code} if code else body)
        assert isinstance(told, dict)
        return told

    def change_password(self, present: str, new: str) -> None:
        """Replace the own password."""
        self.call("POST", "/session/password", {"present": present, "new": new})

    def begin(self, name: str, password: str) -> str:
        """Sign in with a one-time *password*, and do what an account needs before all else.

        Returns the password that replaces it.  An administrator enrols one-time codes besides.
        """
        self.sign_in(name, password)
        fresh = secrets.token_urlsafe(12)
        self.change_password(password, fresh)
        if self.call("GET", "/session").get("first") == "totp":
            self.enrol()
        return fresh

    def enrol(self) -> str:
        """Put one-time codes in use; return their secret, base 32."""
        secret = str(self.call("POST", "/session/totp")["secret"])
        self.call("POST", "/session/totp/confirm", {"code": TOTP(secret).now()})
        return secret

    def call(self, method: str, path: str, body: object = None) -> Json:
        """Return the decoded answer of a JSON call; None for an empty one.  Raises Refused."""
        data = self.fetch(method, path, body)
        return json.loads(data) if data else None

    def fetch(self, method: str, path: str, body: object = None) -> bytes:
        """Return the bytes of an answer, from where it leads if it leads somewhere.

        body: sent as JSON; bytes as they are.  Raises Refused, OSError (also for what is no HTTP).
        """
        read, leads = self._exchange(method, f"/api{path}", body)
        if leads:
            read, _ = self._exchange("GET", leads, None)
        return read

    def _exchange(self, method: str, path: str, body: object) -> tuple[bytes, str]:
        """Return the bytes of an answer, and the path to which it leads, if any."""
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port or 80, timeout=self.timeout
        )
        headers = {"Accept": "*/*", "Origin": self.address}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        elif self.cookie:
            headers["Cookie"] = self.cookie
        data = None
        if body is not None:
            raw = isinstance(body, bytes)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers["Content-Type"] = "application/octet-stream" if raw else "application/json"
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            read = answer.read()
            given = answer.getheader("Set-Cookie")
            leads = answer.getheader("Location", "") if 300 <= answer.status < 400 else ""
        except http.client.HTTPException as error:
            raise ConnectionError(f"{self.address} answers no HTTP: {error!r}") from error
        finally:
            connection.close()
        if given:
            self.cookie = given.partition(";")[0]
        if answer.status >= 400:
            raise Refused(answer.status, _problem(read))
        return read, leads


def _problem(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"detail": data[:200].decode("utf-8", "replace")}
