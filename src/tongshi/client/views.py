"""Open pictures: live ones, and footage that is steered."""

import time
from types import TracebackType
from typing import Literal, Self

from tongshi.client.failure import Failure
from tongshi.client.shapes import Shown
from tongshi.client.wire import Wire

TURN = 20.0
"""How long one question waits for the picture, s."""


class View:
    """A picture that is open until `close`; use as a context manager.

    shown: as the node told it last.  Messages of the WebSocket at `url`: see the design page of the
    console.  Each address opens once; `renew` gives another, after the line broke.
    """

    def __init__(self, wire: Wire, kind: str, shown: Shown) -> None:
        self._wire = wire
        self._path = f"/{kind}/{shown['view']}"
        self.shown = shown

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where the picture is; ``""`` while there is none."""
        return self.shown.get("url", "")

    def wait(self, seconds: float) -> Self:
        """Return once the picture is there; raises Failure (``unreachable`` after *seconds*)."""
        end = time.monotonic() + seconds
        while not self.url:
            left = end - time.monotonic()
            if left <= 0:
                raise Failure("unreachable", "the picture did not come in time")
            self.shown = self._wire.call("GET", self._path, query={"wait": min(TURN, left)})
        return self

    def renew(self) -> str:
        """Return a new address; the one before opens nothing any more."""
        self.shown = self._wire.call("POST", f"{self._path}/renew")
        return self.url

    def close(self) -> None:
        """End it, and its entry in the access register.  Harmless for one that is over."""
        try:
            self._wire.call("DELETE", self._path)
        except Failure as failure:
            if failure.code != "missing":
                raise


class Playback(View):
    """Footage that is shown, and can be steered."""

    def pause(self) -> None:
        """Stand still."""
        self._order("pause")

    def play(self) -> None:
        """Go on."""
        self._order("play")

    def seek(self, at: float) -> None:
        """Go to the moment *at*, UNIX time, s."""
        self._order("seek", at=at)

    def speed(self, scale: float) -> None:
        """Play *scale* times as fast; below 0 backwards, where the device can."""
        self._order("scale", scale=scale)

    def _order(self, do: Literal["pause", "play", "seek", "scale"], **given: float) -> None:
        self._wire.call("POST", f"{self._path}/control", body={"do": do, **given})
