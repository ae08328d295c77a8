"""Who may look, in a real browser: asked for, granted, seen with a name on it, found again.

``SCREENSHOTS=docs/images pytest tests/browser`` also keeps the pictures of the README.
"""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from pyotp import TOTP

from tongshi.app.node import Node
from tongshi.cli.demo import settings_for
from tongshi.cli.staff import OWNED, Post, appoint, seat
from tongshi.cli.town import Town
from tongshi.sim.town import demo_town
from tongshi.testing.client import Client

pytestmark = [pytest.mark.network, pytest.mark.interop]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PATIENCE = 30_000  # ms
GATE, WAREHOUSE = (channel.channel_id for channel in demo_town()[-1].profile.channels[:2])
LIVE = "[data-state=playing]"
# What is written on the mark over a picture, as it is drawn.
LISTEN = """
window.written = new Set();
const true_ = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
  if (this.canvas.className === "mark") written.add(text);
  return true_.call(this, text, ...rest);
};
"""


class Office:
    """A node whose staff sits at one browser each."""

    def __init__(self, node: Node, browser: Browser) -> None:
        self.node = node
        self.browser = browser
        self.staff = appoint(node)
        self.complaints: list[str] = []

    async def open(self, language: str) -> Page:
        """Return a window in which nobody is signed in."""
        context = await self.browser.new_context(
            locale=language,
            viewport={"width": 1440, "height": 810},
            timezone_id="Asia/Shanghai",
        )
        context.set_default_timeout(PATIENCE)
        await context.add_init_script(LISTEN)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    async def sit(self, post: Post, language: str) -> Page:
        """Return the window of *post*, who has signed in elsewhere."""
        page = await self.open(language)
        client = await asyncio.to_thread(seat, self.node.web_address, self.staff[post])
        await self.give(page, client)
        return page

    async def give(self, page: Page, client: Client) -> None:
        name, _, value = client.cookie.partition("=")
        await page.context.add_cookies(
            [{"name": name, "value": value, "url": self.node.web_address}]
        )

    async def go(self, page: Page, path: str) -> None:
        await page.goto(self.node.web_address + path)


async def keep(page: Page, name: str) -> None:
    """Keep a screenshot when the environment names a folder for them."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        await page.screenshot(path=f"{folder}/{name}.png")


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(Node(settings_for(folder, "127.0.0.1", check=True)))
        await stack.enter_async_context(Town(node))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        stack.push_async_callback(browser.close)
        yield await asyncio.to_thread(Office, node, browser)


def test_a_look_is_asked_for_granted_marked_registered_and_verified(tmp_path: Path) -> None:
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "chromium is not installed"
        pytest.skip("chromium is not installed")
    expect.set_options(timeout=PATIENCE)

    async def whole() -> None:
        async with office(tmp_path) as made:
            newcomer = await made.sit(Post.NEWCOMER, "zh-CN")
            auditor = await made.sit(Post.AUDIT, "zh-CN")
            await ask(made, newcomer)
            await approve(made)
            await look(newcomer, "陈静", "李新")
            await read_register(made)
            await break_glass(made, newcomer)
            await review(made, auditor)
            await verify(made, auditor)
            assert made.complaints == []

    asyncio.run(whole())


async def ask(made: Office, page: Page) -> None:
    """An officer without a grant is refused with the reason, and asks where she is refused."""
    await made.go(page, f"/live?layout=1&tiles={OWNED}/{GATE}")
    await expect(page.locator("#reason")).to_be_visible()
    await page.keyboard.press("1")
    await page.click(".way-ask summary")
    assert await page.locator(f".tile{LIVE}").count() == 0
    await page.fill(".way-ask [name=reason]", "大门夜间通行情况核对")
    await page.click(".way-ask button.primary")
    await expect(page.locator(".cause .told-line[data-state=sure]")).to_be_visible()


async def approve(made: Office) -> None:
    """An approver signs in by password and one-time code, and grants what waits."""
    page, client = await made.open("zh-CN"), Client(made.node.web_address)
    member = made.staff[Post.OFFICER]
    password = await asyncio.to_thread(client.begin, member.name, member.password)
    secret = await asyncio.to_thread(client.enrol)
    await made.go(page, "/approvals")
    await page.fill("input[name=name]", member.name)
    await page.fill("input[name=password]", password)
    await page.click("button.primary")
    await expect(page.locator("input[name=code]")).to_be_visible()
    # The code of now has been used to enrol; the next one is good already.
    await page.fill("input[name=code]", TOTP(secret).at(int(time.time()) + 30))
    await page.click("button.primary")
    request = page.locator("#inbox article")
    await expect(request).to_have_count(1)
    await expect(request).to_contain_text("李新")
    await expect(request).to_contain_text("大门夜间通行情况核对")
    await keep(page, "approvals-zh")
    await request.locator("button[value=approve]").click()
    await expect(request).to_have_count(0)
    await page.context.close()


async def look(page: Page, other: str, name: str) -> None:
    """What was granted plays by itself, and has the name of who looks on it, of nobody else."""
    await expect(page.locator(f".tile{LIVE}")).to_have_count(1)
    await expect(page.locator(".tile .said", has_text="fps")).to_have_count(1)
    await page.wait_for_function("() => written.size > 1")
    told = " ".join(await page.evaluate("() => [...written]"))
    assert name in told
    assert "通视镇指挥室" in told
    assert other not in told
    await keep(page, "access-granted-zh")


async def read_register(made: Office) -> None:
    """The owner of the camera reads who looked, why, and by whose leave."""
    page = await made.sit(Post.OWNER, "zh-CN")
    await made.go(page, "/register")
    row = page.locator("tr.row", has_text="李新")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("日常巡查")
    await page.context.close()


async def break_glass(made: Office, page: Page) -> None:
    """In an emergency somebody looks at once."""
    await made.go(page, f"/live?layout=1&tiles={OWNED}/{WAREHOUSE}")
    await page.click(".way-glass summary")
    assert await page.locator(f".tile{LIVE}").count() == 0
    await page.fill(".way-glass [name=case]", "仓库起烟")
    await page.fill(".way-glass [name=reason]", "一号仓外发现浓烟，须立即查看")
    await page.click(".way-glass button.danger")
    await expect(page.locator(f".tile{LIVE}")).to_have_count(1)
    await made.go(page, "/reviews")
    await expect(page.locator("#list article")).to_have_count(1)


async def review(made: Office, page: Page) -> None:
    """The audit has to say what it finds of it."""
    await made.go(page, "/reviews")
    broken = page.locator("#list article", has_text="仓库起烟")
    await expect(broken).to_have_count(1)
    await broken.locator("[name=words]").fill("值班日志与现场处置一致")
    await broken.locator("button.primary").click()
    await expect(broken.locator("form")).to_have_count(0)


async def verify(made: Office, page: Page) -> None:
    """The auditor verifies the chain, in which all of it stands."""
    await made.go(page, "/audit")
    await page.locator("#check button.primary").click()
    await expect(page.locator("#verdict[data-holds=true]")).to_be_visible()
    for what in ("审批申请", "紧急调用", "紧急调用复核"):
        row = page.locator("#list tr.row", has_text=what)
        await expect(row.first).to_be_visible()
    await keep(page, "audit-zh")
