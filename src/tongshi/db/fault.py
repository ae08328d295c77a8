"""What a failed statement means in the product's own error tree.

`translate` is used where a caller waits for a write; a transient fault may pass by itself.
"""

from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    OperationalError,
    SQLAlchemyError,
    TimeoutError,
)

from tongshi.errors import Conflict, Error, Exhausted

_DISK = ("disk is full", "disk i/o error", "readonly database", "unable to open", "no space left")


def is_transient(error: BaseException) -> bool:
    """Say whether trying again later may succeed: full disk, lock held, server away."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, OperationalError | TimeoutError)


def translate(error: SQLAlchemyError) -> Error:
    """Return *error* as one of the product's errors.

    Conflict: a key or reference forbids the row.  Exhausted: ``disk`` when it is full or gone,
    ``store`` when the store does not answer or is locked by somebody else.
    """
    cause = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    if isinstance(error, IntegrityError):
        return Conflict(f"the store refuses the row: {cause}")
    if any(sign in cause.lower() for sign in _DISK):
        return Exhausted(f"the store cannot be written: {cause}", resource="disk")
    if is_transient(error):
        return Exhausted(f"the store does not answer: {cause}", resource="store")
    return Error(f"the store failed: {cause}")
