"""The gate before every camera: what a route asks before it does anything with one.

A camera of which the asker may not know is missing, in the same words as one that is not there.
"""

import asyncio
from collections.abc import Iterable

from tongshi.access.grant import Decision, Right
from tongshi.access.granting.service import Case
from tongshi.access.register import Basis
from tongshi.access.scope import Scope
from tongshi.api.asker import Asker
from tongshi.api.parts import Parts

Key = tuple[str, str]


async def require(
    parts: Parts,
    asker: Asker,
    right: Right,
    device_id: str,
    channel_id: str = "",
    *,
    purpose: str | None = None,
    oldest: float | None = None,
    approved: bool = False,
) -> Basis:
    """Return what it rests on; raises Missing and NotGranted as `Rights.require` does.

    channel_id: "" for the device itself.  oldest: of the footage, UNIX time, s.  approved: the
    purpose wants an approved request.
    """
    decision = await asyncio.to_thread(
        parts.rights.require,
        asker.person,
        right,
        device_id,
        channel_id,
        purpose=purpose,
        oldest=oldest,
        approved=approved,
    )
    return basis_of(decision)


async def allows(parts: Parts, case: Case) -> bool:
    """Say whether *case* is allowed now."""
    (allowed,) = await asyncio.to_thread(parts.rights.review, [case])
    return allowed


def basis_of(decision: Decision) -> Basis:
    """Return what a look rests on that *decision* allows."""
    return Basis(decision.grant_id, decision.approval_id)


async def scope_for(parts: Parts, asker: Asker, right: Right) -> Scope:
    """Return the cameras for which the asker has *right* now, for a list of what it shows."""
    return await asyncio.to_thread(parts.rights.scope, asker.person, right)


async def seen(
    parts: Parts, asker: Asker, keys: Iterable[Key], right: Right = Right.SEE
) -> set[Key]:
    """Return those of *keys*, devices and channels, for which the asker has *right*."""
    wanted = set(keys)
    if asker.scope.everything and right is Right.SEE:
        return wanted
    return await asyncio.to_thread(parts.rights.seen, asker.person, right, wanted)
