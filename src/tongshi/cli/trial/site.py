"""What all checks share: a node, its devices, somebody who asks, and how long things may take."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from tongshi.app.node import Node
from tongshi.cli.staff import Member, Post, seat
from tongshi.cli.trial.verdict import Broken, Verdict, hold
from tongshi.cli.trial.visitor import PURPOSE, Visitor
from tongshi.sim.impair import CLEAN
from tongshi.sim.profile import Channel
from tongshi.sim.town import Spec
from tongshi.testing.client import Json, Refused

PATIENCE = 30.0
"""How long something may take to come true, s."""
Tell = Callable[[str], None]
"""Takes what was seen, in words."""


class Devices(Protocol):
    """Simulated devices that take orders."""

    async def tell(self, order: dict[str, Any]) -> None:
        """Carry out one order; see :mod:`tongshi.sim.fleet`."""

    async def ask(self, order: dict[str, Any], event: str) -> dict[str, Any]:
        """Carry out one order of a device; return its first report of *event* from then on."""


class Site:
    """A node, the devices *specs* in its *town*, and its staff.

    visitors: who of the staff is signed in.
    """

    def __init__(
        self,
        node: Node,
        town: Devices,
        specs: Sequence[Spec],
        verdict: Verdict,
        threads: ThreadPoolExecutor,
    ) -> None:
        self.node = node
        self.town = town
        self.specs = specs
        self.verdict = verdict
        self.threads = threads
        self.visitors: dict[Post, Visitor] = {}

    # Who asks

    @property
    def visitor(self) -> Visitor:
        """The officer, who looks; raises Broken before she is signed in."""
        if Post.OFFICER not in self.visitors:
            raise Broken("nobody who may look is signed in")
        return self.visitors[Post.OFFICER]

    async def admit(self, members: Collection[Member]) -> None:
        """Sign *members* in, each with a password of their own from now on."""
        loop = asyncio.get_running_loop()

        async def one(member: Member) -> None:
            address = self.node.web_address
            client = await loop.run_in_executor(self.threads, seat, address, member)
            self.visitors[member.post] = Visitor(client, self.threads)

        await asyncio.gather(*map(one, members))

    # Choosing

    def find(self, what: str, fits: Callable[[Spec, Channel], object]) -> tuple[Spec, Channel]:
        """Return the first device and channel that *fits*; raises Broken when the town has none."""
        for spec in self.specs:
            for channel in spec.profile.channels:
                if fits(spec, channel):
                    return spec, channel
        raise Broken(f"no simulated {what}")

    def dome(self) -> tuple[Spec, Channel]:
        """Return a camera that turns, has presets, and does as the standard says."""
        return self.find(
            "camera turns and has presets",
            lambda spec, channel: channel.turns and channel.presets and is_plain(spec),
        )

    def recorder(self) -> tuple[Spec, Channel]:
        """Return a channel whose days have gaps, in H.264."""
        return self.find(
            "recorder has gaps",
            lambda spec, channel: (
                len(channel.plan.hours) > 1 and channel.recorded.codec.value == "h264"
            ),
        )

    # Asking

    async def call(
        self, method: str, path: str, body: object = None, post: Post = Post.OFFICER
    ) -> Json:
        """Return the decoded answer of the interface; raises Refused.

        post: who asks.
        """
        return await self.visitors[post].call(method, path, body)

    async def fetch(
        self, method: str, path: str, body: object = None, post: Post = Post.OFFICER
    ) -> bytes:
        """Return the bytes of an answer of the interface; raises Refused."""
        return await self.visitors[post].fetch(method, path, body)

    async def order(self, device: str, channel: str, do: str, **more: object) -> dict[str, Any]:
        """Have a camera do something, for the purpose of a patrol."""
        path = f"/devices/{device}/channels/{channel}/control"
        return dict(await self.call("POST", path, {"do": do, "purpose": PURPOSE, **more}))

    async def refusal(
        self, method: str, path: str, body: object = None, post: Post = Post.OFFICER
    ) -> dict[str, Any]:
        """Return the problem with which a call fails; raises Broken when it does not."""
        try:
            answer = await self.call(method, path, body, post)
        except Refused as refused:
            return {"status": refused.status, **refused.problem}
        raise Broken(f"{method} {path} was answered: {answer}"[:300])

    async def state(self, spec: Spec) -> dict[str, Any]:
        """Return what a device itself says that it is."""
        return await self.town.ask({"do": "state", "device": spec.device_id}, "state")

    async def head(self, spec: Spec, channel: Channel) -> dict[str, Any]:
        """Return where the head of a camera really points, and what it does."""
        return dict((await self.state(spec))["channels"][channel.channel_id])

    async def presence(self, device: str) -> str:
        """Return the state of a device."""
        return str((await self.call("GET", f"/devices/{device}"))["state"])

    async def quirks(self, spec: Spec, *names: str) -> None:
        """Have a device deviate from now on as *names* say."""
        await self.town.tell({"do": "quirks", "device": spec.device_id, "quirks": list(names)})
        await asyncio.sleep(0.2)

    async def until(
        self, missing: Callable[[], Awaitable[str]], patience: float = PATIENCE
    ) -> None:
        """Wait until nothing is *missing*; raises Broken with what still is."""
        until = time.monotonic() + patience
        while text := await missing():
            if time.monotonic() > until:
                raise Broken(f"after {patience:g} s {text}")
            await asyncio.sleep(0.1)


def is_plain(spec: Spec) -> bool:
    """Whether a device does as the standard says, over a wire that loses nothing."""
    return not spec.quirks and spec.impairments == CLEAN


def agree(what: str, told: object, real: object) -> None:
    """Raise Broken unless what the interface *told* is what is *real*."""
    hold(told == real, f"{what}: the interface says {told!r}, the device {real!r}"[:600])
