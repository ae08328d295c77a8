"""The lines of an export: one JSON object each, in the order in which they are verified.

========  ========================================================================================
type      what it says
========  ========================================================================================
chain     whose chain it is: format, node, its public key, whether register rows are among it
head      an anchor (at the beginning) or a head (behind the entry that it vouches for)
entry     one act, with its place and its digest
look      the row of the access register whose digest the entry before has
ending    the row of an ending, likewise
end       that nothing was cut off: how many entries there are
========  ========================================================================================

A witness file has lines of the type ``head`` alone.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from tongshi.audit.chain import name_node
from tongshi.audit.head import SignedHead, from_plain, to_plain
from tongshi.errors import Invalid

Line = Mapping[str, object]
FORMAT = 1
LONGEST = 1 << 20
"""Characters of a line at the most."""
ENTRY = (
    "seq",
    "wall",
    "what",
    "person_id",
    "person",
    "unit",
    "address",
    "object",
    "outcome",
    "details",
    "digest",
)
"""Fields of an entry, as its table has them."""


def chain_line(key: bytes, name: str, made_at: float, *, rows: bool) -> Line:
    """Return the first line.  name: of the platform, for people.  made_at: UNIX time, s."""
    return {
        "type": "chain",
        "format": FORMAT,
        "node": name_node(key),
        "key": key.hex(),
        "name": name,
        "made_at": made_at,
        "rows": rows,
    }


def head_line(signed: SignedHead) -> Line:
    """Return the line of a head or an anchor."""
    return {"type": "head", **to_plain(signed)}


def end_line(entries: int) -> Line:
    """Return the last line."""
    return {"type": "end", "entries": entries}


def write_line(line: Line) -> str:
    """Return *line* as text with its end of line; what JSON has no word for becomes a text."""
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=repr) + "\n"


def read_line(text: str) -> Line:
    """Return the object in *text*; an empty one where there is none."""
    try:
        found = json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_witness(texts: Iterable[str]) -> Iterator[SignedHead]:
    """Return the heads in the lines of a witness file; raises Invalid for a line that is none.

    The last line may be torn by a power cut: one without its end of line is passed over.
    """
    for number, text in enumerate(texts, 1):
        if not text.endswith("\n"):
            continue
        try:
            yield from_plain(read_line(text))
        except Invalid as error:
            raise Invalid(f"line {number} of the witness is {error}") from None


def entry_line(row: Line) -> Line:
    """Return the line of a stored entry, whatever somebody made of it."""
    line = {"type": "entry", **{name: row[name] for name in ENTRY}}
    line["details"] = _details(line["details"])
    return line


def row_line(part: str, row: Line) -> Line:
    """Return the line of a row of the register.  part: ``look`` or ``ending``."""
    return {
        "type": part,
        "row": {name: value for name, value in row.items() if value is not None},
    }


def _details(text: object) -> object:
    """Return what the column says; the text itself where it is not what was written."""
    found = read_line(text) if isinstance(text, str) else {}
    canonical = json.dumps(found, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return found if canonical == text else text
