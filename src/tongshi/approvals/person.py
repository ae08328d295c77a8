"""A person as requests and the audit name them."""

from tongshi.access.identity import Person
from tongshi.approvals.request import Who
from tongshi.audit.entry import Actor


def who(person: Person) -> Who:
    """Return *person* as records name them."""
    return Who(person.id, person.shown, person.unit)


def actor_of(person: Person, address: str) -> Actor:
    """Return *person* as the audit names them."""
    return Actor(person.id, person.shown, person.unit, address)
