"""What is known of one field of a message: where it stands in XML, what it holds, its bounds.

``wire`` is a path where the element stands inside others that are nothing by themselves
(``Info/AlarmType``), and empty where the element that holds the field is meant: its text, or its
children.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from tongshi.gb28181.version import Version

T = TypeVar("T")
SPEC = "spec"
"""Key of the metadata that holds a field's :class:`Spec`."""


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


def declare(default: T, spec: Spec) -> T:
    """Return the field that *spec* describes; *default* where nobody gives it a value."""
    declared: T = field(default=default, metadata={SPEC: spec})
    return declared
