"""The scalar types of MANSCDP, read from what devices write and written as the standard says.

Source: GB/T 28181-2022 A.2.1.
"""

import math
from dataclasses import dataclass
from enum import Enum
from xml.etree.ElementTree import Element as Tree

from tongshi.gb28181.element import Element, freeze


class Outcome(Enum):
    """``resultType``: what a peer says of a command or of itself."""

    OK = "OK"
    ERROR = "ERROR"
    UNKNOWN = ""
    """Absent, or a word that the standard does not have."""


_ONLINE = {"ONLINE": True, "ON": True, "OK": True, "OFFLINE": False, "OFF": False}
_ABSENT = frozenset({"", "null", "NULL"})


def outcome(text: str) -> Outcome:
    """Return the outcome that *text* names in any case."""
    word = text.strip().upper()
    return Outcome(word) if word in ("OK", "ERROR") else Outcome.UNKNOWN


def switch(text: str) -> bool | None:
    """Return what ON, OFF, ONLINE, OFFLINE, OK mean; None for anything else."""
    return _ONLINE.get(text.strip().upper())


def text(value: str) -> str:
    """Return *value* without surrounding space; ``null`` stands for nothing."""
    value = value.strip()
    return "" if value in _ABSENT else value


def whole(value: str) -> int | None:
    """Return the integer in *value*, of at most 18 digits; None when there is none."""
    value = value.strip()
    digits = value[1:] if value[:1] in ("-", "+") else value
    return int(value) if len(digits) <= 18 and digits.isascii() and digits.isdigit() else None


def double(value: str) -> float | None:
    """Return the finite number in *value*; None when there is none."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def count(value: str) -> int | None:
    """Return the number of things that *value* tells; None when it is none, or negative."""
    told = whole(value)
    return told if told is not None and told >= 0 else None


def words(value: str) -> tuple[str, ...]:
    """Return the texts that "/" joins in *value*."""
    return tuple(part for piece in value.split("/") if (part := text(piece)))


def wholes(value: str) -> tuple[int, ...]:
    """Return the whole numbers that "/" joins in *value*; what is none is left out."""
    found = (whole(piece) for piece in value.split("/"))
    return tuple(told for told in found if told is not None)


def digits(value: str) -> tuple[int, ...]:
    """Return the digits in *value*: "1/2", "12" and "1,2" are all 1 and 2."""
    return tuple(int(char) for char in value if char in "0123456789")


ENVELOPE = frozenset({"cmdtype", "sn", "deviceid"})
"""Names, in lower case, that every message starts with."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A body before its meaning: what all messages share, and the fields by lower-case name.

    sn: 0 where the peer gave no number.  device_id: empty where it gave none.
    """

    tree: Tree
    fields: dict[str, Tree]
    cmd_type: str
    sn: int
    device_id: str

    def text(self, name: str) -> str:
        """Return the text of the field *name*, in lower case; empty when absent."""
        child = self.fields.get(name)
        return text(child.text or "") if child is not None else ""

    def children(self, name: str) -> tuple[Tree, ...]:
        """Return what is inside the field *name*."""
        return tuple(self.fields.get(name, ()))

    def rest(self, known: frozenset[str]) -> tuple[Element, ...]:
        """Return what is neither the envelope's nor *known*, in lower case: children, attributes.

        An attribute is an element named ``@name``.
        """
        known = known | ENVELOPE
        children = tuple(freeze(child) for child in self.tree if child.tag.lower() not in known)
        return children + self.attributes(known) if self.tree.attrib else children

    def attributes(self, known: frozenset[str]) -> tuple[Element, ...]:
        """Return the attributes that are not *known*, each as an element named ``@name``."""
        return tuple(
            Element(f"@{name}", told)
            for name, told in self.tree.attrib.items()
            if name.lower() not in known
        )


def open_envelope(tree: Tree) -> Envelope:
    """Return what *tree* carries.

    Attributes stand in for children: some firmware writes ``<Query CmdType="..." SN="...">``.
    """
    fields: dict[str, Tree] = {}
    for child in tree:
        fields.setdefault(child.tag.lower(), child)
    for name, value in tree.attrib.items():
        if name.lower() not in fields:
            leaf = fields[name.lower()] = Tree(name)
            leaf.text = value
    words = [
        text(fields[name].text or "") if name in fields else ""
        for name in ("cmdtype", "sn", "deviceid")
    ]
    return Envelope(tree, fields, words[0], max(whole(words[1]) or 0, 0), words[2])
