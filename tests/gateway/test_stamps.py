import asyncio
from io import BytesIO

import pytest
from PIL import Image

from tongshi.errors import EngineFailed
from tongshi.gateway.coder import Coder
from tongshi.gateway.parcel import Kind, Parcel
from tongshi.gateway.stamp import stamp_jpeg
from tongshi.gateway.stamps import Stamps, pack, unpack

TEXT = "王 公安局\n2026-11-20"


def jpeg() -> bytes:
    made = BytesIO()
    Image.new("RGB", (320, 180), (90, 90, 90)).save(made, "JPEG")
    return made.getvalue()


def test_words_and_picture_travel_together() -> None:
    assert unpack(pack(TEXT, b"\n\xff\n")) == (TEXT, b"\n\xff\n")
    for data in (b"", b"x\ny", b"7\ny"):
        with pytest.raises(EngineFailed, match="words"):
            unpack(data)


def test_a_coder_stamps_and_tells_its_faults() -> None:
    coder = Coder()
    done = coder.answer(Parcel(Kind.STAMP, pack(TEXT, jpeg())), 0.0)
    assert (done.kind, done.data) == (Kind.STAMP, stamp_jpeg(jpeg(), TEXT))
    assert coder.answer(Parcel(Kind.STAMP, pack(TEXT, b"none")), 0.0).kind is Kind.FAULT


def test_a_picture_is_stamped_in_a_process_of_its_own() -> None:
    async def act() -> None:
        stamps = Stamps()
        try:
            assert await stamps.stamp(jpeg(), TEXT) == stamp_jpeg(jpeg(), TEXT)
            with pytest.raises(EngineFailed):
                await stamps.stamp(b"none", TEXT)
        finally:
            await stamps.stop()

    asyncio.run(act())
