"""How a fuzzer's bytes become what a target takes."""

import contextlib
from collections.abc import Callable, Iterator

from tongshi.errors import RemoteProtocolError
from tongshi.testing.weight import weigh

Target = Callable[[bytes], None]


def pieces(data: bytes) -> Iterator[bytes]:
    """Cut *data* into chunks, each as long as the byte before it says."""
    at = 0
    while at < len(data):
        end = at + 1 + data[at]
        yield data[at + 1 : end]
        at = end


def parts(data: bytes, mark: bytes = b"\n--\n") -> list[bytes]:
    """Cut *data* at each *mark*: for messages, which are longer than a piece."""
    return data.split(mark)


def of_bytes(read: Callable[[bytes], object]) -> Target:
    """Return the target that reads bytes; RemoteProtocolError is an answer as well."""

    def run(data: bytes) -> None:
        with contextlib.suppress(RemoteProtocolError):
            read(data)

    return run


def of_text(read: Callable[[str], object]) -> Target:
    """Return the target that reads text, as headers have it: odd bytes survive in it."""

    def run(data: bytes) -> None:
        of_bytes(lambda _: read(data.decode("utf-8", "surrogateescape")))(data)

    return run


def hold(thing: object, limit: int) -> None:
    """Assert that *thing* holds no more than *limit* bytes."""
    weight = weigh(thing)
    assert weight <= limit, f"{type(thing).__name__} holds {weight} bytes"
