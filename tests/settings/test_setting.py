from dataclasses import dataclass, fields

from tongshi.settings.setting import setting


@dataclass(frozen=True, slots=True)
class Lamp:
    glow: float = setting(1.5, "How it glows.", zh="亮度。", unit="cd", low=0, high=2)
    colour: str = setting("red", "Its colour.", zh="颜色。", choices=("red", "blue"))


def test_a_setting_is_a_field_with_what_is_told_of_it() -> None:
    glow, colour = fields(Lamp)
    assert (Lamp().glow, Lamp().colour) == (1.5, "red")
    assert dict(glow.metadata) == {
        "help": "How it glows.",
        "zh": "亮度。",
        "unit": "cd",
        "low": 0,
        "high": 2,
        "choices": (),
    }
    assert colour.metadata["choices"] == ("red", "blue")
    assert colour.metadata["low"] is colour.metadata["high"] is None
