import pytest

from tongshi.client.failure import Failure, Refused
from tongshi.client.views import Playback, View
from tongshi.client.wire import Json, Query, Wire


class Told(Wire):
    """A wire that gives *answers* in turn and remembers what was asked."""

    def __init__(self, *answers: Json) -> None:
        super().__init__("http://node.example")
        self.answers = list(answers)
        self.asked: list[tuple[str, str, object]] = []

    def call(
        self, method: str, path: str, *, body: object = None, query: Query | None = None
    ) -> Json:
        self.asked.append((method, path, body))
        answer = self.answers.pop(0)
        if isinstance(answer, Failure):
            raise answer
        return answer


READY = {"view": "v", "state": "ready", "url": "ws://x/play/1"}
OPENING = {"view": "v", "state": "opening"}


def test_a_view_is_waited_for_renewed_and_closed() -> None:
    wire = Told(OPENING, READY, {**READY, "url": "ws://x/play/2"}, None)
    with View(wire, "live", {"view": "v", "state": "opening"}) as view:
        assert view.url == ""
        assert view.wait(60.0).url == "ws://x/play/1"
        assert view.renew() == "ws://x/play/2"
    assert [asked[:2] for asked in wire.asked] == [
        ("GET", "/live/v"),
        ("GET", "/live/v"),
        ("POST", "/live/v/renew"),
        ("DELETE", "/live/v"),
    ]


def test_a_picture_that_does_not_come_is_told() -> None:
    view = View(Told(), "live", {"view": "v", "state": "opening"})
    with pytest.raises(Failure) as caught:
        view.wait(0.0)
    assert caught.value.code == "unreachable"


def test_a_view_that_is_over_is_closed_without_a_word() -> None:
    View(Told(Refused(404, {"code": "missing"})), "live", {"view": "v"}).close()
    with pytest.raises(Refused):
        View(Told(Refused(403, {"code": "denied"})), "live", {"view": "v"}).close()


def test_footage_is_steered() -> None:
    wire = Told(None, None, None, None)
    footage = Playback(wire, "playback", {"view": "v"})
    footage.pause()
    footage.play()
    footage.seek(5.0)
    footage.speed(-2.0)
    assert [asked[2] for asked in wire.asked] == [
        {"do": "pause"},
        {"do": "play"},
        {"do": "seek", "at": 5.0},
        {"do": "scale", "scale": -2.0},
    ]
