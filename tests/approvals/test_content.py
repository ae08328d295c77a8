from dataclasses import replace

import pytest

from tongshi.approvals.content import (
    Ask,
    Change,
    Citizen,
    Content,
    Interest,
    Kind,
    Mask,
    Officer,
    Place,
    Publication,
    Relation,
    Retrieval,
    check_ask,
    from_plain,
    hide,
    map_documents,
    to_plain,
)
from tongshi.errors import Invalid

OFFICERS = (Officer("Li", "Unit 1", "110101199001011234"), Officer("Wu", "Unit 1", "P7654321"))
RETRIEVAL = Retrieval("Criminal Procedure Law 54", "2026-17", OFFICERS)
PUBLICATION = Publication("town web site", frozenset(Mask))
CITIZEN = Citizen("Zhao", "110101198001015678", Relation.SELF, Interest.PROPERTY, "Officer Sun")
CONTENTS: dict[Kind, Content] = {
    Kind.LIVE: None,
    Kind.FOOTAGE: None,
    Kind.EXPORT: None,
    Kind.RETRIEVAL: RETRIEVAL,
    Kind.PUBLICATION: PUBLICATION,
    Kind.CITIZEN: CITIZEN,
    Kind.PURPOSE: Change("patrol"),
}


def ask_of(kind: Kind) -> Ask:
    past = kind not in (Kind.LIVE, Kind.PURPOSE)
    since, until = (1000.0, 2000.0) if past else (None, None)
    cameras = (Place("d", "c", "gate"),)
    return Ask(kind, "case", "why", cameras, 3600.0, "A1", since, until, CONTENTS[kind])


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_tells_what_the_law_wants_to_know(kind: Kind) -> None:
    ask = ask_of(kind)
    check_ask(ask)
    assert from_plain(kind, to_plain(ask.content)) == ask.content
    others = [content for content in CONTENTS.values() if type(content) is not type(ask.content)]
    for content in others:
        with pytest.raises(Invalid, match="not what a request of the kind"):
            check_ask(replace(ask, content=content))


@pytest.mark.parametrize("kind", Kind)
def test_a_request_about_the_past_names_its_span(kind: Kind) -> None:
    ask = ask_of(kind)
    turned = replace(ask, since=None, until=None) if ask.since else replace(ask, since=1, until=2)
    with pytest.raises(Invalid, match="span"):
        check_ask(turned)
    if ask.since:
        with pytest.raises(Invalid, match="later end"):
            check_ask(replace(ask, until=1000.0))


def test_reason_and_cameras_are_named() -> None:
    ask = ask_of(Kind.LIVE)
    for breach in (
        replace(ask, reason=" "),
        replace(ask, reason="x" * 501),
        replace(ask, cameras=()),
        replace(ask, cameras=(*ask.cameras, Place("d", "c", "again"))),
    ):
        with pytest.raises(Invalid):
            check_ask(breach)


@pytest.mark.parametrize(
    "officers",
    [
        OFFICERS[:1],
        (OFFICERS[0], OFFICERS[0]),
        (OFFICERS[0], replace(OFFICERS[1], document=OFFICERS[0].document)),
        (OFFICERS[0], replace(OFFICERS[1], unit=" ")),
        (OFFICERS[0], replace(OFFICERS[1], document="")),
        tuple(Officer("n", "u", str(number)) for number in range(11)),
    ],
)
def test_an_authority_sends_two_officers(officers: tuple[Officer, ...]) -> None:
    ask = ask_of(Kind.RETRIEVAL)
    with pytest.raises(Invalid):
        check_ask(replace(ask, content=replace(RETRIEVAL, officers=officers)))


@pytest.mark.parametrize("lacking", Mask)
def test_nothing_is_published_unmasked(lacking: Mask) -> None:
    content = replace(PUBLICATION, masks=frozenset(Mask) - {lacking})
    with pytest.raises(Invalid, match=lacking.value):
        check_ask(replace(ask_of(Kind.PUBLICATION), content=content))


def test_a_citizen_is_known_and_supervised() -> None:
    for name, content in (
        ("name", replace(CITIZEN, name=" ")),
        ("document", replace(CITIZEN, document=" ")),
        ("supervisor", replace(CITIZEN, supervisor=" ")),
    ):
        with pytest.raises(Invalid, match=name):
            check_ask(replace(ask_of(Kind.CITIZEN), content=content))
    with pytest.raises(Invalid, match="neighbour"):
        from_plain(Kind.CITIZEN, {**to_plain(CITIZEN), "relation": "neighbour"})


def test_documents_are_turned_and_nothing_else() -> None:
    turned = map_documents(RETRIEVAL, lambda number: number[::-1])
    assert isinstance(turned, Retrieval)
    assert [each.document for each in turned.officers] == [each.document[::-1] for each in OFFICERS]
    assert map_documents(turned, lambda number: number[::-1]) == RETRIEVAL
    assert map_documents(CITIZEN, hide) == replace(CITIZEN, document="**************5678")
    assert map_documents(PUBLICATION, hide) == PUBLICATION
    assert map_documents(None, hide) is None


def test_a_hidden_number_shows_four_signs_at_the_most() -> None:
    assert hide("123456") == "**3456"
    assert hide("1234") == "****"
    assert hide("") == "****"


@pytest.mark.parametrize("kind", Kind)
def test_anything_plain_is_read_or_refused(kind: Kind) -> None:
    for junk in ({}, {"officers": [1, None]}, {"masks": "x", "before": 3}):
        try:
            content = from_plain(kind, junk)
        except Invalid:
            continue
        ask = replace(ask_of(kind), content=content)
        if content is not None:
            with pytest.raises(Invalid):
                check_ask(ask)
