from hypothesis import given
from hypothesis import strategies as st

from tongshi.api.feed import Feed, Notice
from tongshi.client.events import Event, Parser, read


def test_what_the_feed_writes_is_read() -> None:
    feed = Feed("boot")
    written = feed.encode(Notice("alarm", "d", "k", {"名": "东门"}, 7))
    parser = Parser()
    text = b"retry: 2000\nid: boot.6\n\n" + written + b": still here\n\n"
    assert list(read(iter(text.splitlines(keepends=True)), parser)) == [
        Event("boot.7", "alarm", {"名": "东门"})
    ]
    assert parser.last_id == "boot.7"


def test_lines_of_any_ending_and_what_is_no_object() -> None:
    parser = Parser("boot.1")
    lines = [b"event: a\r\n", b"data: {\r\n", b"data: }\r\n", b"\r\n", b"data: [1]\n", b"\n"]
    lines += [b"data: {x\n", b"\n", b"data\n", b"event:b\n", b"\n"]
    assert list(read(iter(lines), parser)) == [Event("boot.1", "a", {}), Event("boot.1", "b", {})]


@given(st.lists(st.binary(max_size=30)))
def test_any_lines_are_events_or_none(lines: list[bytes]) -> None:
    for event in read(iter(lines), Parser()):
        assert isinstance(event, Event)
