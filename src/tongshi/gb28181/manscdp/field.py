"""How the fields of messages, commands and blocks stand in XML: metadata on frozen dataclasses.

A field of a message is declared by one of the functions below::

    preset_index: int | None = whole("PresetIndex", low=0, high=255)

and reading, writing, checking and forms are made from that.  ``wire`` is a path where the element
stands inside others that are nothing by themselves (``Info/AlarmType``), and empty where the
element that holds the field is meant: its text, or its children.

Source: GB/T 28181-2022 A.2.1.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from tongshi.gb28181.element import plain
from tongshi.gb28181.manscdp import types
from tongshi.gb28181.manscdp.types import Outcome
from tongshi.gb28181.version import Version

T = TypeVar("T")
SPEC = "spec"
"""Key of the metadata that holds a field's :class:`Spec`."""
SESSION_ID = r"[A-Za-z0-9-]{32,128}"
"""Form of the session ids of snapshots and upgrades (A.2.1.24, A.2.3.1.12)."""
DATE_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
"""Form of a dateTime: Beijing time without a zone."""


class Shape(Enum):
    """Where a field's value stands."""

    LEAF = "leaf"
    """In the text of an element."""
    BLOCK = "block"
    """In an element with fields of its own."""
    ITEMS = "items"
    """In the children of an element that has the attribute Num."""
    REPEATED = "repeated"
    """In elements of one name, one beside the other."""
    LEAVES = "leaves"
    """In the texts of an element's children."""


class Kind(Enum):
    """What a leaf holds; of what kind a form's input is."""

    TEXT = "text"
    TIME = "time"
    """``2024-05-06T07:08:09``, Beijing time."""
    WHOLE = "whole"
    NUMBER = "number"
    FLAG = "flag"
    OUTCOME = "outcome"
    WORDS = "words"
    """Texts joined by "/"."""
    NUMBERS = "numbers"
    """Whole numbers joined by "/"."""
    OTHER = "other"
    """A value with a reader of its own."""
    GROUP = "group"
    """No leaf: a block, or a list of blocks."""


Read = Callable[[str], object]
Write = Callable[[object], str]


@dataclass(frozen=True, slots=True)
class Spec:
    """All that is known of one field.

    read, write: of its text.  blank: what absence leaves.
    required: the standard does not let it be absent.  told: devices tell it, and nobody sets it.
    low, high: bounds, both allowed.  choices: the only values, where there are few.
    form: pattern of the whole text.  most: characters of a text, members of a list.
    aliases: other names under which it comes.  was: its name before 2022 where it had another.
    since, until: the first and the last edition that have it.
    of: the type of a block or of a list's members.  item: the name of those.
    count: the element before the list that says its length.  always: an empty list is written too.
    num: the attribute of the message that takes the announced @Num.
    usable: whether a member is any use; unreadable: the attribute that counts those that are not.
    """

    wire: str
    shape: Shape
    kind: Kind
    read: Read
    write: Write
    blank: object
    required: bool = False
    told: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[int | str, ...] = ()
    form: str = ""
    most: int | None = None
    unit: str = ""
    aliases: tuple[str, ...] = ()
    was: str = ""
    since: Version = Version.V2011
    until: Version = Version.V2022
    of: type | None = None
    item: str = "Item"
    count: str = ""
    always: bool = False
    num: str = ""
    usable: Callable[[object], bool] | None = None
    unreadable: str = ""

    def belongs(self, version: Version) -> bool:
        """Whether a message of *version* has the field."""
        return self.since.value <= version.value <= self.until.value

    def name(self, version: Version) -> str:
        """Return the last step of the path, as *version* spells it."""
        last = self.wire.rpartition("/")[2]
        return self.was if self.was and version.value < Version.V2022.value else last


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
    return _declare("", spec)


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
    return _declare(value, spec)


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
    return _declare("", spec)


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
    return _declare(None, spec)


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
    return _declare(None, spec)


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
    return _declare(None, spec)


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
    return _declare(Outcome.UNKNOWN, spec)


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
    return _declare((), spec)


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
    return _declare((), spec)


def other(wire: str, blank: T, read: Read, write: Write, *, required: bool = False) -> T:
    """Return a field with its own way from and to text."""
    return _declare(
        blank, Spec(wire, Shape.LEAF, Kind.OTHER, read, write, blank, required=required)
    )


def block(wire: str, kind: type[T], *, required: bool = False, told: bool = False) -> T | None:
    """Return a field that is an element with fields of its own; None when absent."""
    spec = Spec(
        wire,
        Shape.BLOCK,
        Kind.GROUP,
        _nothing,
        _empty,
        None,
        required=required,
        told=told,
        of=kind,
    )
    return _declare(None, spec)


def items(
    wire: str,
    kind: type[T],
    *,
    item: str = "Item",
    most: int | None = None,
    count: str = "",
    always: bool = False,
    num: str = "",
    usable: Callable[[object], bool] | None = None,
    unreadable: str = "",
) -> tuple[T, ...]:
    """Return a field that is a list in an element with the attribute Num."""
    spec = Spec(
        wire,
        Shape.ITEMS,
        Kind.GROUP,
        _nothing,
        _empty,
        (),
        most=most,
        of=kind,
        item=item,
        count=count,
        always=always,
        num=num,
        usable=usable,
        unreadable=unreadable,
    )
    return _declare((), spec)


def repeated(
    wire: str, kind: type[T], *, most: int | None = None, count: str = "", required: bool = False
) -> tuple[T, ...]:
    """Return a field that is a list of elements beside the others."""
    spec = Spec(
        wire,
        Shape.REPEATED,
        Kind.GROUP,
        _nothing,
        _empty,
        (),
        required=required,
        most=most,
        of=kind,
        item=wire,
        count=count,
    )
    return _declare((), spec)


def leaves(wire: str, item: str, *, most: int | None = None) -> tuple[str, ...]:
    """Return a field that is a list of texts in one element."""
    spec = Spec(wire, Shape.LEAVES, Kind.TEXT, types.text, str, (), most=most, item=item)
    return _declare((), spec)


def _declare(default: T, spec: Spec) -> T:
    declared: T = field(default=default, metadata={SPEC: spec})
    return declared


def _number(value: object) -> str:
    return plain(value) if isinstance(value, int | float) else ""


def _outcome(value: object) -> str:
    return value.value if isinstance(value, Outcome) else ""


def _joined(value: object) -> str:
    return "/".join(map(str, value)) if isinstance(value, tuple) else ""


def _nothing(told: str) -> object:
    """Return nothing: the text of an element that has children means nothing."""
    return None


def _empty(value: object) -> str:
    """Return nothing: an element that has children has no text."""
    return ""
