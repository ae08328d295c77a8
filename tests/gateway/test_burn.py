import asyncio
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from tongshi.errors import EngineFailed, Exhausted
from tongshi.gateway.burn import Order, burn
from tongshi.gateway.child import Child


def film(path: Path) -> str:
    with av.open(str(path), "w", format="mp4") as made:
        shown = made.add_stream("libx264", rate=10)
        shown.width, shown.height, shown.pix_fmt = 320, 180, "yuv420p"
        for _ in range(5):
            planes = np.full((270, 320), 90, dtype=np.uint8)
            made.mux(shown.encode(VideoFrame.from_ndarray(planes, format="yuv420p")))
        made.mux(shown.encode(None))
    return str(path)


def test_a_copy_is_made_in_a_process_of_its_own(tmp_path: Path) -> None:
    target = tmp_path / "copy"
    done = asyncio.run(burn(Order(film(tmp_path / "a.mp4"), str(target), "王"), lambda part: None))
    assert (done.frames, done.size) == (5, target.stat().st_size)


def test_its_fault_is_raised(tmp_path: Path) -> None:
    order = Order(str(tmp_path / "none.mp4"), str(tmp_path / "copy"), "王")
    with pytest.raises(EngineFailed, match=r"none\.mp4") as caught:
        asyncio.run(burn(order, lambda part: None))
    assert caught.value.stage == "export"


class Told:
    """A child that says one thing."""

    def __init__(self, line: bytes) -> None:
        self.reader = asyncio.StreamReader()
        self.reader.feed_data(line)
        self.reader.feed_eof()
        self.writer = self
        self.stopped = False

    def write(self, data: bytes) -> None:
        assert data.endswith(b"\n")

    async def stop(self) -> None:
        self.stopped = True


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"", EngineFailed),
        (b"nonsense\n", EngineFailed),
        (b'{"part": 0.5}\n', EngineFailed),
        (b'{"fault": "no room", "full": true}\n', Exhausted),
        (b'{"fault": "bad", "full": false}\n', EngineFailed),
    ],
)
def test_a_process_that_ends_or_complains(
    line: bytes, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act() -> None:
        child = Told(line)

        async def start(*arguments: str, limit: int) -> Told:
            return child

        monkeypatch.setattr(Child, "start", start)
        with pytest.raises(error):
            await burn(Order("a", "b", "c"), lambda part: None)
        assert child.stopped

    asyncio.run(act())


def test_a_process_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    async def start(*arguments: str, limit: int) -> Child:
        raise OSError("no more processes")

    monkeypatch.setattr(Child, "start", start)
    with pytest.raises(EngineFailed, match="not begun"):
        asyncio.run(burn(Order("a", "b", "c"), lambda part: None))
