import asyncio
import socket

import pytest

from tongshi.errors import EngineFailed
from tongshi.media.unit import AccessUnit, Codec
from tongshi.sim.witness import Witness, read_counters


def test_nothing_has_no_counters() -> None:
    assert read_counters([]) == []


def test_what_is_no_picture_fails_by_name() -> None:
    unit = AccessUnit(Codec.H264, 0, 0, True, b"\0\0\0\1\x65" + b"\xff" * 50)
    with pytest.raises(EngineFailed) as caught:
        read_counters([unit])
    assert caught.value.stage == "decode"


@pytest.mark.network
def test_junk_is_kept_as_it_came_and_shows_nothing() -> None:
    async def look() -> None:
        witness = Witness()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"junk", ("127.0.0.1", witness.port))
        for _ in range(2000):
            if witness.datagrams:
                break
            await asyncio.sleep(0.005)
        assert witness.datagrams == [b"junk"]
        assert witness.pictures == witness.sounds == []
        port = await witness.listen()
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await writer.wait_closed()
        await witness.close()

    asyncio.run(look())
