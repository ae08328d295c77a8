"""One call of the interface and its answer: HTTP by the standard library, a connection a call."""

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from tongshi.client.failure import Failure, Refused

Json = Any
"""A decoded answer; its shape is in the OpenAPI, and for the most part in `shapes`."""
Query = Mapping[str, object]
_COOKIES = ("tongshi_session=", "__Host-tongshi=")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer.  headers: names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        """Return the body decoded, None when it is empty; raises Failure (``broken``)."""
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failure("broken", "the answer is no JSON", status=self.status) from None


class Wire:
    """The way to one node.  Safe to use from several threads.

    address: as ``https://node.example``.  token: of a program; empty until somebody signs in.
    language: of titles and advice, ``zh`` or ``en``.  timeout: s without a byte.
    trust: for https, by default the authorities of the system.
    """

    def __init__(
        self,
        address: str,
        token: str = "",
        *,
        language: str = "en",
        timeout: float = 60.0,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Failure("invalid", f"not an address of a node: {address!r}")
        self._secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port or (443 if self._secure else 80)
        self._base = parts.path.rstrip("/")
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._token = token
        self._cookie = ""
        self._language = language
        self._timeout = timeout
        self._trust = trust

    def call(
        self, method: str, path: str, *, body: object = None, query: Query | None = None
    ) -> Json:
        """Return the decoded answer, None for an empty one; raises Failure."""
        return self.fetch(method, path, body=body, query=query).json()

    def fetch(
        self, method: str, path: str, *, body: object = None, query: Query | None = None
    ) -> Answer:
        """Return a whole answer; raises Failure."""
        with self.open(method, path, body=body, query=query) as answer:
            for given in answer.headers.get_all("Set-Cookie", ()):
                self._keep_cookie(given)
            return Answer(answer.status, _headers(answer), _read(answer))

    @contextmanager
    def open(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Iterator[http.client.HTTPResponse]:
        """Give an answer to be read bit by bit; raises Failure for what is no success.

        A redirect is an answer as well: it is not followed.
        """
        target = f"{self._base}/api{path}{_spell(query)}"
        connection = self._connect(self._timeout if timeout is None else timeout)
        try:
            try:
                sent = json.dumps(body).encode() if body is not None else None
                connection.request(method, target, sent, {**self._headers(body), **(headers or {})})
                answer = connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                raise unreachable(self._origin, error) from error
            if answer.status >= 400:
                raise _refusal(answer)
            yield answer
        finally:
            connection.close()

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        trust = self._trust or ssl.create_default_context()
        return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=trust)

    def _headers(self, body: object) -> dict[str, str]:
        headers = {"Accept": "*/*", "Accept-Language": self._language, "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        elif self._cookie:
            headers["Cookie"] = self._cookie
            headers["Origin"] = self._origin
        return headers

    def _keep_cookie(self, line: str) -> None:
        given = line.partition(";")[0]
        if given.startswith(_COOKIES):
            self._cookie = given if given.partition("=")[2].strip('"') else ""


def unreachable(origin: str, error: Exception) -> Failure:
    """Return what tells that the node did not answer, or not to the end."""
    detail = str(error) or type(error).__name__
    return Failure("unreachable", f"{origin} does not answer", detail=detail)


def _spell(query: Query | None) -> str:
    """Return *query* as it stands in an address; what is None or empty is left out."""
    if query is None:
        return ""
    told = {name: _word(value) for name, value in query.items() if value not in (None, "")}
    return f"?{urlencode(told)}" if told else ""


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _headers(answer: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.getheaders()}


def _read(answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise unreachable("the node", error) from error


def _refusal(answer: http.client.HTTPResponse) -> Failure:
    data = _read(answer)
    try:
        problem = json.loads(data)
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        detail = data[:200].decode("utf-8", "replace")
        return Failure(
            "broken", "the answer is none of a node", detail=detail, status=answer.status
        )
    return Refused(answer.status, problem)
