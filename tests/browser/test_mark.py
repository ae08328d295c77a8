"""The mark over pictures in a real browser: what it shows, that it moves, and who touches it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tongshi.app.node import Node
from tongshi.cli.demo import settings_for
from tongshi.cli.staff import Post, enter
from tongshi.cli.town import Town
from tongshi.watch.finding import FindingQuery

pytestmark = [pytest.mark.network, pytest.mark.interop]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PATIENCE = 30_000  # ms
MARK = (
    """(document.querySelector("tongshi-player")?.shadowRoot ?? document).querySelector(".mark")"""
)
# How much of the picture is written on, and how strongly at the most: 0..1 each.
INK = f"""() => {{
  const canvas = {MARK};
  if (!canvas || !canvas.width) return null;
  const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let written = 0;
  let most = 0;
  const tones = new Set();
  for (let at = 0; at < all.length; at += 4) {{
    if (all[at + 3] === 0) continue;
    written += 1;
    most = Math.max(most, all[at + 3]);
    if (all[at + 3] > 30) tones.add(all[at] > 127 ? "light" : "dark");
  }}
  return [written * 4 / all.length, most / 255, [...tones].sort().join()];
}}"""
PICTURE = f"() => {MARK}.toDataURL()"
TOUCHES = {
    "removed": "mark.remove()",
    "style": "mark.style.setProperty('opacity', '0.05', 'important')",
    "size": "mark.style.setProperty('width', '9px', 'important')",
    "content": "mark.getContext('2d').clearRect(0, 0, 5000, 5000)",
}


@asynccontextmanager
async def signed_in(node: Node) -> AsyncIterator[Page]:
    officer = await asyncio.to_thread(enter, node, Post.OFFICER)
    name, _, value = officer.cookie.partition("=")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        context = await browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
        context.set_default_timeout(PATIENCE)
        await context.add_cookies([{"name": name, "value": value, "url": node.web_address}])
        yield await context.new_page()
        await browser.close()


def test_the_mark_is_there_moves_and_is_guarded(tmp_path: Path) -> None:
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "chromium is not installed"
        pytest.skip("chromium is not installed")
    expect.set_options(timeout=PATIENCE)

    async def whole() -> None:
        settings = settings_for(tmp_path, "127.0.0.1", check=True)
        async with Node(settings) as node, Town(node), signed_in(node) as page:
            await page.goto(f"{node.web_address}/live?layout=1")
            await page.click("#fill")
            await expect(page.locator("#reason")).to_be_visible()
            await page.keyboard.press("1")
            await be_marked(page)
            for why, touch in TOUCHES.items():
                await tamper(page, node, why, touch)
            await find(node)

    asyncio.run(whole())


async def be_marked(page: Page) -> None:
    """The mark can be read on dark and light pictures, covers little, and moves."""
    await expect(page.locator(".tile").first).to_have_attribute("data-state", "playing")
    await page.wait_for_function(f"() => ({INK})() !== null")
    written, most, tones = await page.evaluate(INK)
    assert 0.01 < written < 0.4
    assert 0.15 < most < 0.5
    assert tones == "dark,light"
    first = await page.evaluate(PICTURE)
    await page.wait_for_function(f"(first) => ({PICTURE})() !== first", arg=first)
    await page.set_viewport_size({"width": 900, "height": 600})
    await page.evaluate("() => new Promise((done) => setTimeout(done, 2500))")
    await expect(page.locator(".tile").first).to_have_attribute("data-state", "playing")


async def tamper(page: Page, node: Node, why: str, touch: str) -> None:
    """The picture stops, and so does the view at the node."""
    tile = page.locator(".tile").first
    await expect(tile).to_have_attribute("data-state", "playing")
    async with page.expect_request("**/tampering") as told:
        await page.evaluate(f"() => {{ const mark = {MARK}; {touch}; }}")
    assert (await told.value).post_data_json == {"what": why}
    await expect(tile).to_have_attribute("data-state", "failed")
    await expect(page.locator(".tile .cause").first).to_contain_text("画面水印被改动")
    shown = "document.querySelector('tongshi-player').shadowRoot.querySelector('video').src"
    assert await page.evaluate(shown) == ""
    for _ in range(100):
        if not node.views.all():
            break
        await asyncio.sleep(0.05)
    assert not node.views.all()
    await page.locator(".tile .cause button").first.click()


async def find(node: Node) -> None:
    """The auditor finds all of it in one finding."""
    for _ in range(200):
        rows = await asyncio.to_thread(node.watch.page, FindingQuery())
        if rows.total and rows.rows[0].figure == len(TOUCHES):
            break
        await asyncio.sleep(0.05)
    (row,) = rows.rows
    assert (row.rule, row.figure, row.entries) == ("mark-tampered", 4.0, 4)
