"""Errors as problem details: what happened, why, what to do, in the asker's language.

Source: RFC 9457.  Members beyond it: ``code`` (of the error tree, stable), ``advice``, and where
known ``stage``, ``timer``, ``peer_status``, ``resource``, ``helps``,
``reason``, ``faults``.
"""

import math
from collections.abc import Mapping

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from tongshi.api.text import Words
from tongshi.errors import (
    Conflict,
    Denied,
    EngineFailed,
    Error,
    Exhausted,
    Invalid,
    LocalProtocolError,
    Missing,
    PeerRefused,
    PeerSilent,
    RemoteProtocolError,
    SignInNeeded,
)

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[type[Error], int] = {
    Invalid: 400,
    SignInNeeded: 401,
    Denied: 403,
    Missing: 404,
    Conflict: 409,
    Exhausted: 503,
    PeerRefused: 502,
    PeerSilent: 504,
    RemoteProtocolError: 502,
    LocalProtocolError: 500,
    EngineFailed: 502,
}
"""HTTP status of each error; the nearest base counts, 500 for the rest."""

_FACTS = {
    "stage": "stage",
    "timer": "timer",
    "status": "peer_status",
    "resource": "resource",
    "helps": "helps",
    "again": "retry_after",
    "reason": "reason",
}


class Problem(BaseModel):
    """A failure as the interface tells it."""

    type: str = Field(default="about:blank", description="Always about:blank: see code.")
    code: str = Field(description="Stable code of the error tree.", examples=["peer.silent"])
    title: str = Field(description="What happened, in the asker's language.")
    status: int = Field(description="HTTP status of this answer.")
    detail: str = Field(default="", description="This case, for an engineer; in English.")
    advice: str = Field(default="", description="What to do, in the asker's language.")
    stage: str | None = Field(default=None, description="What was under way.", examples=["invite"])
    timer: str | None = Field(default=None, description="The timer that ran out.")
    peer_status: int | None = Field(default=None, description="SIP status of the peer's refusal.")
    resource: str | None = Field(default=None, description="What is used up.", examples=["port"])
    helps: str | None = Field(default=None, description="The grant that would have allowed it.")
    reason: str | None = Field(default=None, description="Why no grant does.", examples=["hours"])
    retry_after: float | None = Field(default=None, description="s after which there is more.")
    faults: list[str] | None = Field(default=None, description="Every breach, one sentence each.")


def http_status(error: Error) -> int:
    """Return the HTTP status that tells *error*."""
    if isinstance(error, Exhausted) and error.again is not None:
        return 429  # the asker's own quota, and not the node's means
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def describe(error: Error, words: Words) -> Problem:
    """Return *error* as a problem.  Internal defects keep their details to the log."""
    status = http_status(error)
    facts = {
        told: getattr(error, name)
        for name, told in _FACTS.items()
        if getattr(error, name, None) not in (None, "", 0)
    }
    if isinstance(error, Invalid):
        facts["faults"] = list(error.faults)
    stage = facts.get("stage") or facts.get("resource") or facts.get("reason") or ""
    return Problem(
        code=error.code,
        title=words(f"problem.{error.code}"),
        status=status,
        detail="" if status == 500 else str(error),
        advice=advise(words, error.code, str(stage), facts.get("peer_status")),
        **facts,
    )


def headers_of(error: Error) -> Mapping[str, str]:
    """Return the headers that go with the answer to *error*.

    Source: RFC 9110 10.2.3, RFC 6750 3.
    """
    if isinstance(error, Exhausted) and error.again is not None:
        return {"Retry-After": str(math.ceil(error.again))}
    if isinstance(error, SignInNeeded):
        return {"WWW-Authenticate": 'Bearer realm="tongshi"'}
    return {}


def advise(words: Words, code: str, stage: str = "", peer_status: object = None) -> str:
    """Return what to do about *code*: the most particular advice that the catalogue has."""
    base = f"advice.{code.replace('.', '_')}"
    status = f"{base}_{peer_status}"
    return words.find(f"{base}_{stage}_{peer_status}", status, f"{base}_{stage}", base)


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return *problem* as a response."""
    return JSONResponse(
        problem.model_dump(exclude_none=True),
        status_code=problem.status,
        headers=dict(headers or {}),
        media_type=MEDIA_TYPE,
    )
