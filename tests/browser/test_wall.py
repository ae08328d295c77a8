"""The console in a real browser, over real sockets, with simulated cameras at the other end.

``SCREENSHOTS=docs/images pytest tests/browser`` also keeps the pictures of the README.
"""

import asyncio
import os
import shutil
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import (
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    async_playwright,
    expect,
)

from tongshi.app.node import Node
from tongshi.cli.demo import settings_for
from tongshi.cli.town import Town
from tongshi.media import g711
from tongshi.media.unit import Codec

pytestmark = [pytest.mark.network, pytest.mark.interop]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 30_000  # ms
SENTENCE = "a sentence for the browser"
LIVE = "[data-state=playing]"

# The reading of `tongshi.sim.strip`, in the page: 40 cells in the lowest twentieth of the picture.
COUNTERS = """() => [...document.querySelectorAll("tongshi-player")].map((player) => {
  const canvas = player.frame();
  if (canvas === null) return null;
  const { width, height } = canvas;
  const row = Math.round(height - height / 40);
  const pixels = canvas.getContext("2d").getImageData(0, row, width, 1).data;
  const level = (cell) => pixels[4 * Math.round((cell + 0.5) * width / 40)];
  const middle = (level(0) + level(39) + level(1) + level(38)) / 4;
  let counter = 0;
  for (let cell = 2; cell < 30; cell += 1) counter = counter * 2 + (level(cell) > middle ? 1 : 0);
  return counter;
})"""


NAMELESS = """() => [...document.querySelectorAll("button, a, input, select, summary")]
  .filter((each) => each.checkVisibility() && each.type !== "hidden")
  .filter((each) => !(each.innerText.trim() || each.ariaLabel || each.title || each.labels?.length))
  .map((each) => each.outerHTML)"""


@dataclass
class Visit:
    """A browser's window on a node, and all that must not happen in it."""

    node: Node
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        await self.page.goto(self.node.web_address + path)

    def watch(self, page: Page) -> None:
        """Note errors of the console, failed scripts, and requests to anywhere else."""

        def heard(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.complaints.append(message.text)

        def asked(request: Request) -> None:
            if not request.url.startswith((self.node.web_address, "blob:")):
                self.strange.append(request.url)

        page.on("console", heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", asked)

    async def sign_in(self) -> None:
        """Sign in with the one-time password, and change it, as a first visitor does."""
        first = self.node.first
        assert first is not None
        page = self.page
        await self.go("/")
        await page.fill("input[name=name]", first.name)
        await page.fill("input[name=password]", first.password)
        await page.click("button.primary")
        await page.wait_for_url("**/password")
        await page.fill("input[name=present]", first.password)
        for name in ("new", "again"):
            await page.fill(f"input[name={name}]", SENTENCE)
        await page.click("button.primary")
        await page.wait_for_url("**/live**")

    async def fill_wall(self) -> None:
        """Put cameras on the wall, and say why, by the keyboard."""
        await self.page.click("#fill")
        await expect(self.page.locator("#reason")).to_be_visible()
        await self.page.keyboard.press("1")
        await expect(self.page.locator("#reason")).to_be_hidden()

    async def counters(self) -> list[int]:
        """Return the frame counter of each picture on the wall, read out of its pixels."""
        found = await self.page.evaluate(COUNTERS)
        assert isinstance(found, list)
        return [int(counter) for counter in found]

    async def check_names(self) -> None:
        """Whatever can be operated has a name for those who do not see it."""
        assert await self.page.evaluate(NAMELESS) == []

    async def keep(self, name: str, page: Page | None = None) -> None:
        """Keep a screenshot when the environment names a folder for them."""
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            await (page or self.page).screenshot(path=f"{folder}/{name}.png")


@asynccontextmanager
async def visit(node: Node, language: str = "zh-CN") -> AsyncIterator[Visit]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        context = await browser.new_context(
            locale=language,
            viewport={"width": 1440, "height": 810},
            timezone_id="Asia/Shanghai",
        )
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        made = Visit(node, context, page)
        made.watch(page)
        yield made
        await browser.close()


def run(tmp_path: Path, work: Callable[[Node, Town], Awaitable[None]]) -> None:
    """Run *work* beside a node and its simulated town."""
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "chromium is not installed"
        pytest.skip("chromium is not installed")
    expect.set_options(timeout=PATIENCE)

    async def whole() -> None:
        settings = settings_for(tmp_path, "127.0.0.1", check=True)
        async with Node(settings) as node, Town(node) as town:
            await work(node, town)

    asyncio.run(whole())


def test_four_pictures_move_and_every_look_is_registered(tmp_path: Path) -> None:
    async def work(node: Node, town: Town) -> None:
        async with visit(node) as seen:
            page = seen.page
            await seen.sign_in()
            await seen.fill_wall()
            await expect(page.locator(f".tile{LIVE}")).to_have_count(4)
            await expect(page.locator(".tile .said", has_text="fps")).to_have_count(4)
            first = await seen.counters()
            await page.wait_for_function(
                f"(first) => ({COUNTERS})().every((now, at) => now > first[at])", arg=first
            )
            second = await seen.counters()
            assert all(after > before for before, after in zip(first, second, strict=True))
            await check_sound(page)
            await look_around(seen)
            await seen.check_names()
            await seen.go("/register")
            await expect(page.locator("tr.row", has_text="查看中")).to_have_count(0)
            await expect(page.locator("tr.row", has_text="抓图")).to_have_count(1)
            assert await page.locator("tr.row", has_text="日常巡查").count() >= 4
            await seen.check_names()
            await seen.keep("register-zh")
            assert seen.complaints == []
            assert seen.strange == []

    run(tmp_path, work)


async def check_sound(page: Page) -> None:
    """The page's tables of G.711 are ours."""
    decoded = await page.evaluate(
        """async (module) => {
          const { decode } = await import(module);
          const codes = [...Array(256).keys()];
          return [8, 0].map((law) => [...decode(new Uint8Array([1, law, ...Array(8), ...codes]))]);
        }""",
        str(await page.locator("script[type=module]").get_attribute("src")).replace(
            "live.js", "player/sound.js"
        ),
    )
    for law, told in zip((Codec.G711A, Codec.G711U), decoded, strict=True):
        samples = struct.unpack("<256h", g711.decode(law, bytes(range(256))))
        assert told == [sample / 32768 for sample in samples]


async def look_around(seen: Visit) -> None:
    """Use the wall by keyboard and address, then see what the node says of it."""
    page = seen.page
    chosen = page.locator(".tile[aria-current=true] .digit")
    await page.locator(".tile").nth(0).click(position={"x": 20, "y": 60})
    await page.keyboard.press("3")
    await expect(chosen).to_have_text("3")
    await page.keyboard.press("ArrowRight")
    await expect(chosen).to_have_text("4")
    await page.keyboard.press("Space")
    await expect(page.locator(".tile").nth(3)).to_have_attribute("data-state", "paused")
    await page.keyboard.press("Space")
    await expect(page.locator(".tile").nth(3)).to_have_attribute("data-state", "playing")
    async with page.expect_download() as saving:
        await page.keyboard.press("s")
    saved = await (await saving.value).path()
    assert saved.read_bytes().startswith(b"\xff\xd8\xff")
    address = page.url
    assert "tiles=" in address
    other = await seen.context.new_page()
    seen.watch(other)
    await other.goto(address)  # a copied link shows the same; the purpose is stated anew
    await expect(other.locator(".tile[data-state=pending]")).to_have_count(4)
    await other.close()
    await page.keyboard.press("Delete")
    await expect(page.locator(".tile.vacant")).to_have_count(1)
    await page.fill("#search", "港口")
    await expect(page.locator(".tree .node")).to_have_count(2)
    await page.locator(".tree .node").nth(1).click()
    await expect(page.locator(f".tile{LIVE}")).to_have_count(4)
    await page.fill("#search", "")
    await page.click("[data-layout='9']")
    await page.click("#fill")
    await expect(page.locator(".tile .said", has_text="fps")).to_have_count(9)
    await seen.keep("wall-zh")
    await page.click("#clear")
    await expect(page.locator(".tile.vacant")).to_have_count(9)


def test_failures_are_told_in_words_and_the_wall_recovers(tmp_path: Path) -> None:
    async def work(node: Node, town: Town) -> None:
        async with visit(node, "en-GB") as seen:
            page = seen.page
            await seen.sign_in()
            await page.click("[data-layout='9']")
            await seen.fill_wall()
            await expect(page.locator(f".tile{LIVE}")).to_have_count(9)
            await expect(page.locator(".tile .said", has_text="fps")).to_have_count(9)
            await seen.keep("wall")
            await page.emulate_media(color_scheme="dark")
            await seen.keep("wall-dark")
            await town.__aexit__(None, None, None)  # every device goes away
            cause = page.locator(".tile .cause strong", has_text="offline")
            await expect(cause).to_have_count(9)
            await expect(page.locator(".tile .cause button").first).to_be_visible()
            # The totals follow the store, a flush behind the rows: they must get there.
            await expect(page.locator("#counts [data-state=online] b")).to_have_text("0")
            await expect(page.locator("#counts [data-state=offline] b")).to_have_text("32")
            await seen.keep("offline-dark")
            await seen.go("/devices")
            await expect(page.locator(".presence [data-state=offline]")).to_have_count(25)
            await page.locator(".expand").nth(0).click()
            await expect(page.locator("tr.inner .sheet")).to_be_visible()
            await seen.check_names()
            await town.__aenter__()
            await expect(page.locator(".presence [data-state=online]")).to_have_count(25)
            await expect(page.locator("#summary [data-state=online] b").nth(1)).to_have_text("32")
            await expect(page.locator("td.tools button:enabled")).to_have_count(25)
            await expect(page.locator("tr.inner [data-state=online]")).to_have_count(2)
            await seen.keep("devices-dark")
            assert seen.strange == []
            unexpected = [line for line in seen.complaints if "Failed to load" not in line]
            assert unexpected == []  # the browser itself writes a line for each refused request

    run(tmp_path, work)
