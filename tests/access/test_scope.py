from tongshi.access.grant import Camera, Grant, Right, Selector, Subject, SubjectKind, Wish, decide
from tongshi.access.scope import EVERYTHING, NOTHING, Book, compile_scope, no_camera

ME = Subject(SubjectKind.PERSON, "7")
PARTY = frozenset({ME})
WISH = Wish(Right.SEE, 1000.0, 0, 0)


def grant(number: int, selector: Selector, *, deny: bool = False) -> Grant:
    return Grant(number, ME, frozenset({Right.SEE}), selector, deny=deny)


def test_nothing_and_everything() -> None:
    camera = Camera("d", "c")
    assert EVERYTHING.sees(camera)
    assert not NOTHING.sees(camera)
    assert compile_scope((), PARTY, WISH) == NOTHING
    whole = grant(1, Selector(everything=True))
    assert compile_scope([whole], PARTY, WISH) == EVERYTHING
    assert compile_scope([whole], frozenset(), WISH) == NOTHING


def test_a_denial_is_taken_from_what_is_allowed() -> None:
    whole = grant(1, Selector(everything=True))
    denial = grant(2, Selector(devices=frozenset({"d"})), deny=True)
    scope = compile_scope([whole, denial], PARTY, WISH)
    assert not scope.sees(Camera("d", "c"))
    assert scope.sees(Camera("e", "c"))


def test_the_book_finds_what_is_about_a_camera() -> None:
    tags = Selector(tags=frozenset({"a", "b"}))
    near = grant(1, Selector(divisions=frozenset({"34"})))
    far = grant(2, Selector(divisions=frozenset({"35"})))
    marked, whole = grant(3, tags), grant(4, Selector(everything=True))
    book = Book([whole, marked, far, near])
    camera = Camera("d", "c", "3402", tags=frozenset({"a", "b"}))
    assert {one.id for one in book.about(camera)} == {1, 3, 4}
    assert decide(book.about(camera), PARTY, camera, WISH).grant_id == 1


def test_what_is_not_there_and_what_is_not_to_be_seen_are_told_alike() -> None:
    assert str(no_camera("d")) == str(no_camera("d", "d")) == "no such device: 'd'"
    assert str(no_camera("d", "c")) == "no such channel: 'c' of 'd'"
