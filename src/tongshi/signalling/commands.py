"""Everything that a device is asked or told on demand: the face of ``Signalling`` for it.

Whom a command is addressed to (10.8, 3.4 of the field's practice; 9.3.1 leaves it to annex A):

| command | DeviceID |
|---|---|
| PTZ, drag zoom, home, exact position, record, key frame | the channel |
| guard, alarm reset | the channel where one is named, as an alarm input; else the device |
| restart, format, upgrade, BasicParam | the device; below a platform, the channel itself |
| other settings | the channel; the device where its profile says so |

What is known of the outcome is told, and no more: see `Fate`.
"""

from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from tongshi.clock import Clock
from tongshi.errors import Denied, Error, PeerSilent
from tongshi.gb28181 import ptz
from tongshi.gb28181.gather import Gathered
from tongshi.gb28181.identifier import Role, role_of
from tongshi.gb28181.manscdp import (
    ANSWERED,
    AlarmAnswer,
    AlarmQuery,
    BasicParam,
    Block,
    Command,
    CruiseStop,
    CruiseTrack,
    CruiseTrackListQuery,
    CruiseTrackQuery,
    DeviceConfig,
    DeviceConfigAnswer,
    DeviceControl,
    DeviceControlAnswer,
    DeviceInfoAnswer,
    DeviceInfoQuery,
    DeviceStatusAnswer,
    DeviceStatusQuery,
    DeviceUpgrade,
    DeviceUpgradeResult,
    DragZoom,
    FormatSdCard,
    HomePositionAnswer,
    HomePositionQuery,
    KeyFrameCmd,
    Message,
    Outcome,
    Preset,
    PresetQuery,
    PtzCmd,
    PtzPositionAnswer,
    PtzPositionQuery,
    PtzPrecise,
    SdCard,
    SdCardStatusQuery,
    TargetTrack,
    TeleBoot,
    VideoParamOpt,
)
from tongshi.gb28181.manscdp.check import require
from tongshi.gb28181.profile import KeyFrame
from tongshi.gb28181.version import Version
from tongshi.net.task import Supervisor
from tongshi.signalling.answers import CARDS, CRUISE, CRUISES, PRESETS, refusal
from tongshi.signalling.errands import Errands
from tongshi.signalling.event import (
    CommandRefused,
    DeviceDescribed,
    DeviceStated,
    SignallingEvent,
    UpgradeReported,
)
from tongshi.signalling.neighbours import Neighbour
from tongshi.signalling.pace import Pace
from tongshi.signalling.steering import Steering, SteeringRules
from tongshi.signalling.waiting import Wait
from tongshi.sip.event import RequestArrived

LATE = 3.0
"""How long an ERROR to a command that needs no answer is listened for, s."""
_WHOLE_DEVICE = (TeleBoot, FormatSdCard, DeviceUpgrade, BasicParam)
_SPELLING = {KeyFrame.IFAMECMD: Version.V2016, KeyFrame.IFRAMECMD: Version.V2022}


class Fate(Enum):
    """What is known of a command that was not refused."""

    DELIVERED = "delivered"
    """The device took it; the standard has no answer that would say more."""
    CONFIRMED = "confirmed"
    """The device answered that it did it."""
    UNCONFIRMED = "unconfirmed"
    """The device took it and owed an answer that did not come in time."""


class Commands:
    """Asks and tells devices; raises as `tongshi.signalling.errands` says.

    emit: gets CommandRefused for what a device refused after it had taken it.
    """

    def __init__(
        self,
        errands: Errands,
        emit: Callable[[SignallingEvent], None],
        clock: Clock,
        rules: SteeringRules | None = None,
    ) -> None:
        self._errands = errands
        self._emit = emit
        self._clock = clock
        self._tasks = Supervisor("commands")
        self._pace = Pace(clock.now)
        self.steering = Steering(rules or SteeringRules(), self._steer)

    async def close(self) -> None:
        """Stop what moves and end."""
        await self.steering.close()
        await self._tasks.close()

    # Asking

    async def status(self, device_id: str, target_id: str) -> DeviceStatusAnswer:
        """Return how a device or channel says it is; a device's is told.  Source: A.2.4.2."""
        answer = await self._errands.ask(
            device_id, DeviceStatusAnswer, lambda sn: DeviceStatusQuery(sn, target_id)
        )
        if target_id == device_id:
            self._emit(DeviceStated(device_id, answer, self._clock.wall()))
        return answer

    async def describe(self, device_id: str) -> DeviceInfoAnswer:
        """Return what a device says of itself, and tell it.  Source: A.2.4.4."""
        answer = await self._errands.ask(
            device_id, DeviceInfoAnswer, lambda sn: DeviceInfoQuery(sn, device_id)
        )
        self._emit(DeviceDescribed(device_id, answer, self._clock.wall()))
        return answer

    async def presets(self, device_id: str, channel_id: str) -> Gathered[Preset]:
        """Return the presets of a channel.  Source: A.2.4.8."""
        return await self._errands.gather(
            device_id, PRESETS, lambda sn: PresetQuery(sn, channel_id)
        )

    async def home(self, device_id: str, channel_id: str) -> HomePositionAnswer:
        """Return the home position of a channel.  Source: A.2.4.10."""
        return await self._errands.ask(
            device_id, HomePositionAnswer, lambda sn: HomePositionQuery(sn, channel_id)
        )

    async def cruises(self, device_id: str, channel_id: str) -> Gathered[CruiseTrack]:
        """Return the cruises of a channel.  Source: A.2.4.11."""
        return await self._errands.gather(
            device_id, CRUISES, lambda sn: CruiseTrackListQuery(sn, channel_id)
        )

    async def cruise(self, device_id: str, channel_id: str, number: int) -> Gathered[CruiseStop]:
        """Return the points of one cruise; *number* from 0.  Source: A.2.4.12."""
        return await self._errands.gather(
            device_id, CRUISE, lambda sn: CruiseTrackQuery(sn, channel_id, number)
        )

    async def position(self, device_id: str, channel_id: str) -> PtzPositionAnswer:
        """Return where a channel looks.  Source: A.2.4.13."""
        return await self._errands.ask(
            device_id, PtzPositionAnswer, lambda sn: PtzPositionQuery(sn, channel_id)
        )

    async def cards(self, device_id: str, target_id: str) -> Gathered[SdCard]:
        """Return the cards of a device.  Source: A.2.4.14."""
        return await self._errands.gather(
            device_id, CARDS, lambda sn: SdCardStatusQuery(sn, target_id)
        )

    async def alarms(self, device_id: str, query: AlarmQuery) -> AlarmAnswer:
        """Have a device report alarms as *query* says, its SN aside.  Source: A.2.4.6."""

        return await self._errands.ask(device_id, AlarmAnswer, lambda sn: replace(query, sn=sn))

    # Telling

    async def control(self, device_id: str, channel_id: str, command: Command) -> Fate:
        """Have a channel, or its device, do *command*.  Source: 9.3, A.2.3.1.

        Movements go through `Steering`: they last as long as they are renewed.
        Raises Invalid when *command* is not legal, Denied for TargetTrack: it follows people.
        Exhausted when the device is told too much at once, PeerRefused also when it says ERROR.
        """
        if isinstance(command, TargetTrack):
            raise Denied("this platform has no camera follow anybody")
        neighbour = self._errands.neighbour(device_id)
        require(command, neighbour.version)
        if isinstance(command, PtzCmd):
            match command.word:
                case ptz.Stop():
                    await self.steering.stop(device_id, channel_id)
                    return Fate.DELIVERED
                case ptz.Move() | ptz.Lens():
                    await self.steering.move(device_id, channel_id, command.word)
                    return Fate.DELIVERED
        self._pace.take(device_id)
        if _turns(command):
            self.steering.release(device_id, channel_id)
        target = target_of(device_id, channel_id, command)
        if isinstance(command, ANSWERED):
            return await self._confirm(device_id, target, command)
        await self._tell(device_id, target, command)
        return Fate.DELIVERED

    async def request_key_frame(self, device_id: str, channel_id: str) -> None:
        """Ask for a key frame: for a live view at its start, or after loss.  Source: A.2.3.1.7."""
        await self.control(device_id, channel_id, KeyFrameCmd("Send"))

    def uploads(self, device_id: str) -> bool:
        """Return whether a device is of an edition that has snapshots by upload."""
        return self._errands.neighbour(device_id).version is Version.V2022

    async def configure(self, device_id: str, channel_id: str, block: Block) -> Fate:
        """Have a channel, or its device, take new settings.  Source: 9.3, A.2.3.2.

        Raises Invalid when *block* is not legal, or is one that is only told.
        """
        neighbour = self._errands.neighbour(device_id)
        require(block, neighbour.version)
        if isinstance(block, VideoParamOpt):
            raise Denied("VideoParamOpt says what a device can do: it is only read")
        self._pace.take(device_id)
        target = self.holder_of(device_id, channel_id, block)
        try:
            await self._errands.ask(
                device_id, DeviceConfigAnswer, lambda sn: DeviceConfig(sn, target, (block,))
            )
        except PeerSilent as error:
            if error.stage != "answer":
                raise
            return Fate.UNCONFIRMED
        return Fate.CONFIRMED

    def upgraded(self, neighbour: Neighbour, message: Message, arrived: RequestArrived) -> int:
        """Take DeviceUpgradeResult, which follows the next registration.  Source: 9.13."""
        assert isinstance(message, DeviceUpgradeResult)
        event = UpgradeReported(
            neighbour.device_id,
            message.session_id,
            message.result is Outcome.OK,
            message.firmware[:64],
            message.reason[:64],
            self._clock.wall(),
        )
        self._emit(event)
        return 200

    def holder_of(self, device_id: str, channel_id: str, block: Block | type[Block]) -> str:
        """Return whose settings *block* are."""
        profile = self._errands.profile_of(device_id)
        kind = block if isinstance(block, type) else type(block)
        if profile.config_to_device and role_of(device_id) is not Role.PLATFORM:
            return device_id
        return target_of(device_id, channel_id, kind)

    async def _confirm(self, device_id: str, target: str, command: Command) -> Fate:
        try:
            await self._errands.ask(
                device_id, DeviceControlAnswer, lambda sn: DeviceControl(sn, target, command)
            )
        except PeerSilent as error:
            if error.stage != "answer":
                raise
            return Fate.UNCONFIRMED
        return Fate.CONFIRMED

    async def _steer(
        self, device_id: str, channel_id: str, word: ptz.Stop | ptz.Move | ptz.Lens
    ) -> None:
        await self._tell(device_id, channel_id, PtzCmd(word))

    async def _tell(self, device_id: str, target: str, command: Command) -> None:
        """Return once the device took *command*; an ERROR that follows is told as an event."""
        version = None
        if isinstance(command, KeyFrameCmd):
            version = _SPELLING.get(self._errands.profile_of(device_id).key_frame)
        wait = self._errands.expect(device_id, DeviceControlAnswer, LATE)
        try:
            message = DeviceControl(wait.sn, target, command)
            await self._errands.deliver(device_id, message, version)
        except BaseException:
            self._errands.end(wait)
            raise
        name = type(command).__name__
        self._tasks.start(self._listen(wait, target, name), name=f"late/{device_id}")

    async def _listen(self, wait: Wait[DeviceControlAnswer], target: str, name: str) -> None:
        """Hear what a device says of a command that needs no answer; most say nothing."""
        try:
            answer = await self._errands.answer(wait)
        except Error:
            return
        refused = refusal(answer)
        if refused is not None:
            event = CommandRefused(wait.device_id, target, name, str(refused), self._clock.wall())
            self._emit(event)


def target_of(device_id: str, channel_id: str, what: object) -> str:
    """Return the DeviceID of a command or of settings; *what*: a value or its type."""
    kind = what if isinstance(what, type) else type(what)
    whole = issubclass(kind, _WHOLE_DEVICE) and role_of(device_id) is not Role.PLATFORM
    return device_id if whole else channel_id


def _turns(command: Command) -> bool:
    """Return whether *command* has the camera go somewhere by itself."""
    match command:
        case PtzCmd(word=ptz.Preset(act=act)):
            return act is ptz.PresetAct.CALL
        case PtzCmd(word=ptz.CruiseStart()) | PtzPrecise() | DragZoom():
            return True
        case PtzCmd(word=ptz.Scan(act=act)):
            return act is ptz.ScanAct.START
    return False
