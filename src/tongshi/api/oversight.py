"""What goes on under a grant ends with it: views and talks, looked at when grants change and often.

A grant ends by its date, by revocation, by the hour of the day; a denial begins; a camera is marked
otherwise.  Whatever it was, the same decision that opened a view is asked again.  Channels that are
new get the number of their cell besides.
"""

import asyncio
import logging
from dataclasses import replace

from tongshi.access.grant import Right
from tongshi.access.granting.service import Case, Rights
from tongshi.access.placing.service import Cells
from tongshi.api.purpose import code_of
from tongshi.api.talking import Speech, Talking
from tongshi.api.view import View
from tongshi.api.views import Views
from tongshi.net.task import Supervisor

_log = logging.getLogger(__name__)

EACH = 60.0
"""Between two looks at all that goes on, s."""
PAUSE = 0.2
"""Between two looks when grants change one after another, s."""
ENDED = "denied.grant"
"""How a look ends that nothing allows any more."""


class Oversight:
    """Looks after the views and talks of one node.  Used from the node's loop."""

    def __init__(self, rights: Rights, cells: Cells, views: Views, talking: Talking) -> None:
        self._rights = rights
        self._cells = cells
        self._views = views
        self._talking = talking
        self._tasks = Supervisor("oversight")
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()

    def start(self) -> None:
        """Begin to look."""
        self._rights.subscribe(self._change)
        self._tasks.sustain(self._look, name="grants", pause=PAUSE)

    async def stop(self) -> None:
        """Look no more."""
        await self._tasks.close()

    async def check(self) -> int:
        """End what is not allowed any more, and return how many that were."""
        views, talks = self._views.all(), self._talking.all()
        if not views and not talks:
            return 0
        cases = [*map(case_of_view, views), *map(case_of_talk, talks), *map(case_of_sound, views)]
        verdicts = iter(await asyncio.to_thread(self._rights.review, cases))
        seen, spoken, heard = ([next(verdicts) for _ in each] for each in (views, talks, views))
        over_views = [
            view
            for view, sight, sound in zip(views, seen, heard, strict=True)
            if not sight or not (sound or view.wish.silent)
        ]
        over_talks = [one for one, still in zip(talks, spoken, strict=True) if not still]
        for view in over_views:
            _log.info("event=grant-ended view=%s entry=%d", view.id, view.entry_id)
        await asyncio.gather(
            *(self._views.close(view, ENDED) for view in over_views),
            *(self._talking.close(speech, ENDED) for speech in over_talks),
        )
        return len(over_views) + len(over_talks)

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(EACH):
                await self._woken.wait()
        except TimeoutError:
            pass
        self._woken.clear()
        await self.check()
        await asyncio.to_thread(self._cells.place)

    def _change(self) -> None:
        """Look soon; called in the thread of whoever changed something."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)


def case_of_view(view: View) -> Case:
    """Return what *view* needs, to be decided anew."""
    wish = view.wish
    return Case(
        view.sign_in.person,
        Right.LIVE if wish.footage is None else Right.PLAYBACK,
        wish.device_id,
        wish.channel_id,
        code_of(wish.purpose),
        None if wish.footage is None else wish.footage.since,
        wish.approved,
    )


def case_of_sound(view: View) -> Case:
    """Return what hearing *view* needs."""
    return replace(case_of_view(view), right=Right.HEAR, approved=False)


def case_of_talk(speech: Speech) -> Case:
    """Return what *speech* needs, to be decided anew."""
    wish = speech.wish
    return Case(
        speech.sign_in.person,
        Right.TALK,
        wish.device_id,
        wish.channel_id,
        code_of(wish.purpose),
        approved=wish.approved,
    )
