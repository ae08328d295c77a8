"""How the fields of messages, commands and blocks stand in XML: metadata on frozen dataclasses.

A field of a message is declared by one of the functions below::

    preset_index: int | None = whole("PresetIndex", low=0, high=255)

and reading, writing, checking and forms are made from that.  Here are those whose value is one
text; those with elements below them are in :mod:`nest`.

Source: GB/T 28181-2022 A.2.1.
"""

from typing import TypeVar

from tongshi.gb28181.element import plain
from tongshi.gb28181.manscdp import types
from tongshi.gb28181.manscdp.spec import Kind, Read, Shape, Spec, Write, declare
from tongshi.gb28181.manscdp.types import Outcome
from tongshi.gb28181.version import Version

T = TypeVar("T")
SESSION_ID = r"[A-Za-z0-9-]{32,128}"
"""Form of the session ids of snapshots and upgrades (A.2.1.24, A.2.3.1.12)."""
DATE_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
"""Form of a dateTime: Beijing time without a zone."""


def text(
    wire: str,
    *,
    required: bool = False,
    choices: tuple[str, ...] = (),
    form: str = "",
    most: int | None = None,
    since: Version = Version.V2011,
) -> str:
    """Return a field of text; empty when absent.  most: characters."""
    spec = Spec(
        wire,
        Shape.LEAF,
        Kind.TEXT,
        types.text,
        str,
        "",
        required=required,
        choices=choices,
        form=form,
        most=most,
        since=since,
    )
    return declare("", spec)


def constant(wire: str, value: str, *, aliases: tuple[str, ...] = (), was: str = "") -> str:
    """Return a field of text that is *value* unless a peer wrote another word."""
    spec = Spec(
        wire,
        Shape.LEAF,
        Kind.TEXT,
        types.text,
        str,
        "",
        required=True,
        choices=(value,),
        aliases=aliases,
        was=was,
    )
    return declare(value, spec)


def time(
    wire: str,
    *,
    required: bool = False,
    aliases: tuple[str, ...] = (),
    since: Version = Version.V2011,
) -> str:
    """Return a field of a date and time as text, Beijing; empty when absent."""
    spec = Spec(
        wire,
        Shape.LEAF,
        Kind.TIME,
        types.text,
        str,
        "",
        required=required,
        form=DATE_TIME,
        aliases=aliases,
        since=since,
    )
    return declare("", spec)


def whole(
    wire: str,
    *,
    low: int | None = None,
    high: int | None = None,
    choices: tuple[int, ...] = (),
    unit: str = "",
    required: bool = False,
    told: bool = False,
    aliases: tuple[str, ...] = (),
    since: Version = Version.V2011,
    until: Version = Version.V2022,
) -> int | None:
    """Return a field of a whole number; None when absent or no number."""
    spec = Spec(
        wire,
        Shape.LEAF,
        Kind.WHOLE,
        types.whole,
        _number,
        None,
        required=required,
        told=told,
        low=low,
        high=high,
        choices=choices,
        unit=unit,
        aliases=aliases,
        since=since,
        until=until,
    )
    return declare(None, spec)


def number(
    wire: str,
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    required: bool = False,
    told: bool = False,
    since: Version = Version.V2011,
    until: Version = Version.V2022,
) -> float | None:
    """Return a field of a number; None when absent or no number."""
    spec = Spec(
        wire,
        Shape.LEAF,
        Kind.NUMBER,
        types.double,
        _number,
        None,
        required=required,
        told=told,
        low=low,
        high=high,
        unit=unit,
        since=since,
        until=until,
    )
    return declare(None, spec)


def flag(
    wire: str,
    *,
    words: tuple[str, str] = ("1", "0"),
    required: bool = False,
    told: bool = False,
) -> bool | None:
    """Return a field of yes or no; None when absent.  words: how yes and no are written."""
    yes, no = words
    known = {"1": True, "0": False, "on": True, "off": False, "true": True, "false": False}
    known |= {yes.lower(): True, no.lower(): False}
    spec = Spec(
        wire,
        Shape.LEAF,
        Kind.FLAG,
        lambda told: known.get(told.strip().lower()),
        lambda value: yes if value else no,
        None,
        required=required,
        told=told,
    )
    return declare(None, spec)


def outcome(
    wire: str = "Result", *, required: bool = False, aliases: tuple[str, ...] = ()
) -> Outcome:
    """Return a field of OK or ERROR; UNKNOWN when absent."""
    spec = Spec(
        wire,
        Shape.LEAF,
        Kind.OUTCOME,
        types.outcome,
        _outcome,
        Outcome.UNKNOWN,
        required=required,
        aliases=aliases,
    )
    return declare(Outcome.UNKNOWN, spec)


def words(
    wire: str,
    *,
    required: bool = False,
    told: bool = False,
    choices: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """Return a field of texts joined by "/"."""
    spec = Spec(
        wire,
        Shape.LEAF,
        Kind.WORDS,
        types.words,
        _joined,
        (),
        required=required,
        told=told,
        choices=choices,
    )
    return declare((), spec)


def numbers(
    wire: str,
    *,
    digits: bool = False,
    choices: tuple[int, ...] = (),
    since: Version = Version.V2011,
) -> tuple[int, ...]:
    """Return a field of whole numbers joined by "/".

    digits: each is one digit, so that "12" is read as 1 and 2 as well.
    """
    spec = Spec(
        wire,
        Shape.LEAF,
        Kind.NUMBERS,
        types.digits if digits else types.wholes,
        _joined,
        (),
        choices=choices,
        since=since,
    )
    return declare((), spec)


def other(wire: str, blank: T, read: Read, write: Write, *, required: bool = False) -> T:
    """Return a field with its own way from and to text."""
    return declare(blank, Spec(wire, Shape.LEAF, Kind.OTHER, read, write, blank, required=required))


def _number(value: object) -> str:
    return plain(value) if isinstance(value, int | float) else ""


def _outcome(value: object) -> str:
    return value.value if isinstance(value, Outcome) else ""


def _joined(value: object) -> str:
    return "/".join(map(str, value)) if isinstance(value, tuple) else ""
