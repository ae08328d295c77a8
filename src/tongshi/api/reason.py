"""Why somebody may begin: the purpose stated fully, and the grant that allows it for that purpose.

What every look, deed, download and talk asks before its entry is written.  A purpose that wants an
approved request counts with the grant of an approval alone, within the approval's own span.
"""

import asyncio
from dataclasses import dataclass, replace

from tongshi.access.grant import Right
from tongshi.access.register import Basis
from tongshi.api.asker import Asker
from tongshi.api.gate import require
from tongshi.api.parts import Parts
from tongshi.api.purpose import code_of
from tongshi.approvals.purpose import Stated
from tongshi.signalling.history import Span


@dataclass(frozen=True, slots=True)
class Cause:
    """Why, as the register keeps it.

    purpose: its code, with the person's words behind it if there are any.  basis: what it rests
    on.  approved: the purpose wants an approved request.  until: end of the footage that may be
    looked at, UNIX time, s; None for the present.
    """

    purpose: str
    basis: Basis
    approved: bool = False
    until: float | None = None


async def justify(
    parts: Parts,
    asker: Asker,
    right: Right,
    camera: tuple[str, str],
    stated: Stated,
    footage: Span | None = None,
) -> Cause:
    """Return why the asker may do it with *camera*, device and channel.

    Raises Invalid (the purpose is not stated fully), Missing (no such camera for them), NotGranted.
    """
    purpose, reason = await asyncio.to_thread(parts.approvals.read, asker.person, stated)
    cause = await _rest(parts, asker, right, camera, reason.stated, purpose.approval, footage)
    basis = replace(cause.basis, case_number=reason.case, second_person=reason.second)
    return replace(cause, basis=basis)


async def carry_on(
    parts: Parts,
    asker: Asker,
    right: Right,
    camera: tuple[str, str],
    held: Cause,
    footage: Span | None = None,
) -> Cause:
    """Return why the asker may do more for a reason that was stated before: of an open view.

    Raises Missing and NotGranted as `justify` does.
    """
    known = parts.purposes.known.get(code_of(held.purpose))
    approved = known is not None and known.approval
    cause = await _rest(parts, asker, right, camera, held.purpose, approved, footage)
    told = held.basis
    basis = replace(cause.basis, case_number=told.case_number, second_person=told.second_person)
    return replace(cause, basis=basis)


async def _rest(
    parts: Parts,
    asker: Asker,
    right: Right,
    camera: tuple[str, str],
    purpose: str,
    approved: bool,
    footage: Span | None,
) -> Cause:
    since, until = (None, None) if footage is None else (footage.since, footage.until)
    basis = await require(
        parts,
        asker,
        right,
        *camera,
        purpose=code_of(purpose),
        oldest=since,
        approved=approved,
    )
    if basis.approval_id is not None:
        check, clip = parts.approvals.check, right is Right.PLAYBACK
        until = await asyncio.to_thread(check, basis.approval_id, camera, since, until, clip=clip)
    return Cause(purpose, basis, approved, until)
