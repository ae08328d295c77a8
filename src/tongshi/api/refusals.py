"""Refusals at the boundary, on the audit chain: who was refused what, and why."""

from starlette.requests import Request

from tongshi.api.asker import Asker, address_of, parts_of
from tongshi.audit.entry import Actor
from tongshi.errors import Denied, Error, FirstNeeded, ProofNeeded, SignInNeeded

STEPS = (FirstNeeded, ProofNeeded)
"""What only asks for a step more: no refusal."""


def note_refusal(request: Request, error: Error) -> None:
    """Chain *error* if it is a refusal; of one person only so many a minute.

    A page that nobody is signed in for leads to the door: that is no refusal either.
    """
    if not isinstance(error, Denied) or isinstance(error, STEPS):
        return
    path = request.url.path
    if isinstance(error, SignInNeeded) and request.method == "GET" and path[:5] != "/api/":
        return
    asker = getattr(request.state, "asker", None)
    actor = asker.actor if isinstance(asker, Asker) else Actor(address=address_of(request))
    audit = parts_of(request).audit
    audit.refuse(actor, error.code, path, method=request.method, why=str(error))
