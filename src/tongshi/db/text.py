"""Text on its way into the store, and text that people look for in it."""

from sqlalchemy import ColumnElement, func

_ESCAPE = "\\"


def storable(text: str, limit: int = 512) -> str:
    """Return *text* as every store takes it: no NUL, no lone surrogates, *limit* signs at most.

    Peers send any bytes; what cannot be kept becomes a question mark.
    """
    return text[:limit].encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


def find_literally(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Return the condition that *text* itself is in *column*, in small or capital letters."""
    text = storable(text)
    for sign in (_ESCAPE, "%", "_"):
        text = text.replace(sign, _ESCAPE + sign)
    return func.lower(column).like(func.lower(f"%{text}%"), escape=_ESCAPE)
