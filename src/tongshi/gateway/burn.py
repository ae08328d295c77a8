"""Orders to burn a mark into a recording: a copy to be handed out, made in a process of its own."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from tongshi.errors import EngineFailed, Exhausted
from tongshi.gateway.child import Child

_LINE = 1 << 16


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done.  source, target: files.  text: the mark."""

    source: str
    target: str
    text: str


@dataclass(frozen=True, slots=True)
class Burnt:
    """A copy that is made.  digest: SHA-256 of the file, hex."""

    size: int
    digest: str
    frames: int


async def burn(order: Order, progress: Callable[[float], None]) -> Burnt:
    """Return what became of the copy.  progress: told the part that is done, 0..1.

    Raises Exhausted (``disk``), EngineFailed(stage="export").
    """
    try:
        child = await Child.start("tongshi.gateway.burner", limit=_LINE)
    except OSError as error:
        raise EngineFailed(f"the copy was not begun: {error}", stage="export") from None
    try:
        child.writer.write(json.dumps(asdict(order)).encode() + b"\n")
        while True:
            told = json.loads(await child.reader.readline())
            if "part" not in told:
                break
            progress(float(told["part"]))
    except (OSError, ValueError) as error:
        raise EngineFailed(f"the copy was not made: {error}", stage="export") from None
    finally:
        await child.stop()
    if "fault" not in told:
        return Burnt(**told)
    if told["full"]:
        raise Exhausted(told["fault"], resource="disk")
    raise EngineFailed(told["fault"], stage="export")
