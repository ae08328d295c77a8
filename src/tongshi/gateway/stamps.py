"""Pictures with the mark burnt in, made in a coder process that is kept while it is wanted."""

import json

from tongshi.errors import EngineFailed
from tongshi.gateway.parcel import Kind
from tongshi.gateway.pictures import Pictures


def pack(text: str, jpeg: bytes) -> bytes:
    """Return what a coder is given: the words in a line, then the picture."""
    return json.dumps(text).encode() + b"\n" + jpeg


def unpack(data: bytes) -> tuple[str, bytes]:
    """Return the words and the picture that :func:`pack` was given; raises EngineFailed."""
    head, _, jpeg = data.partition(b"\n")
    try:
        text = json.loads(head)
    except ValueError:
        text = None
    if not isinstance(text, str):
        raise EngineFailed("no words for the mark", stage="decode")
    return text, jpeg


class Stamps(Pictures):
    """One picture at a time; the next ones wait, up to a bound."""

    async def stamp(self, jpeg: bytes, text: str) -> bytes:
        """Return *jpeg* with *text* over it.

        Raises EngineFailed when it is no picture, Exhausted when too many wait.
        """
        return await self.take(pack(text, jpeg), Kind.STAMP)
