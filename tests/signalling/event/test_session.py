"""Sessions are known by what they show, talks by whom they reach."""

from tongshi.signalling.event.session import Kind, SessionKey, TalkKey


def test_words_are_stable() -> None:
    assert [kind.value for kind in Kind] == ["main", "sub"]


def test_a_session_is_known_by_what_it_shows() -> None:
    assert SessionKey("a", "b", Kind.MAIN) == SessionKey("a", "b", Kind.MAIN)
    assert len({SessionKey("a", "b", kind) for kind in Kind}) == 2


def test_a_talk_is_known_by_whom_it_reaches() -> None:
    assert len({TalkKey("a", "b"), TalkKey("a", "b"), TalkKey("a", "a")}) == 2
