import asyncio
import os
import shutil
import socket
from collections.abc import Iterable
from pathlib import Path

import pytest

from tongshi.gateway.engine import Receive, Transport
from tongshi.gateway.engines.builtin import Local
from tongshi.media.sender import Sender
from tongshi.settings import MediaSettings
from tongshi.testing.clip import cut_ps, make_ps
from tongshi.testing.viewer import watch

pytestmark = [pytest.mark.interop, pytest.mark.network]
HOST = "127.0.0.1"
SETTINGS = MediaSettings(
    workers=0, listen=HOST, ports_from=0, ports_to=0, viewer_listen=f"{HOST}:0"
)


@pytest.fixture(autouse=True)
def _programs() -> None:
    for name in ("ffmpeg", "ffprobe"):
        if shutil.which(name) is None:
            if os.environ.get("CI"):
                pytest.fail(f"{name} is not installed")
            pytest.skip(f"{name} is not installed")


async def show(engine: Local, packs: list[tuple[bytes, int]]) -> bytes:
    """Return what a viewer gets that comes after a third of the film."""
    port = await engine.open(Receive("s", Transport.UDP))
    sender = Sender(5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((HOST, port))

        def send(part: Iterable[tuple[bytes, int]]) -> None:
            for pack, clock in part:
                for packet in sender.packets_of(pack, clock):
                    sock.send(packet)

        # FFmpeg's packs have no bounds in common with pictures: the first group serves to find
        # that out.
        third = len(packs) // 3
        send(packs[:third])
        for _ in range(1000):
            if (await engine.figures("s")).keys > 1:
                break
            await asyncio.sleep(0.01)
        await engine.admit("s", "t", expires_s=60.0)
        url = f"ws://{HOST}:{engine.viewer_port('s')}/play/t"
        watching = asyncio.create_task(watch(url, messages=50, within=20))
        for _ in range(1000):
            if (await engine.figures("s")).viewers:
                break
            await asyncio.sleep(0.01)
        send(packs[third:])
        (film,) = (await watching).segments
        return bytes(film)


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_a_program_stream_made_by_ffmpeg_plays(tmp_path: Path, codec: str) -> None:
    async def run() -> None:
        await make_ps(tmp_path / "film.ps", codec, seconds=6)
        engine = Local(SETTINGS)
        await engine.start()
        try:
            film = await show(engine, cut_ps(tmp_path / "film.ps"))
        finally:
            await engine.stop()
        (tmp_path / "film.mp4").write_bytes(film)
        probe = await asyncio.create_subprocess_exec(
            "ffprobe",
            *("-v", "warning", "-count_frames", "-show_entries", "stream=nb_read_frames"),
            *("-of", "csv=p=0", str(tmp_path / "film.mp4")),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, warnings = await probe.communicate()
        assert warnings == b""
        assert int(out.strip().strip(b",")) >= 50

    asyncio.run(run())
