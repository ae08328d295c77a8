import asyncio
import re
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from tongshi.console.assets import FOREVER, STATIC, Assets, media_type
from tongshi.errors import Missing


def serve(assets: Assets, name: str, prefix: str = "") -> tuple[bytes, str, str]:
    path = f"{prefix or assets.prefix}/{name}"
    scope = {"type": "http", "path": path, "headers": [], "path_params": {"name": name}}
    answer = asyncio.run(assets.serve(Request(scope)))
    return bytes(answer.body), answer.headers["content-type"], answer.headers["cache-control"]


def test_files_are_served_with_their_types() -> None:
    assets = Assets()
    for name, kind in (("player.js", "text/javascript"), ("style.css", "text/css")):
        body, told, cache = serve(assets, name)
        assert body == (STATIC / name).read_bytes()
        assert told.startswith(kind)
        assert cache == FOREVER
    assert "live/wall.js" in assets


def test_the_path_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a {}")
    first = Assets(tmp_path)
    assert Assets(tmp_path).prefix == first.prefix
    (tmp_path / "a.css").write_text("b {}")
    assert Assets(tmp_path).prefix != first.prefix


def test_a_path_of_before_an_upgrade_is_served_but_not_kept() -> None:
    assert serve(Assets(), "style.css", "/static/000000000000")[2] == "no-cache"


@pytest.mark.parametrize("name", ["nothing.js", "../site.py", "/etc/passwd", ""])
def test_nothing_else_can_be_had(name: str) -> None:
    with pytest.raises(Missing):
        serve(Assets(), name)


def test_nothing_is_read_from_outside_by_any_spelling(stranger: httpx.Client) -> None:
    for path in ("..%2f..%2fsite.py", "%2e%2e/site.py", "....//site.py"):
        assert stranger.get(f"/static/x/{path}").status_code == 404


def test_types_do_not_depend_on_the_machine() -> None:
    assert media_type("a.js") == "text/javascript"
    assert media_type("a.svg") == "image/svg+xml"
    assert media_type("a.txt") == "text/plain"
    assert media_type("LICENSE") == "application/octet-stream"


def test_our_own_scripts_stay_within_their_budget() -> None:
    own = [path for path in STATIC.rglob("*.js") if "vendor" not in path.parts]
    # 4000 for watching and upkeep; 400 for the mark over pictures and the pages of control.
    assert sum(len(path.read_text("utf-8").splitlines()) for path in own) <= 4400


def test_pages_load_nothing_from_elsewhere() -> None:
    found = [
        f"{path.name}: {scheme}"
        for folder in (STATIC, STATIC.parent / "templates")
        for path in folder.rglob("*")
        if path.suffix in {".js", ".css", ".html"} and "vendor" not in path.parts
        for scheme in ("http://", "https://", "@import", "//cdn")
        if scheme in path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    ]
    assert not found


def tokens(selector: str) -> dict[str, str]:
    """Return the colours that the style sheet sets under *selector*."""
    sheet = (STATIC / "style.css").read_text("utf-8")
    block = sheet[sheet.index(f"{selector} {{") :].split("}", 1)[0]
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})\b", block))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", [":root", '[data-theme="dark"]'])
def test_words_stand_out_from_what_is_behind_them(look: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 for text."""
    held = tokens(":root") | tokens(look)
    pairs = [
        (ink, ground)
        for ink in ("ink", "ink-2", "ink-3", "accent", "good", "bad", "unknown", "busy")
        for ground in ("page", "surface")
    ]
    pairs += [("ink", ground) for ground in ("sunken", "raised", "accent-soft", "bad-soft")]
    pairs += [("accent", "accent-soft"), ("accent-ink", "accent"), ("ink-2", "sunken")]
    pairs += [
        (ink, ground)
        for ink in ("tile-ink", "tile-ink-2", "tile-good", "tile-bad", "tile-busy")
        for ground in ("tile", "tile-bar")
    ]
    weak = [(*pair, contrast(*(held[name] for name in pair))) for pair in pairs]
    assert [found for found in weak if found[2] < 4.5] == []


def test_the_systems_dark_look_is_the_chosen_one() -> None:
    assert tokens('[data-theme="auto"]') == tokens('[data-theme="dark"]')


def test_every_icon_that_is_named_is_there() -> None:
    sprite = (STATIC.parent / "templates" / "icons.html").read_text("utf-8")
    there = set(re.findall(r'<symbol id="i-([a-z_]+)"', sprite))
    sources = [
        path.read_text("utf-8")
        for folder in (STATIC, STATIC.parent / "templates")
        for path in folder.rglob("*")
        if path.suffix in {".js", ".html"} and "vendor" not in path.parts
    ]
    named = {
        name for text in sources for name in re.findall(r"""\bicon\(["']([a-z_]+)["']""", text)
    }
    assert len(named) > 40
    assert named <= there
