import asyncio

import pytest

from tongshi.gb28181.steps import Failed, Stage
from tongshi.sim.camera import Camera, Wiring, camera_profile
from tongshi.sim.depot import Depot
from tongshi.sim.film import Shot
from tongshi.sim.join import Join
from tongshi.sim.office import Office
from tongshi.sim.platform import Came
from tongshi.sim.scene import Studio

pytestmark = pytest.mark.network
DEVICE = "34020000001320000001"


def test_an_office_knows_who_came_and_how_calls_went() -> None:
    async def look() -> None:
        async with Studio() as studio, Office() as office:
            assert office.peer(DEVICE) is None
            assert office.catalog(DEVICE) is None
            camera = Camera(
                camera_profile(DEVICE, "机", Shot(width=160, height=90)),
                Join(office.platform.platform_id, office.password),
                Wiring("127.0.0.1", office.port),
                Depot(studio),
            )
            await camera.start()
            for _ in range(2000):
                if office.online(DEVICE):
                    break
                await asyncio.sleep(0.01)
            assert office.events[0] == Came(DEVICE, False)
            caller, _ = await office.call(DEVICE, "nobody")
            assert office.outcome(caller) == Failed(Stage.INVITE, 404, "Not Found")
            await camera.stop()

    asyncio.run(look())
