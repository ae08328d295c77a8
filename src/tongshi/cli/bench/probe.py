"""How soon a platform answers: a few devices in a process of their own, whatever else it does."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from tongshi.sim.load import Devices, Target

DEVICES = 20


@dataclass(frozen=True, slots=True)
class Answers:
    """What the devices heard.

    done, refused, lost: keepalives by what became of them.  p50_ms, p99_ms: from the first sending
    to the answer.
    """

    done: int
    refused: int
    lost: int
    p50_ms: float
    p99_ms: float


@asynccontextmanager
async def probing(
    target: Target, rate: float, seconds: float
) -> "AsyncIterator[asyncio.Future[Answers]]":
    """Register, then send *rate* keepalives a second for *seconds*; give what will be heard."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tongshi.cli.bench.probe",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        if process.stdin is not None:
            order = {"target": asdict(target), "rate": rate, "seconds": seconds}
            process.stdin.write(json.dumps(order).encode("ascii") + b"\n")
        yield asyncio.ensure_future(_hear(process))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _hear(process: asyncio.subprocess.Process) -> Answers:
    """Return what the process found; raises RuntimeError when it has died."""
    line = b"" if process.stdout is None else await process.stdout.readline()
    if not line:
        raise RuntimeError("the devices that measure answers have died")
    return Answers(**json.loads(line))


def ask(target: Target, rate: float, seconds: float) -> Answers:
    """Register devices, keep them alive at *rate* a second, and return what was answered."""
    with Devices(target, DEVICES, sockets=1) as devices:
        devices.register()
        tally = devices.keep_alive_at(rate, seconds)
    return Answers(
        tally.done,
        sum(tally.refused.values()),
        tally.lost,
        1e3 * tally.quantile(0.5),
        1e3 * tally.quantile(0.99),
    )


def main() -> int:
    """Read one order, carry it out, tell."""
    order = json.loads(sys.stdin.readline())
    answers = ask(Target(**order["target"]), order["rate"], order["seconds"])
    sys.stdout.write(json.dumps(asdict(answers)) + "\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
