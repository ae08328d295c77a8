"""A walk over a table of addresses: requests made of its rows, answers told apart byte by byte.

Two answers are the same when nothing in them tells which of two things was asked for: status,
headers and body, with the codes of both things replaced by one word.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import httpx

PLACE = re.compile(r"\{([a-z_]+)(?::path)?\}")
_SHORT = 6
"""Characters of a code that may stand in other words by chance."""
_VARIES = frozenset({"date", "set-cookie"})


@dataclass(frozen=True, slots=True)
class Seen:
    """All that an answer tells."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


def names_in(path: str) -> tuple[str, ...]:
    """Return the names of the places in *path*, as ``device_id``."""
    return tuple(PLACE.findall(path))


def fill(path: str, codes: Mapping[str, str]) -> str:
    """Return *path* with its places filled; raises KeyError for a name without a code."""
    return PLACE.sub(lambda found: quote(codes[found[1]], safe=""), path)


def put(value: object, codes: Mapping[str, str]) -> object:
    """Return *value* with each text ``$name`` replaced by the code of that name."""
    match value:
        case str() if value.startswith("$"):
            code = codes[value[1:]]
            return int(code) if code.isdigit() and len(code) < 20 else code
        case Mapping():
            return {key: put(kept, codes) for key, kept in value.items()}
        case list() | tuple():
            return [put(kept, codes) for kept in value]
        case _:
            return value


def seen(answer: httpx.Response, codes: Mapping[str, str]) -> Seen:
    """Return what *answer* tells, with every code in it replaced by its name."""
    return Seen(
        answer.status_code,
        tuple(
            sorted(
                (name.lower(), hide(value, codes))
                for name, value in answer.headers.items()
                if name.lower() not in _VARIES
            )
        ),
        hide(answer.text, codes),
    )


def hide(text: str, codes: Mapping[str, str]) -> str:
    """Return *text* with every code in it, the longest first, replaced by its name."""
    for name, code in sorted(codes.items(), key=lambda item: -len(item[1])):
        alone = rf"(?<![0-9A-Za-z]){re.escape(code)}(?![0-9A-Za-z])"
        text = re.sub(re.escape(code) if len(code) > _SHORT else alone, f"<{name}>", text)
    return text
