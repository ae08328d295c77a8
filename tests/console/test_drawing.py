import pytest
from jinja2 import UndefinedError

from tongshi.console.assets import Assets
from tongshi.console.drawing import Drawing, amount, clock, duration, edition, link, spell
from tongshi.console.looks import Wanted
from tongshi.registry.entry import CatalogState, Query, Sort
from tongshi.registry.state import State


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (212_345, "212 kB"),
        (1_500_000, "1.5 MB"),
        (2_000_000_000_000, "2.0 TB"),
        (5_000_000_000_000_000, "5000 TB"),
    ],
)
def test_amounts(size: int, told: str) -> None:
    assert amount(size) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3600, "1:00:00")]
)
def test_durations(seconds: float, told: str) -> None:
    assert duration(seconds) == told


@pytest.mark.parametrize(
    ("version", "told"),
    [("2.0", "GB/T 28181-2016 (2.0)"), ("3.0", "GB/T 28181-2022 (3.0)"), ("9", "9"), ("", "–")],
)
def test_editions(version: str, told: str) -> None:
    assert edition(version) == told


def test_moments_without_scripts_carry_their_zone() -> None:
    assert clock(0) == "1970-01-01 00:00:00Z"


def test_addresses_leave_out_what_is_usual() -> None:
    assert link("/devices", Query()) == "/devices"
    query = Query(text="a b", state=State.ONLINE, catalog=CatalogState.NEVER, number=3)
    expected = "/devices?text=a+b&state=online&catalog=never&number=3"
    assert link("/devices", query) == expected
    assert link("/devices", query, number=1, sort=Sort.ID, descending=True).endswith(
        "catalog=never&sort=id&descending=true"
    )
    assert link("/register", Wanted(open=True)) == "/register?open=true"


def test_values_as_a_query_writes_them() -> None:
    assert [spell(value) for value in (True, False, Sort.ID, 7, "x")] == [
        "true",
        "false",
        "id",
        "7",
        "x",
    ]


def test_values_are_escaped_and_unknown_names_are_errors() -> None:
    drawing = Drawing(Assets())
    values = {"leaf": {"device_id": "d", "channel_id": "c", "title": "<b>", "path": ""}}
    with pytest.raises(UndefinedError):
        drawing.draw("parts/leaf.html", values)
