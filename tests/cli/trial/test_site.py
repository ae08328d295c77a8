"""What all checks share."""

from collections.abc import Callable

import pytest

from tongshi.cli.trial.site import Site, agree, is_plain
from tongshi.cli.trial.verdict import Broken
from tongshi.errors import Error
from tongshi.sim.town import LOSSY, Spec, demo_town
from tongshi.testing.aside import Aside


@pytest.mark.network
def test_choosing(aside: Aside[Site]) -> None:
    site = aside.thing
    assert site.dome()[1].presets
    assert len(site.recorder()[1].plan.hours) > 1
    with pytest.raises(Broken, match="no simulated unicorn"):
        site.find("unicorn", lambda spec, channel: False)


@pytest.mark.network
def test_asking(aside: Aside[Site]) -> None:
    async def act(site: Site) -> None:
        spec, channel = site.dome()
        assert await site.presence(spec.device_id) == "online"
        assert (await site.head(spec, channel))["doing"] == "nothing"
        problem = await site.refusal("GET", "/devices/nobody")
        assert (problem["status"], problem["code"]) == (404, "missing")
        with pytest.raises(Broken, match="GET /health was answered"):
            await site.refusal("GET", "/health")
        with pytest.raises(Error, match="not a command"):
            await site.town.ask({"do": "dance", "device": spec.device_id}, "state")

    aside.call(act)


@pytest.mark.network
@pytest.mark.usefixtures("impatient")
def test_what_never_comes_true(aside: Aside[Site], holds: Callable[..., str]) -> None:
    async def wait(site: Site) -> None:
        async def never() -> str:
            return "it is missing"

        await site.until(never)

    with pytest.raises(Broken, match=r"after 0\.5 s it is missing"):
        aside.call(wait)


def test_agreement() -> None:
    agree("it", 1, 1)
    with pytest.raises(Broken, match="it: the interface says 1, the device 2"):
        agree("it", 1, 2)


def test_plain_devices() -> None:
    town: list[Spec] = demo_town()
    assert is_plain(town[0])
    assert not is_plain(next(spec for spec in town if spec.quirks))
    assert not is_plain(next(spec for spec in town if spec.impairments == LOSSY))
