"""On what terms somebody has an account: until when, trained and certified until when."""

from collections.abc import Mapping
from dataclasses import dataclass

from tongshi.access.identity import Person
from tongshi.access.permission import Role
from tongshi.audit.entry import Value
from tongshi.errors import Invalid


@dataclass(frozen=True, slots=True)
class Terms:
    """Dates of an account, UNIX time, s; None for no end, or unknown."""

    ends_at: float | None = None
    trained_at: float | None = None
    certified_until: float | None = None


OPEN_TERMS = Terms()
"""No end, and nothing known of training."""


def check_terms(role: Role, terms: Terms, wall: float) -> None:
    """Raise Invalid for terms that *role* cannot have at *wall*, UNIX time, s."""
    faults = []
    if role is Role.CONTRACTOR and terms.ends_at is None:
        faults.append("a contractor's account needs an end date")
    if terms.trained_at is not None and terms.trained_at > wall:
        faults.append("the training is still to come")
    if faults:
        raise Invalid("these terms are not accepted", faults=tuple(faults))


def tell(person: Person) -> Mapping[str, Value]:
    """Return what the audit chain says of an account."""
    return {
        "name": person.name,
        "shown": person.shown,
        "unit": person.unit,
        "role": person.role.value,
        "ends_at": person.ends_at,
        "trained_at": person.trained_at,
        "certified_until": person.certified_until,
    }


def differ(before: Mapping[str, Value], after: Mapping[str, Value]) -> dict[str, Value]:
    """Return the name, and each detail that changed as it was and as it is."""
    found: dict[str, Value] = {"name": after.get("name")}
    for key, value in after.items():
        if before.get(key) != value:
            found[f"{key}.before"], found[key] = before.get(key), value
    return found
