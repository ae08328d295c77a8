"""The path of recorded footage: that of a live stream, with the times of the recording.

Live streams take :class:`tongshi.media.stream.Pipeline` as it is and pay nothing for this.
"""

from collections.abc import Callable, Iterable

from tongshi.media.hub import BACKLOG_LIMIT
from tongshi.media.retime import Place, Retimer
from tongshi.media.stream import Pipeline
from tongshi.media.timeline import SentTimeline, Times
from tongshi.media.unit import AccessUnit


class Recall(Pipeline):
    """A pipeline whose units come out on the time line of ``retimer``.

    ``places`` gets each place, before the picture that it is of.  ``passed`` counts pictures that
    came with a time, and ``keys_passed`` the key frames among them.
    """

    __slots__ = ("keys_passed", "passed", "places", "retimer")

    def __init__(
        self,
        retimer: Retimer,
        *,
        payload_types: Iterable[tuple[int, str]] = (),
        ssrc: int | None = None,
        ordered: bool = False,
        freeze: bool = True,
        backlog_limit: int = BACKLOG_LIMIT,
    ) -> None:
        super().__init__(
            payload_types=payload_types,
            ssrc=ssrc,
            ordered=ordered,
            freeze=freeze,
            backlog_limit=backlog_limit,
            times=Times(SentTimeline),
        )
        self.retimer = retimer
        self.places: list[Callable[[Place], None]] = []
        self.passed = self.keys_passed = 0

    def _take(self, unit: AccessUnit) -> None:
        placed = self.retimer.take(unit, 0.0 if self.heard is None else self.heard)
        if placed is None:
            return
        unit, place = placed
        if not unit.codec.is_audio:
            self.passed += 1
            self.keys_passed += unit.key
        if place is not None:
            for tap in self.places:
                tap(place)
        self._fragmenter.hint = self.retimer.hint
        super()._take(unit)
