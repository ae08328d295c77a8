"""What is asked for: of which cameras, which footage, and what the law wants to know besides.

Source: State Council Order 799, articles 20 (retrieval), 21 (citizens), 22 (publication).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from tongshi.errors import Invalid

C = TypeVar("C", bound=Enum)

LONGEST_WORDS = 500
LONGEST_FIELD = 128
FEWEST_OFFICERS = 2


class Kind(Enum):
    """What a request is about."""

    LIVE = "live"
    FOOTAGE = "footage"
    """Footage older than the asker's grants reach."""
    RETRIEVAL = "retrieval"
    EXPORT = "export"
    PUBLICATION = "publication"
    CITIZEN = "citizen"
    PURPOSE = "purpose"
    """Another purpose than the one for which the pictures may be looked at."""


class Mask(Enum):
    """What is made unrecognisable before anything is published.  Source: Order 799, 22."""

    FACES = "faces"
    PLATES = "plates"
    NAMES = "names"
    LICENCES = "licences"


class Relation(Enum):
    """What a citizen is to whom the footage concerns.  Source: Order 799, 21."""

    SELF = "self"
    RELATIVE = "relative"
    GUARDIAN = "guardian"
    CARER = "carer"
    CUSTODIAN = "custodian"


class Interest(Enum):
    """What a citizen's viewing is to protect.  Source: Order 799, 21."""

    LIFE = "life"
    HEALTH = "health"
    PROPERTY = "property"


@dataclass(frozen=True, slots=True)
class Place:
    """A camera that is asked for.  channel: its name."""

    device_id: str
    channel_id: str
    channel: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Device and channel."""
        return self.device_id, self.channel_id


@dataclass(frozen=True, slots=True)
class Officer:
    """One who comes for an authority.  document: number of the identity document."""

    name: str
    unit: str
    document: str


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Retrieval by an authority.  basis: in law.  document: number of the instrument."""

    basis: str
    document: str
    officers: tuple[Officer, ...]


@dataclass(frozen=True, slots=True)
class Publication:
    """Lawful publication.  where: medium.  masks: what the asker says is masked."""

    where: str
    masks: frozenset[Mask]


@dataclass(frozen=True, slots=True)
class Citizen:
    """A citizen who views, without a copy.  supervisor: who sits beside."""

    name: str
    document: str
    relation: Relation
    interest: Interest
    supervisor: str


@dataclass(frozen=True, slots=True)
class Change:
    """A changed purpose.  before: code of the one there was."""

    before: str


Content = Retrieval | Publication | Citizen | Change | None
_CONTENTS: Mapping[Kind, type[Retrieval | Publication | Citizen | Change]] = {
    Kind.RETRIEVAL: Retrieval,
    Kind.PUBLICATION: Publication,
    Kind.CITIZEN: Citizen,
    Kind.PURPOSE: Change,
}
PAST = frozenset({Kind.FOOTAGE, Kind.RETRIEVAL, Kind.EXPORT, Kind.PUBLICATION, Kind.CITIZEN})
"""Kinds that name a span of footage."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody asks for.

    since, until: of the footage, UNIX time, s.  lasts: how long the yes is to hold, s.
    """

    kind: Kind
    purpose: str
    reason: str
    cameras: tuple[Place, ...]
    lasts: float
    case_number: str = ""
    since: float | None = None
    until: float | None = None
    content: Content = None


def check_ask(ask: Ask) -> None:
    """Raise Invalid with every fault of *ask* that needs no policy to be seen."""
    faults = []
    if not ask.reason.strip() or len(ask.reason) > LONGEST_WORDS:
        faults.append(f"a reason has 1 to {LONGEST_WORDS} characters")
    if not ask.cameras:
        faults.append("a request names its cameras")
    if len({place.key for place in ask.cameras}) != len(ask.cameras):
        faults.append("a camera is named once")
    if (ask.kind in PAST) != (ask.since is not None and ask.until is not None):
        faults.append("a request about footage names its span, another has none")
    elif ask.since is not None and ask.until is not None and not 0 < ask.since < ask.until:
        faults.append("a span has a beginning and a later end")
    if not isinstance(ask.content, _CONTENTS.get(ask.kind, type(None))):
        faults.append(f"this is not what a request of the kind {ask.kind.value} tells")
    else:
        faults += _faults_of(ask.content)
    if faults:
        raise Invalid("the request is not complete", faults=tuple(faults))


def _faults_of(content: Content) -> list[str]:
    match content:
        case Retrieval():
            return _faults_of_retrieval(content)
        case Publication():
            lacking = sorted(mask.value for mask in set(Mask) - content.masks)
            told = [f"not masked: {', '.join(lacking)}"] if lacking else []
            return [*_blank(where=content.where), *told]
        case Citizen():
            return _blank(
                name=content.name, document=content.document, supervisor=content.supervisor
            )
        case Change():
            return _blank(before=content.before)
        case None:
            return []


def _faults_of_retrieval(content: Retrieval) -> list[str]:
    faults = _blank(basis=content.basis, document=content.document)
    for officer in content.officers:
        faults += _blank(name=officer.name, unit=officer.unit, identity=officer.document)
    people = {officer.document for officer in content.officers}
    if len(people) < FEWEST_OFFICERS or len(people) != len(content.officers):
        faults.append(f"an authority sends {FEWEST_OFFICERS} officers, each once")
    if len(content.officers) > 10:
        faults.append("more than 10 officers are too many")
    return faults


def _blank(**fields: str) -> list[str]:
    return [
        f"{name} has 1 to {LONGEST_FIELD} characters"
        for name, text in fields.items()
        if not text.strip() or len(text) > LONGEST_FIELD
    ]


def map_documents(content: Content, change: Callable[[str], str]) -> Content:
    """Return *content* with each number of an identity document as *change* gives it."""
    match content:
        case Retrieval():
            officers = (replace(each, document=change(each.document)) for each in content.officers)
            return replace(content, officers=tuple(officers))
        case Citizen():
            return replace(content, document=change(content.document))
        case _:
            return content


def hide(document: str) -> str:
    """Return a document's number as those read it who need not know it."""
    return f"{'*' * max(0, len(document) - 4)}{document[-4:]}" if len(document) > 4 else "****"


def to_plain(content: Content) -> dict[str, object]:
    """Return *content* as JSON can carry it."""
    match content:
        case Retrieval():
            officers = [
                {"name": each.name, "unit": each.unit, "document": each.document}
                for each in content.officers
            ]
            return {"basis": content.basis, "document": content.document, "officers": officers}
        case Publication():
            masks = sorted(mask.value for mask in content.masks)
            return {"where": content.where, "masks": masks}
        case Citizen():
            return {
                "name": content.name,
                "document": content.document,
                "relation": content.relation.value,
                "interest": content.interest.value,
                "supervisor": content.supervisor,
            }
        case Change():
            return {"before": content.before}
        case None:
            return {}


def from_plain(kind: Kind, plain: Mapping[str, object]) -> Content:
    """Return what `to_plain` gave; raises Invalid when it is none of this kind."""
    match kind:
        case Kind.RETRIEVAL:
            listed = plain.get("officers")
            officers = tuple(
                Officer(_text(each, "name"), _text(each, "unit"), _text(each, "document"))
                for each in (listed if isinstance(listed, list | tuple) else ())
                if isinstance(each, Mapping)
            )
            return Retrieval(_text(plain, "basis"), _text(plain, "document"), officers)
        case Kind.PUBLICATION:
            masks = plain.get("masks")
            named = masks if isinstance(masks, list | tuple | set | frozenset) else ()
            known = {mask.value: mask for mask in Mask}
            chosen = frozenset(known[each] for each in named if each in known)
            return Publication(_text(plain, "where"), chosen)
        case Kind.CITIZEN:
            return Citizen(
                _text(plain, "name"),
                _text(plain, "document"),
                _choice(Relation, _text(plain, "relation")),
                _choice(Interest, _text(plain, "interest")),
                _text(plain, "supervisor"),
            )
        case Kind.PURPOSE:
            return Change(_text(plain, "before"))
        case Kind.LIVE | Kind.FOOTAGE | Kind.EXPORT:
            return None


def _text(plain: Mapping[str, object], name: str) -> str:
    value = plain.get(name)
    return value.strip() if isinstance(value, str) else ""


def _choice(kind: type[C], value: str) -> C:
    try:
        return kind(value)
    except ValueError:
        raise Invalid(f"{value[:40]!r} is none of {[each.value for each in kind]}") from None
