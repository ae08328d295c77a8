import pytest
from pydantic import TypeAdapter, ValidationError

from tongshi.api.orders import Move, Order, Preset, need
from tongshi.errors import Invalid

ORDER: TypeAdapter[Order] = TypeAdapter(Order)


def test_an_order_is_told_by_what_it_does() -> None:
    move = ORDER.validate_python({"do": "move", "pan": -1, "view": "v"})
    assert isinstance(move, Move)
    assert (move.pan, move.tilt, move.speed, move.view) == (-1, 0, 0.5, "v")
    preset = ORDER.validate_python({"do": "preset", "act": "call", "number": 255})
    assert isinstance(preset, Preset)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"do": "track"},
        {"do": "move", "pan": 1.5},
        {"do": "move", "pan": float("nan")},
        {"do": "move", "left": 1, "right": 1},
        {"do": "preset", "act": "call", "number": 0},
        {"do": "preset", "act": "forget", "number": 1},
        {"do": "cruise", "act": "speed", "group": 1, "speed": 4096},
        {"do": "precise", "pan": float("inf")},
        {"do": "format", "card": 9},
    ],
)
def test_what_no_camera_can_do_is_no_order(told: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ORDER.validate_python(told)


def test_what_an_act_needs_is_named() -> None:
    assert need(0, "speed") == 0
    with pytest.raises(Invalid, match="speed"):
        need(None, "speed")
