"""What a stream of footage has beyond a live one: its times, its steering, its file."""

import json
from collections.abc import Callable

from tongshi.errors import Error
from tongshi.gateway.engine import (
    Advanced,
    EngineEvent,
    FileFailed,
    Footage,
    Receive,
    Transport,
    Turn,
)
from tongshi.gateway.record import Disk, Recorder
from tongshi.gateway.vigil import Vigil
from tongshi.media.recall import Recall
from tongshi.media.retime import Place, Retimer
from tongshi.settings import MediaSettings

RING = 32_000_000
"""Bytes kept of what a viewer is still to fetch: nobody sends it again."""
HASTE = 9.0
"""What viewers have in store, s, when that is told out of turn, once."""
_PLACES = 256


class Playout:
    """The part of a stream that shows the past.

    say: tells every viewer a text.
    """

    def __init__(
        self,
        receive: Receive,
        footage: Footage,
        settings: MediaSettings,
        disk: Disk,
        tell: Callable[[EngineEvent], None],
        say: Callable[[str], None],
    ) -> None:
        self._stream = receive.stream
        self._tell = tell
        self._say = say
        self._places: list[Place] = []
        self._hasty = False
        retimer = self._retimer = Retimer(footage.since, footage.until, smooth=not footage.file)
        self.pipeline = Recall(
            retimer,
            payload_types=receive.payload_types,
            ssrc=receive.ssrc,
            ordered=receive.transport is not Transport.UDP,
            freeze=settings.loss == "freeze",
            backlog_limit=4 * settings.viewer_backlog,
        )
        self._recorder: Recorder | None = None
        self.pipeline.hub.ring_limit = RING
        if footage.file:
            seconds = footage.until - footage.since
            recorder = self._recorder = Recorder(footage.file, seconds, disk, self._fail)
            self.pipeline.places.append(recorder.place)
            self.pipeline.units.append(recorder.take)
        else:
            self.pipeline.hub.holding = True
            self.pipeline.places.append(self._place)

    def steer(self, turn: Turn, value: float | None, vigil: Vigil, now: float) -> None:
        """Take what was asked of the sender, or what it answered."""
        retimer = self._retimer
        match turn:
            case Turn.HOLD | Turn.WAIT | Turn.GO:
                self._hasty = False
                retimer.hold(turn is Turn.HOLD)
                vigil.rest(turn is not Turn.GO, now)
            case Turn.SPEED:
                retimer.steer(value or 1.0)
            case Turn.SEEK:
                retimer.seek(value or 0.0)
            case Turn.LANDED:
                retimer.answer(value)
            case Turn.STAY:
                retimer.stay()

    def welcome(self) -> list[str]:
        """Return what a viewer that joins now has to know of the pictures it gets."""
        return [place_text(place) for place in self._places]

    def desert(self) -> None:
        """Note that nobody watches: what comes is kept for who comes back."""
        self.pipeline.hub.holding = self._recorder is None

    def advanced(self) -> Advanced:
        """Return how far it has come."""
        retimer, recorder = self._retimer, self._recorder
        return Advanced(
            stream=self._stream,
            at=retimer.at,
            lead=round(retimer.lead, 3),
            rate=retimer.rate,
            pace=retimer.pace.value,
            frames=self.pipeline.passed,
            keys=self.pipeline.keys_passed,
            written=0 if recorder is None else recorder.written,
            saved=None if recorder is None else recorder.saved,
            doubtful=recorder is not None and recorder.doubtful,
        )

    async def close(self) -> None:
        """Hand on what waits, and close the file."""
        self.pipeline.flush()
        if self._recorder is not None:
            await self._recorder.close()

    def _place(self, place: Place) -> None:
        hub = self.pipeline.hub
        self._places.append(place)
        # A newcomer gets pictures from the last key frame, or from where they began to be held.
        del self._places[: -_PLACES if hub.holding else -2]
        self._say(place_text(place))
        if self._retimer.lead > HASTE and not self._hasty:
            # Who sends much ahead is to be told at once, not with the next second.
            self._hasty = True
            self._tell(self.advanced())

    def _fail(self, error: Error) -> None:
        self._tell(FileFailed(self._stream, error))


def place_text(place: Place) -> str:
    """Return the message by which viewers learn what moment a picture shows."""
    return json.dumps(
        {
            "type": "place",
            "pts": place.pts,
            "at": round(place.at, 3),
            "rate": place.rate,
            "jump": place.jump,
        }
    )
