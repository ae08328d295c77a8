import html
import json
import re

import httpx
import pytest
from starlette.datastructures import QueryParams

from tongshi.console.wall import read_kind, read_number, read_view, read_wall
from tongshi.registry.entry import View
from tongshi.signalling.event import Kind

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
HX = {"HX-Request": "true"}


def begin(text: str) -> dict[str, object]:
    found = re.search(r'id="begin">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    told = json.loads(found[1])
    assert isinstance(told, dict)
    return told


def test_the_page_begins_with_what_its_address_says(operator: httpx.Client) -> None:
    address = f"/live?layout=9&stream=sub&tiles={RECORDER}/{CHANNEL},,nobody/x,{RECORDER}/"
    told = begin(operator.get(address).text)
    assert (told["layout"], told["stream"]) == (9, "sub")
    assert told["tiles"] == [
        {"device": RECORDER, "channel": CHANNEL, "name": "通道 1"},
        None,
        None,
        None,
    ]


def test_the_page_knows_purposes_and_words(operator: httpx.Client) -> None:
    text = operator.get("/live").text
    told = begin(text)
    purposes = told["purposes"]
    assert isinstance(purposes, list)
    plain = {"words": False, "case": False, "second": False}
    assert purposes[0] == {"code": "patrol", "title": "Routine patrol", **plain}
    assert '"tile.playing": "Playing"' in text
    assert "<b>" not in text.split('id="begin"')[1]


def test_a_level_has_nodes_with_counts_and_cameras_with_states(operator: httpx.Client) -> None:
    top = operator.get("/live/tree", headers=HX).text
    assert "<html" not in top
    assert "4/4" in top
    found = re.search(rf'hx-get="(/live/tree/level\?[^"]*{RECORDER})"', top)
    assert found is not None
    below = operator.get(html.unescape(found[1]), headers=HX).text
    assert below.count('class="node leaf"') == 4
    assert f'data-channel="{CHANNEL}"' in below
    assert 'data-state="online"' in below


def test_levels_come_in_pages(operator: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tongshi.console.wall.LEVEL", 2)
    top = operator.get("/live/tree", headers=HX).text
    assert "Show more (1 left)" in top
    more = re.search(r"hx-vals='([^']*)'", top)
    assert more is not None
    values = json.loads(html.unescape(more[1]))
    assert values["number"] == 2
    rest = operator.get("/live/tree/level", params=values, headers=HX).text
    assert rest.count("data-key=") == 1


def test_the_search_is_answered_by_the_node(operator: httpx.Client) -> None:
    text = operator.get("/live/tree?text=通道 2", headers=HX).text
    assert text.count('class="node leaf"') == 1
    assert "物流园录像机" in text  # where it is
    nothing = operator.get("/live/tree?text=<b>", headers=HX).text
    assert "&lt;b&gt;" in nothing
    assert "<b>" not in nothing


def test_a_search_that_finds_too_much_says_so(
    operator: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tongshi.console.wall.FOUND", 1)
    assert "3 more: type further" in operator.get("/live/tree?text=通道", headers=HX).text


def test_divisions_and_counts(operator: httpx.Client) -> None:
    assert 'href="#i-region"' in operator.get("/live/tree?view=regions", headers=HX).text
    counts = operator.get("/live/counts", headers=HX).text
    assert "<b>5</b>" in counts or "<b>4</b>" in counts
    assert operator.get("/live/tree/level?under=nonsense", headers=HX).status_code == 404


@pytest.mark.parametrize(
    ("query", "wall"),
    [
        ("", (4, [])),
        ("layout=7", (4, [])),
        ("layout=25&tiles=,,", (25, [])),
        ("layout=1&tiles=a/b,c/d", (1, [("a", "b")])),
        ("tiles=a/b/c,d", (4, [("a", "b/c"), ("d", "")])),
    ],
)
def test_addresses_of_walls(query: str, wall: tuple[int, list[tuple[str, str]]]) -> None:
    assert read_wall(QueryParams(query)) == wall


def test_words_of_addresses() -> None:
    assert (read_kind("sub"), read_kind("x")) == (Kind.SUB, Kind.MAIN)
    assert (read_view("regions"), read_view("")) == (View.REGIONS, View.DEVICES)
    assert [read_number(text) for text in ("3", "0", "x", "٣", "9" * 9)] == [3, 1, 1, 1, 1]
