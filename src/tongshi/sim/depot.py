"""Frames as program streams, packed once for all cameras that send them in the same way."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tongshi.media.ps import Muxer
from tongshi.media.unit import Codec
from tongshi.sim.dress import Dresser
from tongshi.sim.film import Frame, Shot
from tongshi.sim.rtpline import Pack, cut
from tongshi.sim.scene import Studio, Watch

Take = Callable[[Pack], None]


@dataclass(slots=True)
class Shelf:
    """The packs of one shot in one dress, and who takes them.

    ring: packs since the latest key frame.
    """

    muxer: Muxer
    dresser: Dresser
    ring: list[Pack] = field(default_factory=list)
    takers: list[Take] = field(default_factory=list)
    watch: Watch | None = None

    def put(self, frame: Frame) -> None:
        """Pack *frame* and give it to all."""
        data = self.dresser.alter(self.muxer.pack(*frame.units))
        pack = cut(frame.number, frame.key, frame.units[0].dts, data)
        if pack.key:
            self.ring.clear()
        self.ring.append(pack)
        for take in tuple(self.takers):
            take(pack)


class Depot:
    """Packs what a studio shoots."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self._shelves: dict[tuple[Shot, frozenset[str]], Shelf] = {}

    def fetch(self, shot: Shot, dress: frozenset[str], take: Take) -> Callable[[], None]:
        """Give *take* the packs since the latest key frame now, then each new one.

        dress: quirks of layer PS.  Returns what ends it; calling that again does nothing.
        """
        key = (shot, dress)
        shelf = self._shelves.get(key)
        if shelf is None:
            shelf = self._shelves[key] = Shelf(_muxer(shot), Dresser(dress))
            shelf.watch = self.studio.watch(shot, shelf.put)
        for pack in tuple(shelf.ring):
            take(pack)
        shelf.takers.append(take)
        held = shelf

        def leave() -> None:
            if take in held.takers:
                held.takers.remove(take)
                if not held.takers and self._shelves.get(key) is held:
                    del self._shelves[key]
                    if held.watch is not None:
                        held.watch.close()

        return leave


def _muxer(shot: Shot) -> Muxer:
    return Muxer(shot.codec, Codec.G711A if shot.sound else None)
