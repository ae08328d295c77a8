"""Cameras that move, in virtual time: whoever lets go, loses the line or changes their mind."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.errors import Exhausted, PeerSilent
from tongshi.gb28181.ptz import Lens, Move, Stop
from tongshi.signalling.steering import Steering, SteeringRules
from tongshi.testing.timeless import run

LEFT, RIGHT, FAR = Move(pan=-100), Move(pan=100), Lens(focus=50)
RECORDER, DOME = "recorder", "dome"


class Camera:
    """Notes what it is told and when; answers after *delay* s, or never while *deaf*."""

    def __init__(self, delay: float = 0.01) -> None:
        self.told: list[Stop | Move | Lens] = []
        self.times: list[float] = []
        self.delay = delay
        self.deaf = 0
        self.under_way = self.most = 0

    async def send(self, device_id: str, channel_id: str, word: Stop | Move | Lens) -> None:
        assert (device_id, channel_id) == (RECORDER, DOME)
        self.told.append(word)
        self.times.append(asyncio.get_running_loop().time())
        if isinstance(word, Move):
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            if self.deaf:
                self.deaf -= 1
                await asyncio.sleep(5)
                raise PeerSilent("nothing", timer="F", stage="query")
            await asyncio.sleep(self.delay)
        finally:
            if isinstance(word, Move):
                self.under_way -= 1


def steer(
    work: Callable[[Steering, Camera], Coroutine[Any, Any, None]],
    rules: SteeringRules | None = None,
    delay: float = 0.01,
) -> Camera:
    camera = Camera(delay)

    async def main() -> None:
        steering = Steering(rules or SteeringRules(), camera.send)
        await work(steering, camera)
        await asyncio.sleep(60)
        assert len(steering) == 0
        await steering.close()

    run(main())
    return camera


@pytest.mark.clause("A.3.2")
def test_a_movement_that_nobody_renews_is_stopped() -> None:
    async def work(steering: Steering, camera: Camera) -> None:
        await steering.move(RECORDER, DOME, LEFT)
        assert len(steering) == 1
        await asyncio.sleep(10)
        assert steering.left == 1

    camera = steer(work)
    assert camera.told == [LEFT, Stop(), Stop()]
    assert camera.times[1] == pytest.approx(2.5, abs=0.05)
    assert camera.times[2] - camera.times[1] == pytest.approx(0.2, abs=0.05)


def test_a_movement_that_is_renewed_goes_on_and_costs_the_camera_little() -> None:
    async def work(steering: Steering, camera: Camera) -> None:
        for _ in range(10):
            await steering.move(RECORDER, DOME, LEFT)
            await asyncio.sleep(1)
        assert Stop() not in camera.told
        await steering.stop(RECORDER, DOME)
        assert steering.left == 0

    camera = steer(work)
    moves = camera.told.count(LEFT)
    assert 4 <= moves <= 6  # one in two seconds
    assert camera.told[moves:] == [Stop(), Stop()]


def test_the_newest_wish_wins_and_one_is_in_flight() -> None:
    async def work(steering: Steering, camera: Camera) -> None:
        wishes = [Move(pan=speed) for speed in range(1, 12)]
        await asyncio.gather(*(steering.move(RECORDER, DOME, wish) for wish in wishes))
        assert camera.told == [wishes[0], wishes[-1]] or camera.told == [wishes[-1]]
        await steering.move(RECORDER, DOME, RIGHT)
        assert camera.times[-1] - camera.times[-2] >= 0.1 - 1e-9
        await steering.stop(RECORDER, DOME)

    assert steer(work, delay=0.3).most == 1


def test_a_stop_waits_for_nothing_and_outlasts_an_older_move() -> None:
    async def work(steering: Steering, camera: Camera) -> None:
        camera.deaf = 1
        moving = asyncio.create_task(steering.move(RECORDER, DOME, LEFT))
        await asyncio.sleep(0.1)
        await steering.stop(RECORDER, DOME)
        assert asyncio.get_running_loop().time() < 0.2
        assert camera.told == [LEFT, Stop()]
        with pytest.raises(PeerSilent):
            await moving
        assert asyncio.get_running_loop().time() >= 5
        await asyncio.sleep(1)
        assert camera.told == [LEFT, Stop(), Stop()]  # the move is retransmitted no more

    steer(work)


def test_a_stop_that_is_not_taken_is_told_and_tried_again() -> None:
    async def work(steering: Steering, camera: Camera) -> None:
        await steering.move(RECORDER, DOME, LEFT)
        camera.deaf = 2
        with pytest.raises(PeerSilent):
            await steering.stop(RECORDER, DOME)
        await asyncio.sleep(20)
        assert camera.told == [LEFT, Stop(), Stop(), Stop()]

    steer(work)


def test_a_camera_that_takes_no_stop_is_given_up() -> None:
    async def work(steering: Steering, camera: Camera) -> None:
        camera.deaf = 99
        with pytest.raises(PeerSilent):
            await steering.move(RECORDER, DOME, LEFT)
        await asyncio.sleep(60)
        assert camera.told == [LEFT] + [Stop()] * 4

    steer(work)


def test_moving_again_after_a_stop_is_not_stopped_by_its_repetition() -> None:
    async def work(steering: Steering, camera: Camera) -> None:
        await steering.move(RECORDER, DOME, LEFT)
        await steering.stop(RECORDER, DOME)
        await steering.move(RECORDER, DOME, RIGHT)
        await asyncio.sleep(2)
        assert camera.told == [LEFT, Stop(), RIGHT]
        await asyncio.gather(steering.stop(RECORDER, DOME), steering.stop(RECORDER, DOME))

    assert steer(work).told[3:] == [Stop()] * 3


def test_a_stop_is_not_repeated_once_something_else_moves_the_camera() -> None:
    async def work(steering: Steering, camera: Camera) -> None:
        steering.release(RECORDER, DOME)  # nothing moves, nothing comes of it
        await steering.move(RECORDER, DOME, LEFT)
        await steering.stop(RECORDER, DOME)
        steering.release(RECORDER, DOME)  # as for the call of a preset
        await asyncio.sleep(10)
        assert camera.told == [LEFT, Stop()]
        await steering.move(RECORDER, DOME, RIGHT)
        await steering.stop(RECORDER, DOME)
        await asyncio.sleep(10)
        assert camera.told[2:] == [RIGHT, Stop(), Stop()]

    steer(work)


def test_a_wish_that_a_stop_overtakes_is_never_sent() -> None:
    async def work(steering: Steering, camera: Camera) -> None:
        first = asyncio.create_task(steering.move(RECORDER, DOME, LEFT))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(steering.move(RECORDER, DOME, RIGHT))
        await asyncio.sleep(0.1)
        await steering.stop(RECORDER, DOME)
        await asyncio.gather(first, second)

    assert steer(work, delay=1).told == [LEFT, Stop(), Stop()]


def test_a_stop_between_two_moves_of_one_turn() -> None:
    async def work(steering: Steering, camera: Camera) -> None:
        await steering.move(RECORDER, DOME, LEFT)
        moving = asyncio.create_task(steering.move(RECORDER, DOME, RIGHT))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await steering.stop(RECORDER, DOME)  # while the move still keeps its distance
        await moving

    assert steer(work).told == [LEFT, Stop(), Stop()]


@pytest.mark.clause("A.3.3")
def test_a_lens_has_a_stop_of_its_own() -> None:
    async def work(steering: Steering, camera: Camera) -> None:
        await steering.move(RECORDER, DOME, FAR)
        await steering.move(RECORDER, DOME, LEFT)
        await steering.move(RECORDER, DOME, Lens())
        await steering.move(RECORDER, DOME, Move())
        await asyncio.sleep(1)
        assert sorted(map(repr, camera.told)) == sorted(
            map(repr, [FAR, LEFT, Lens(), Lens(), Stop(), Stop()])
        )
        await steering.move(RECORDER, DOME, FAR)
        await steering.stop(RECORDER, DOME)

    assert set(steer(work).told[7:]) == {Lens(), Stop()}


def test_nothing_is_without_bound() -> None:
    async def work(steering: Steering, camera: Camera) -> None:
        camera.deaf = 1
        moving = asyncio.create_task(steering.move(RECORDER, DOME, LEFT))
        await asyncio.sleep(0.1)
        with pytest.raises(Exhausted):
            await steering.move(RECORDER, DOME, RIGHT)
        with pytest.raises(Exhausted):
            await steering.move(RECORDER, "another", RIGHT)
        with pytest.raises(PeerSilent):
            await moving

    steer(work, SteeringRules(limit=1, callers=1))


def test_the_end_of_a_node_stops_what_moves() -> None:
    camera = Camera()

    async def main() -> None:
        steering = Steering(SteeringRules(), camera.send)
        await steering.move(RECORDER, DOME, LEFT)
        await steering.close()
        await asyncio.sleep(60)

    run(main())
    assert camera.told == [LEFT, Stop()]


def test_the_end_of_a_node_waits_for_no_deaf_camera() -> None:
    camera = Camera()

    async def main() -> None:
        steering = Steering(SteeringRules(), camera.send)
        await steering.move(RECORDER, DOME, LEFT)
        camera.deaf = 99
        moving = asyncio.create_task(steering.move(RECORDER, DOME, RIGHT))
        await asyncio.sleep(0.5)
        await steering.close()
        assert asyncio.get_running_loop().time() < 2
        await asyncio.wait([moving])
        assert len(asyncio.all_tasks()) == 1

    run(main())
