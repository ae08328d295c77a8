"""Why somebody looks: a few purposes with a code, or words of one's own."""

from tongshi.api.text import Words, catalogue
from tongshi.errors import Invalid

PURPOSES = ("patrol", "alarm", "duty", "maintenance", "request", "other")
"""Codes offered by the console, in the order of a first use; ``other`` asks for words."""

LONGEST = 200
"""Characters of a stated purpose at the most."""


def read_purpose(text: str) -> str:
    """Return *text* as it goes into the access register; raises Invalid when it says nothing."""
    purpose = " ".join(text.split())
    if not purpose or purpose == "other":
        raise Invalid("a purpose must be stated: one of the codes, or words")
    if len(purpose) > LONGEST:
        raise Invalid(f"a purpose has at most {LONGEST} characters")
    return purpose


def code_of(purpose: str) -> str:
    """Return the code of a stated purpose, as grants name it: ``code``, or ``code: words``."""
    return purpose.partition(":")[0]


def show_purpose(purpose: str, words: Words) -> str:
    """Return a purpose of the register as people read it."""
    key = f"purpose.{purpose}"
    return words(key) if key in catalogue() else purpose
