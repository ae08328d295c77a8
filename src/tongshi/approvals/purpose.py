"""Why somebody looks: purposes with what each requires, and what a person states of it.

A purpose is stated as its code, as ``code: words``, or as words alone, which then stand for the
purpose ``other``.  A retired purpose cannot be stated any more; the register still reads it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tongshi.errors import Invalid

OTHER = "other"
"""The purpose of words alone."""
LONGEST = 200
"""Characters of a stated purpose at the most."""
LONGEST_CASE = 64
LONGEST_TITLE = 64
_CODE = re.compile(r"[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose and what stating it requires.

    case: a case number.  approval: an approved request for this very purpose.  second: another
    person who looks along.  text: words.  order: place in the list before any use.
    retired: it is read, and stated no more.
    """

    code: str
    zh: str
    en: str
    case: bool = False
    approval: bool = False
    second: bool = False
    text: bool = False
    order: int = 0
    retired: bool = False

    def __post_init__(self) -> None:
        faults = []
        if not _CODE.fullmatch(self.code):
            faults.append("a code has 1 to 32 small letters, digits and hyphens")
        for title in (self.zh, self.en):
            if not title.strip() or len(title) > LONGEST_TITLE or not title.isprintable():
                faults.append(f"a title has 1 to {LONGEST_TITLE} printable characters")
        if not 0 <= self.order < 10_000:
            faults.append("an order is from 0 to 9999")
        if faults:
            raise Invalid("this is no purpose", faults=tuple(dict.fromkeys(faults)))

    def title(self, language: str) -> str:
        """Return its name in *language*, ``zh`` or ``en``."""
        return self.zh if language == "zh" else self.en


DEFAULTS: tuple[Purpose, ...] = (
    Purpose("patrol", "日常巡查", "Routine patrol", order=10),
    Purpose("alarm", "警情核实", "Check an alarm", order=20),
    Purpose("duty", "值班值守", "On duty", order=30),
    Purpose("maintenance", "设备维护", "Maintenance", order=40),
    Purpose("request", "群众求助", "Request for help", order=50),
    Purpose(OTHER, "其他…", "Other…", text=True, order=60),
    Purpose("case", "案件侦查", "Case inquiry", case=True, order=70),
    Purpose(
        "retrieval", "依法调取", "Retrieval by an authority", case=True, approval=True, order=80
    ),
    Purpose("citizen", "公民查阅", "Citizen viewing", approval=True, second=True, order=90),
    Purpose("publication", "依法公开", "Lawful publication", approval=True, text=True, order=100),
)
"""What a new node knows.  The first six are those of nodes before there was a table."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What a person states before a look.

    purpose: a code, ``code: words``, or words.  case: a case number.  second: the name by which
    the second person signs in.
    """

    purpose: str
    case: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a look is made, as the access register carries it.

    code: of the purpose.  words: the person's own.  second: the second person, as printed.
    second_id: whose account it is; None without one.
    """

    code: str
    words: str = ""
    case: str = ""
    second: str = ""
    second_id: int | None = None

    @property
    def stated(self) -> str:
        """As one text: the code, with the words behind it if there are any."""
        return f"{self.code}: {self.words}" if self.words else self.code


def split_purpose(text: str, codes: Iterable[str]) -> tuple[str, str]:
    """Return code and words of a stated purpose; words alone are of the purpose `OTHER`.

    Raises Invalid when it says nothing, or too much.
    """
    clean = " ".join(text.split())
    if not clean:
        raise Invalid("a purpose must be stated: one of the codes, or words")
    if len(clean) > LONGEST:
        raise Invalid(f"a purpose has at most {LONGEST} characters")
    code, colon, words = clean.partition(":")
    known = set(codes)
    if clean in known:
        return clean, ""
    if colon and code in known:
        return code, words.strip()
    return OTHER, clean


def read_reason(purposes: Mapping[str, Purpose], stated: Stated) -> tuple[Purpose, Reason]:
    """Return the purpose that was stated, and the reason; the second person is still to be found.

    Raises Invalid with all that is lacking: the purpose is not known or retired, it asks for
    words, a case number or a second person and none is given.
    """
    code, words = split_purpose(stated.purpose, purposes)
    purpose = purposes.get(code)
    if purpose is None or purpose.retired:
        raise Invalid("this purpose cannot be stated (any more)")
    case, second = " ".join(stated.case.split()), stated.second.strip()
    faults = []
    if purpose.text and not words:
        faults.append("this purpose asks for words")
    if purpose.case and not case:
        faults.append("this purpose asks for a case number")
    if len(case) > LONGEST_CASE or not case.isprintable():
        faults.append(f"a case number has at most {LONGEST_CASE} printable characters")
    if purpose.second and not second:
        faults.append("this purpose asks for a second person")
    if faults:
        raise Invalid("the purpose is not stated fully", faults=tuple(faults))
    return purpose, Reason(code, words, case, second)


def check_second(person_id: int, second_id: int) -> None:
    """Raise Invalid when the second person is the first."""
    if person_id == second_id:
        raise Invalid("the second person must be another one")
