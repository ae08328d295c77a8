import asyncio

import pytest

from tongshi.testing.receiver import FAILED, Receiver


@pytest.mark.network
def test_a_receiver_hears_a_request_and_answers_as_told() -> None:
    async def run() -> None:
        async with Receiver(lambda heard: FAILED) as receiver:
            reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
            writer.write(b"POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
            assert (await reader.read()).startswith(b"HTTP/1.1 500")
            writer.close()
            (heard,) = await receiver.wait(1)
            assert (heard.line, heard.body) == ("POST /in HTTP/1.1", b"hi")
            assert heard.headers["host"] == "x"

    asyncio.run(run())
