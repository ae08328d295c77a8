"""What devices have set: asked for by type, written, and read back.

One query may ask for several types, and a device answers each in a message of its own; to a type
that it does not know it says nothing at all.  So what a first query leaves open is asked for once
more, alone; then each type that is missing says why.

Sources: GB/T 28181-2022 9.5, A.2.3.2, A.2.4.7, A.2.6.8, A.2.6.9.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tongshi.errors import Error, Invalid, PeerRefused, PeerSilent
from tongshi.gb28181.manscdp import (
    BLOCKS,
    BasicParam,
    Block,
    ConfigDownloadAnswer,
    ConfigDownloadQuery,
)
from tongshi.gb28181.manscdp.schema import to_plain
from tongshi.signalling.answers import refusal
from tongshi.signalling.commands import Commands, Fate
from tongshi.signalling.errands import Errands

TYPES: dict[str, type[Block]] = {kind.WIRE: kind for kind in BLOCKS}
"""Every type by its name in ``ConfigType``."""
GAP = 2.0
"""Silence after which a device has answered every type that it will, s."""


@dataclass(frozen=True, slots=True)
class Configured:
    """What a device told of its settings.

    blocks: by type.  lacking: why there is none, by type: the error with its cause.
    """

    blocks: dict[str, Block]
    lacking: dict[str, Error]


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that a device has otherwise than it was told.  told, found: plain values."""

    field: str
    told: object
    found: object


@dataclass(frozen=True, slots=True)
class Written:
    """What came of new settings.

    found: the block as the device has it now; None when it does not tell, then why says why.
    """

    fate: Fate
    found: Block | None
    differences: tuple[Difference, ...] = ()
    why: Error | None = None


class Configuration:
    """Reads and writes the settings of devices; raises as `tongshi.signalling.errands` says.

    learned: may be set: told what a device said, or confirmed, of its own BasicParam.
    """

    def __init__(self, errands: Errands, commands: Commands) -> None:
        self.learned: Callable[[str, BasicParam], None] = lambda device_id, told: None
        self._errands = errands
        self._commands = commands

    async def read(self, device_id: str, channel_id: str, types: Sequence[str]) -> Configured:
        """Return the settings of *types*, names as in `TYPES`; all of them when there are none.

        Raises Invalid for a type that does not exist, and what holds for all types: Missing,
        PeerOffline, PeerSilent at the stage ``"query"``.
        """
        wanted = list(dict.fromkeys(types or TYPES))
        unknown = [name for name in wanted if name not in TYPES]
        if unknown:
            raise Invalid("no such settings", faults=tuple(unknown))
        found = Configured({}, {})
        by_holder: dict[str, list[str]] = {}
        for name in wanted:
            holder = self._commands.holder_of(device_id, channel_id, TYPES[name])
            by_holder.setdefault(holder, []).append(name)
        for holder, names in by_holder.items():
            await self._ask(device_id, holder, names, found)
        left = [(holder, name) for holder, names in by_holder.items() for name in names]
        left = [pair for pair in left if pair[1] not in found.blocks]
        if len(wanted) > 1:
            again = [pair for pair in left if not isinstance(found.lacking[pair[1]], PeerRefused)]
            await asyncio.gather(
                *(self._ask(device_id, holder, [name], found) for holder, name in again)
            )
        return found

    async def write(self, device_id: str, channel_id: str, block: Block) -> Written:
        """Write *block*, read it back, and say what differs."""
        fate = await self._commands.configure(device_id, channel_id, block)
        found = await self.read(device_id, channel_id, [block.WIRE])
        kept = found.blocks.get(block.WIRE)
        if kept is None:
            if fate is Fate.CONFIRMED:
                holder = self._commands.holder_of(device_id, channel_id, block)
                self._learn(device_id, holder, block)
            return Written(fate, None, (), found.lacking.get(block.WIRE))
        return Written(fate, kept, compare(block, kept))

    async def _ask(self, device_id: str, holder: str, names: list[str], found: Configured) -> None:
        """Ask for *names* in one query, and note in *found* what came and what did not."""

        def enough(answers: tuple[ConfigDownloadAnswer, ...]) -> bool:
            told = {block.WIRE for answer in answers for block in answer.blocks}
            refused = len(names) == 1 and any(refusal(answer) for answer in answers)
            return refused or told.issuperset(names)

        try:
            answers = await self._errands.collect(
                device_id,
                ConfigDownloadAnswer,
                enough,
                lambda sn: ConfigDownloadQuery(sn, holder, tuple(names)),
                gap=GAP,
            )
        except Error as error:
            if getattr(error, "stage", "") != "answer":
                raise
            found.lacking.update(dict.fromkeys(names, error))
            return
        blocks = {block.WIRE: block for answer in answers for block in answer.blocks}
        reasons = [each for answer in answers if (each := refusal(answer)) is not None]
        for block in blocks.values():
            self._learn(device_id, holder, block)
        for name in names:
            if name in blocks:
                found.blocks[name] = blocks[name]
                found.lacking.pop(name, None)
            elif name not in found.blocks:
                found.lacking[name] = _why(name, names, reasons)

    def _learn(self, device_id: str, holder: str, block: Block) -> None:
        """Tell of a device's own keepalives; those of others, behind a platform, are not ours."""
        if isinstance(block, BasicParam) and holder == device_id:
            self.learned(device_id, block)


def _why(name: str, names: Sequence[str], refusals: Sequence[PeerRefused]) -> Error:
    """Return why there is no answer to *name* among answers to other types."""
    if refusals and len(names) == 1:
        return refusals[0]
    return _silent(name)


def _silent(name: str) -> Error:
    return PeerSilent(f"the device told nothing of {name}", timer="answer", stage="answer")


def compare(told: Block, found: Block) -> tuple[Difference, ...]:
    """Return what of *told* a device has otherwise; fields that were not told do not count."""
    return tuple(_differences("", to_plain(told), to_plain(found)))


def _differences(path: str, told: object, found: object) -> Iterable[Difference]:
    if isinstance(told, dict):
        there = found if isinstance(found, dict) else {}
        for name, value in told.items():
            yield from _differences(f"{path}.{name}" if path else str(name), value, there.get(name))
    elif isinstance(told, list):
        members = found if isinstance(found, list) else []
        for at in range(max(len(told), len(members))):
            mine = told[at] if at < len(told) else None
            its = members[at] if at < len(members) else None
            yield from _differences(f"{path}.{at}", mine, its)
    elif told != found:
        yield Difference(path, told, found)
