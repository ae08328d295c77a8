"""Everything that asks and tells devices on demand, built on one set of errands."""

from collections.abc import Callable
from dataclasses import dataclass

from tongshi.clock import Clock
from tongshi.gb28181.manscdp import DeviceUpgradeResult, Message, UploadSnapShotFinished
from tongshi.signalling.commands import Commands
from tongshi.signalling.configuration import Configuration
from tongshi.signalling.errands import Errands
from tongshi.signalling.event import SignallingEvent
from tongshi.signalling.pictures import Pictures
from tongshi.signalling.reception import Taker
from tongshi.signalling.records import Records


@dataclass(frozen=True, slots=True)
class OnDemand:
    """What is asked and told when somebody wants it; see each for what it does."""

    errands: Errands
    commands: Commands
    configuration: Configuration
    records: Records
    pictures: Pictures

    @classmethod
    def make(
        cls, errands: Errands, emit: Callable[[SignallingEvent], None], clock: Clock
    ) -> "OnDemand":
        """Return all of it, built on *errands*."""
        commands = Commands(errands, emit, clock)
        return cls(
            errands,
            commands,
            Configuration(errands, commands),
            Records(errands, clock),
            Pictures(errands, commands, emit, clock),
        )

    def attach(self, takers: dict[type[Message], Taker]) -> None:
        """Let reception hand over what devices tell of uploads and upgrades."""
        takers[UploadSnapShotFinished] = self.pictures.finished
        takers[DeviceUpgradeResult] = self.commands.upgraded

    async def close(self) -> None:
        """Stop what moves and end what goes on."""
        await self.commands.close()
        await self.records.close()
