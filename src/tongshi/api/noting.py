"""Acts at devices, on the audit chain with what came of them: they have no transaction of ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tongshi.api.asker import Asker
from tongshi.api.parts import Parts
from tongshi.audit.entry import Outcome, Value
from tongshi.errors import Denied, Error


@asynccontextmanager
async def noted(
    parts: Parts, asker: Asker, what: str, object: str, **details: Value
) -> AsyncIterator[dict[str, Value]]:
    """Chain an act once it is over: done, or with the code of the error that it raised.

    Gives its details, which may be added to until then.
    """
    told = dict(details)
    outcome = Outcome.FAILED
    try:
        yield told
        outcome = Outcome.DONE
    except Error as error:
        outcome = Outcome.REFUSED if isinstance(error, Denied) else Outcome.FAILED
        told["why"] = error.code
        raise
    finally:
        parts.audit.note(asker.actor.act(what, object, outcome, **told))
