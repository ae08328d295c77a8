"""The console in a real browser, over real sockets, with simulated cameras at the other end.

``SCREENSHOTS=docs/images pytest tests/browser`` also keeps the pictures of the README.
"""

import asyncio
import base64
import os
import shutil
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
from tongshi.cli.staff import Post, appoint, enter
from tongshi.cli.town import Town
from tongshi.cli.trial.footage import yesterday
from tongshi.media import g711
from tongshi.media.unit import Codec
from tongshi.sim.profile import Channel
from tongshi.sim.strip import MODULUS
from tongshi.sim.town import demo_town

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
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
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


# The same of the picture that a playback shows.
COUNTER = """() => {
  const video = document.getElementById("video");
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0) return null;
  const canvas = new OffscreenCanvas(width, height);
  const ink = canvas.getContext("2d");
  ink.drawImage(video, 0, 0);
  const pixels = ink.getImageData(0, Math.round(height - height / 40), width, 1).data;
  const level = (cell) => pixels[4 * Math.round((cell + 0.5) * width / 40)];
  const middle = (level(0) + level(39) + level(1) + level(38)) / 4;
  let counter = 0;
  for (let cell = 2; cell < 30; cell += 1) counter = counter * 2 + (level(cell) > middle ? 1 : 0);
  return counter;
}"""


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
        """Sign in with the one-time password, and change it, as a new officer does."""
        member = (await asyncio.to_thread(appoint, self.node, (Post.OFFICER,)))[Post.OFFICER]
        page = self.page
        await self.go("/")
        await page.fill("input[name=name]", member.name)
        await page.fill("input[name=password]", member.password)
        await page.click("button.primary")
        await page.wait_for_url("**/password")
        await page.fill("input[name=present]", member.password)
        for name in ("new", "again"):
            await page.fill(f"input[name={name}]", SENTENCE)
        await page.click("button.primary")
        await page.wait_for_url("**/live**")

    async def become(self, post: Post) -> None:
        """Go on as somebody of the staff who has signed in elsewhere."""
        await self.page.goto("about:blank")  # what is open is closed by who opened it
        client = await asyncio.to_thread(enter, self.node, post)
        name, _, value = client.cookie.partition("=")
        await self.context.add_cookies(
            [{"name": name, "value": value, "url": self.node.web_address}]
        )

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
            await seen.become(Post.AUDIT)
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
        str(await page.locator("script[src$='live.js']").get_attribute("src")).replace(
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


DOME, SPEAKER, RECORDER = (f"34020000001{code}" for code in ("320000008", "320000002", "180000001"))
DOME_CAMERA, SPEAKER_CAMERA = (f"34020000001310000{number:03}" for number in (8, 2))
ALARM_INPUT = "34020000001340000001"


class Simulated:
    """What a device of the town really does."""

    def __init__(self, town: Town) -> None:
        self.town = town

    async def head(self) -> dict[str, Any]:
        told = await self.town.ask({"do": "state", "device": DOME}, "state")
        found = told["channels"][DOME_CAMERA]
        assert isinstance(found, dict)
        return found

    async def turned(self, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the camera's head is as wanted."""
        for _ in range(PATIENCE // 100):
            if true(head := await self.head()):
                return head
            await asyncio.sleep(0.1)
        raise AssertionError(f"the camera stands otherwise: {head}")

    async def loudness(self) -> float:
        """Return the greatest level that the loudspeaker was sent, 0..1."""
        told = await self.town.ask({"do": "heard", "device": SPEAKER}, "heard")
        sound = g711.decode(Codec.G711A, base64.b64decode(told["sound"]))
        samples = struct.unpack(f"<{len(sound) // 2}h", sound)
        return max((abs(sample) for sample in samples), default=0) / 32768


def test_a_camera_is_steered_and_spoken_to(tmp_path: Path) -> None:
    async def work(node: Node, town: Town) -> None:
        simulated = Simulated(town)
        async with visit(node) as seen:
            page = seen.page
            await seen.become(Post.OFFICER)
            tiles = f"{DOME}/{DOME_CAMERA},{SPEAKER}/{SPEAKER_CAMERA}"
            await seen.go(f"/live?layout=4&tiles={tiles}")
            await expect(page.locator("#reason")).to_be_visible()
            await page.keyboard.press("1")
            await expect(page.locator(f".tile{LIVE}")).to_have_count(2)
            await page.locator(".tile").nth(0).click(position={"x": 20, "y": 60})
            await page.click("#steer")
            await steer(seen, simulated)
            await seen.keep("control-zh")
            await speak(seen, simulated)
            await seen.become(Post.AUDIT)
            await seen.go("/register")
            for word in ("控制", "对讲"):
                await expect(page.locator("tr.row", has_text=word).first).to_be_visible()
            assert seen.complaints == []
            assert seen.strange == []

    run(tmp_path, work)


async def steer(seen: Visit, simulated: Simulated) -> None:
    """Turn the camera by the panel and by keys; what it does is asked of the camera itself."""
    page = seen.page
    before = await simulated.head()
    button = page.locator(".pad .right")
    await button.hover()
    await page.mouse.down()
    await simulated.turned(lambda head: 5 < (head["pan"] - before["pan"]) % 360 < 180)
    await page.mouse.up()
    await simulated.turned(lambda head: head["doing"] == "nothing")
    stood = await simulated.head()
    await page.keyboard.down("ArrowDown")
    await simulated.turned(lambda head: head["tilt"] > stood["tilt"] + 2)
    await page.keyboard.up("ArrowDown")
    await simulated.turned(lambda head: head["doing"] == "nothing")
    await page.locator("[data-part=presets] li button", has_text="南门").first.click()
    await simulated.turned(lambda head: (head["pan"], head["zoom"]) == (180.0, 4.0))
    await page.locator("details[data-part=position] summary").click()
    await expect(page.locator("details[data-part=position]")).to_contain_text("180")
    await expect(page.locator("#control-told")).not_to_have_attribute("data-state", "bad")
    await seen.check_names()


async def speak(seen: Visit, simulated: Simulated) -> None:
    """Talk to a camera: the browser's microphone beeps, and its loudspeaker hears that."""
    page = seen.page
    tile = page.locator(".tile").nth(1)
    await tile.hover()
    mic = tile.locator(".acts button:has(use[href$=mic])")
    await mic.click()
    await expect(tile.locator("meter.level")).to_be_visible()
    for _ in range(PATIENCE // 200):
        if await simulated.loudness() > 0.05:
            break
        await asyncio.sleep(0.2)
    assert await simulated.loudness() > 0.05
    await seen.keep("talk-zh")
    await mic.click()
    await expect(tile.locator("meter.level")).to_have_count(0)


def test_footage_is_played_and_taken_along(tmp_path: Path) -> None:
    async def work(node: Node, town: Town) -> None:
        async with visit(node) as seen:
            page = seen.page
            await seen.become(Post.OFFICER)
            begin = yesterday(time.time())
            camera = demo_town()[-1].profile.channels[0]
            moment = begin + 13 * 3600
            place = f"camera={RECORDER}/{camera.channel_id}&at={moment}"
            await seen.go(f"/playback?{place}")
            await expect(page.locator("#reason")).to_be_visible()
            await page.keyboard.press("1")
            await expect(page.locator("#stage[data-state=playing]")).to_be_visible()
            await shows(page, camera, moment)
            box = await page.locator("#timeline").bounding_box()
            assert box is not None
            sought = begin + 15 * 3600
            await page.mouse.click(
                box["x"] + box["width"] * (sought - begin) / 86_400, box["y"] + box["height"] * 0.6
            )
            await shows(page, camera, sought, within=86_400 / box["width"] + 4)
            await page.click("[data-scale='2']")
            await expect(page.locator("[data-scale='2']")).to_have_attribute("aria-pressed", "true")
            await page.click("[data-scale='1']")
            await expect(page.locator("[data-scale='1']")).to_have_attribute("aria-pressed", "true")
            await seen.keep("playback-zh")
            await take(seen)
            await seen.check_names()
            assert seen.complaints == []
            assert seen.strange == []

    run(tmp_path, work)


async def shows(page: Page, camera: Channel, moment: float, within: float = 10) -> None:
    """Wait until the counter in the picture is that of *moment*, or up to *within* s later."""
    fps = camera.recorded.fps
    first = int((moment - within / 2) * fps)
    await page.wait_for_function(
        f"([first, span]) => (({COUNTER})() - first + 2 ** 28) % 2 ** 28 < span",
        arg=[first % MODULUS, int(1.5 * within * fps)],
    )


async def take(seen: Visit) -> None:
    """Mark ten seconds, have them brought, and fetch the file."""
    page = seen.page
    await page.keyboard.press("[")
    await page.click("#ahead")
    await page.wait_for_function("document.getElementById('stage').dataset.state === 'playing'")
    await page.wait_for_timeout(500)
    await page.keyboard.press("]")
    await page.click("#take")
    await expect(page.locator("#message")).to_be_hidden()
    await seen.go("/downloads")
    fetch = page.locator("a.button[href$='/file']")
    await expect(fetch).to_be_visible(timeout=2 * PATIENCE)
    await seen.keep("downloads-zh")
    async with page.expect_download() as saving:
        await fetch.click()
    saved = (await (await saving.value).path()).read_bytes()
    assert saved[4:8] == b"ftyp"
    assert 0 < saved.find(b"moov") < saved.find(b"mdat")


def test_an_alarm_and_a_device_are_worked_on(tmp_path: Path) -> None:
    async def work(node: Node, town: Town) -> None:
        async with visit(node, "en-GB") as seen:
            await seen.become(Post.OFFICER)
            await handle_alarm(seen, town)
            await seen.become(Post.SYSTEM)
            await configure(seen, town)
            await trace(seen)
            assert seen.complaints == []
            assert seen.strange == []

    run(tmp_path, work)


async def handle_alarm(seen: Visit, town: Town) -> None:
    """An alarm appears by itself, and is worked through to its end."""
    page = seen.page
    await seen.go("/alarms")
    await expect(page.locator("#list .empty")).to_be_visible()
    alarm = {"do": "alarm", "device": RECORDER, "target": ALARM_INPUT, "method": 2, "priority": 1}
    await town.tell({**alarm, "kind": 5, "text": "Fence north, second field"})
    row = page.locator("tr.row", has_text="Fence north")
    await expect(row).to_have_count(1)
    await row.locator(".expand").click()
    await page.locator(".handle button[value=acknowledge]").click()
    await expect(page.locator(".trail li")).to_have_count(1)
    await page.fill(".handle input[name=assignee]", "Patrol 3")
    await page.locator(".handle button[value=assign]").click()
    await expect(page.locator(".trail li")).to_have_count(2)
    await page.locator(".handle button[hx-post$=reset]").click()
    await expect(page.locator(".trail li")).to_have_count(3)
    await seen.keep("alarms")
    told = await town.ask({"do": "state", "device": RECORDER}, "state")
    assert not told["guards"][ALARM_INPUT]["alarm"]
    await page.fill(".handle input[name=note]", "A branch on the fence, removed")
    await page.locator(".handle button[value=close]").click()
    await expect(page.locator(".trail li")).to_have_count(4)
    await expect(page.locator("tr.row [data-state=closed]")).to_have_count(1)
    await seen.check_names()


async def configure(seen: Visit, town: Town) -> None:
    """A device's name is set by the form that its message type makes."""
    page = seen.page
    await seen.go(f"/devices/{DOME}/config?block=BasicParam")
    name = page.locator("#block input[name=name]")
    await expect(name).to_be_visible()
    await name.fill("North gate")
    # The town keeps alive more often than the standard allows; what is left blank stays as it is.
    await page.fill("#block input[name=heart_beat_interval]", "")
    await page.locator("#block button.primary").click()
    await expect(page.locator("#block .told-line[data-state=sure]")).to_be_visible()
    await seen.keep("configuration")
    told = await town.ask({"do": "state", "device": DOME}, "state")
    assert told["name"] == "North gate"
    await seen.check_names()


async def trace(seen: Visit) -> None:
    """What is said with a device is recorded, and drawn as a ladder."""
    page = seen.page
    await seen.go(f"/devices/{DOME}/traces")
    await page.locator("form button.primary").click()
    await expect(page.locator("#traces tr.row")).to_have_count(1)
    watcher = await seen.context.new_page()
    seen.watch(watcher)
    await watcher.goto(f"{seen.node.web_address}/devices/{DOME}/config?block=OSDConfig")
    await expect(watcher.locator("#block form")).to_be_visible()
    await watcher.close()
    await page.locator("#traces button[hx-post$=end]").click()
    await expect(page.locator("#traces button[hx-delete]")).to_have_count(1)
    await page.locator("#traces a.button").first.click()
    rungs = page.locator(".ladder details")
    await expect(rungs.filter(has_text="ConfigDownload")).to_have_count(2)
    await rungs.filter(has_text="ConfigDownload").last.locator("summary").click()
    await expect(page.locator(".ladder pre:visible")).to_contain_text("OSDConfig")
    await seen.keep("ladder")
    await seen.check_names()


def test_failures_are_told_in_words_and_the_wall_recovers(tmp_path: Path) -> None:
    async def work(node: Node, town: Town) -> None:
        async with visit(node, "en-GB") as seen:
            page = seen.page
            await seen.become(Post.OFFICER)
            await seen.go("/live")
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
