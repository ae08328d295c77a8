"""Why somebody looks, as text: a code, ``code: words``, or words of one's own.

What each purpose requires is the table's: see `tongshi.api.reason`.
"""

from tongshi.errors import Invalid

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
