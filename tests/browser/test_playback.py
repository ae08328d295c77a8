"""Footage of a simulated recorder in a real browser: shown, steered, taken along."""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import ConsoleMessage, Page, async_playwright, expect

from tongshi.app.node import Node
from tongshi.cli.demo import settings_for
from tongshi.cli.staff import Post, enter
from tongshi.cli.town import Town

pytestmark = [pytest.mark.network, pytest.mark.interop, pytest.mark.clause("9.8", "9.9", "B")]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PATIENCE = 30_000  # ms
ZONE = "Asia/Shanghai"
FPS = 15
"""Of the recorder of the town."""
MODULUS = 1 << 28

# As tongshi.sim.strip: 40 cells in the lowest twentieth of the picture; frames since 1970 mod 2^28.
COUNTER = """() => {
  const video = document.getElementById("video");
  if (video.videoWidth === 0) return null;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const ink = canvas.getContext("2d");
  ink.drawImage(video, 0, 0);
  const { width, height } = canvas;
  const pixels = ink.getImageData(0, Math.round(height - height / 40), width, 1).data;
  const level = (cell) => pixels[4 * Math.round((cell + 0.5) * width / 40)];
  const middle = (level(0) + level(39) + level(1) + level(38)) / 4;
  let counter = 0;
  for (let cell = 2; cell < 30; cell += 1) counter = counter * 2 + (level(cell) > middle ? 1 : 0);
  return counter;
}"""
CLOCK = "() => document.getElementById('clock').textContent"


@asynccontextmanager
async def signed_in(node: Node) -> AsyncIterator[tuple[Page, list[str]]]:
    """Give a page of somebody who has signed in, and what its console complains of."""
    officer = await asyncio.to_thread(enter, node, Post.OFFICER)
    name, _, value = officer.cookie.partition("=")
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        context = await browser.new_context(locale="zh-CN", timezone_id=ZONE)
        context.set_default_timeout(PATIENCE)
        await context.add_cookies([{"name": name, "value": value, "url": node.web_address}])
        page = await context.new_page()

        def heard(told: ConsoleMessage) -> None:
            if told.type == "error":
                complaints.append(told.text)

        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page, complaints
        await browser.close()


async def shown(page: Page) -> int:
    """Return which frame since 1970 is shown, modulo 2**28."""
    counter = await page.evaluate(COUNTER)
    assert isinstance(counter, int)
    return counter


async def agree(page: Page, most: float) -> None:
    """The page's clock comes to what the picture says, within *most* s."""
    for _ in range(50):
        if await off(page) <= most:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"the clock is {await off(page)} s off")


async def off(page: Page) -> float:
    """Return how far the page's clock is from what the picture itself says, s."""
    counter, told = await page.evaluate(f"() => [({COUNTER})(), ({CLOCK})() || '0000']")
    zone = ZoneInfo(ZONE)
    day = str(await page.input_value("#day"))
    moment = datetime.fromisoformat(f"{day}T{told}").replace(tzinfo=zone).timestamp()
    frames = (int(moment * FPS) - int(counter)) % MODULUS
    return min(frames, MODULUS - frames) / FPS


def test_footage_is_shown_steered_and_taken_along(tmp_path: Path) -> None:
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "chromium is not installed"
        pytest.skip("chromium is not installed")
    expect.set_options(timeout=PATIENCE)

    async def whole() -> None:
        settings = settings_for(tmp_path, "127.0.0.1", check=True)
        async with Node(settings) as node, Town(node), signed_in(node) as (page, complaints):
            await play_back(page, node)
            await take_along(page)
            assert complaints == []

    asyncio.run(whole())


async def play_back(page: Page, node: Node) -> None:
    stage = page.locator("#stage")
    await page.goto(f"{node.web_address}/playback")
    await page.fill("#search", "一号仓外")
    await page.locator("#tree .node[data-channel]", has_text="一号仓外").first.click()
    await page.click("[data-days='-1']")  # a day that is over, whatever the hour is now
    await expect(page.locator("#message")).to_have_text("点击时间轴开始播放")
    box = await page.locator("#timeline").bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    await page.keyboard.press("1")  # why
    await expect(stage).to_have_attribute("data-state", "playing")
    await agree(page, 1.5)
    first = await shown(page)
    await page.keyboard.press("ArrowRight")
    await page.wait_for_function(f"(first) => ({COUNTER})() > first + 9 * {FPS}", arg=first)
    await agree(page, 1.5)
    await page.click("[data-scale='4']")
    await expect(page.locator("[data-scale='4']")).to_have_attribute("aria-pressed", "true")
    fast = await shown(page)
    await page.wait_for_function(f"(first) => ({COUNTER})() > first + 20 * {FPS}", arg=fast)
    await agree(page, 4.0)
    await page.click("[data-scale='1']")
    await expect(page.locator("[data-scale='1']")).to_have_attribute("aria-pressed", "true")
    await page.click("#mark-in")
    await page.keyboard.press(" ")
    await expect(stage).to_have_attribute("data-state", "paused")
    held = await shown(page)
    for number in range(1, 16):  # more than what is in store
        await page.keyboard.press(".")
        await page.wait_for_function(f"(least) => ({COUNTER})() >= least", arg=held + number)
        assert await shown(page) == held + number
    await page.keyboard.press(",")
    await page.keyboard.press(" ")
    await expect(stage).to_have_attribute("data-state", "playing")
    await page.wait_for_function(f"(held) => ({COUNTER})() > held + 3 * {FPS}", arg=held)
    await page.click("#mark-out")


async def take_along(page: Page) -> None:
    await page.click("#take")
    await expect(page.locator(".toast")).to_be_visible()
    await page.click("a[href='/downloads'].button")
    await expect(page.locator("tr.row", has_text="完成")).to_have_count(1)
    async with page.expect_download() as saving:
        await page.click("a:has-text('取回文件')")
    saved = await (await saving.value).path()
    content = await asyncio.to_thread(saved.read_bytes)
    rows = await page.evaluate("fetch('/api/downloads').then((answer) => answer.json())")
    assert rows["rows"][0]["digest"] == hashlib.sha256(content).hexdigest()
    await page.goto(page.url.replace("/downloads", "/register"))
    await expect(page.locator("tr.row", has_text="回放")).to_have_count(1)
    await expect(page.locator("tr.row", has_text="下载")).to_have_count(2)
