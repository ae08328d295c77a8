import io

import av

from tongshi.sim.film import Shot
from tongshi.sim.picture import build
from tongshi.sim.snapshot import photograph
from tongshi.sim.strip import read_counter


def test_a_photograph_is_a_jpeg_with_its_counter() -> None:
    shot = Shot(view="hills", title="SNAP", width=320, height=180)
    data = photograph(shot, build("hills", 0, 320, 180), 4711)
    assert data[:3] == b"\xff\xd8\xff"
    with av.open(io.BytesIO(data), "r", format="mjpeg") as container:
        [frame] = container.decode(video=0)
    assert (frame.width, frame.height) == (320, 180)
    assert read_counter(frame.to_ndarray(format="rgb24")) == 4711
