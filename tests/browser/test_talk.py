"""A microphone in a real browser, through the page's own code and a gateway, to a loudspeaker."""

import asyncio
import math
import os
import shutil
import struct
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from numpy.typing import NDArray
from playwright.async_api import Page, async_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tongshi.console.assets import STATIC
from tongshi.gateway.engine import Speak, Transport
from tongshi.gateway.engines.builtin import Local
from tongshi.media import g711
from tongshi.media.unit import Codec
from tongshi.settings import MediaSettings
from tongshi.testing.voice import UdpEar, poll

pytestmark = [pytest.mark.network, pytest.mark.interop]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOST = "127.0.0.1"
SETTINGS = MediaSettings(
    workers=0, listen=HOST, ports_from=0, ports_to=0, viewer_listen=f"{HOST}:0"
)
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
HERTZ = 1000
START = """async (raw) => {
  const { Talk } = await import("/static/talk.js");
  window.states = [];
  window.levels = [];
  window.talk = new Talk(raw ? { echoCancellation: false, noiseSuppression: false,
    autoGainControl: false, channelCount: 1 } : undefined);
  talk.onchange = (state, problem) => states.push([state, problem && problem.code]);
  talk.onlevel = (level) => levels.push(level);
  await talk.start({ device: "d", channel: "c", purpose: "patrol" });
}"""


class Bench:
    """An engine, an ear, and the few answers of the interface that a talk needs."""

    def __init__(self, engine: Local, ear: UdpEar) -> None:
        self.engine = engine
        self.ear = ear
        self.asked: list[object] = []
        self.ended: list[str] = []
        self.refusal: dict[str, object] | None = None

    async def open(self, request: Request) -> Response:
        self.asked.append(await request.json())
        if self.refusal is not None:
            return JSONResponse(self.refusal, 409)
        name = f"t{len(self.asked)}"
        await self.engine.talks.open(Speak(name, Transport.UDP, (HOST,)))
        await self.engine.talks.start(name, HOST, self.ear.port, 0x1234)
        await self.engine.talks.admit(name, name, expires_s=20)
        url = f"ws://{HOST}:{self.engine.viewer_port(name)}/talk/{name}"
        return JSONResponse({"talk": name, "url": url, "mode": "broadcast", "hears": False})

    async def close(self, request: Request) -> Response:
        name = request.path_params["name"]
        self.ended.append(name)
        await self.engine.talks.close(name)
        return Response(status_code=204)

    def site(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", lambda request: HTMLResponse("<!doctype html><title>x</title>")),
                Route("/api/talks", self.open, methods=["POST"]),
                Route("/api/talks/{name}", self.close, methods=["DELETE"]),
                Mount("/static", StaticFiles(directory=STATIC)),
            ]
        )

    def heard(self) -> NDArray[np.float64]:
        """Return what was heard, -1..1."""
        linear = g711.decode(Codec.G711A, self.ear.samples())
        return np.frombuffer(linear, "<i2").astype(np.float64) / 32768


def microphone(folder: Path, seconds: int = 20) -> Path:
    """Return a recording for the browser to take for its microphone: a tone at half level."""
    path = folder / "microphone.wav"
    rate = 48_000
    samples = [
        round(16_000 * math.sin(2 * math.pi * HERTZ * at / rate)) for at in range(rate * seconds)
    ]
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return path


@asynccontextmanager
async def stage(tmp_path: Path) -> AsyncIterator[tuple[Bench, Page]]:
    engine = Local(SETTINGS)
    await engine.start()
    bench = Bench(engine, UdpEar())
    config = uvicorn.Config(bench.site(), host=HOST, port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await poll(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    sound = f"--use-file-for-fake-audio-capture={microphone(tmp_path)}"
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=[*SWITCHES, sound]
            )
            page = await browser.new_page()
            await page.goto(f"http://{HOST}:{port}/")
            yield bench, page
            await browser.close()
    finally:
        server.should_exit = True
        await serving
        await bench.ear.close()
        await engine.stop()


def need_chromium() -> None:
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "chromium is not installed"
        pytest.skip("chromium is not installed")


@pytest.mark.clause("9.12.1.1")
def test_the_tone_of_the_microphone_arrives(tmp_path: Path) -> None:
    need_chromium()

    async def act() -> None:
        async with stage(tmp_path) as (bench, page):
            await page.evaluate(START, True)
            assert await page.evaluate("states.map(([state]) => state)") == [
                "asking",
                "opening",
                "speaking",
            ]
            assert bench.asked == [{"device": "d", "channel": "c", "purpose": "patrol"}]
            await bench.ear.until(lambda ear: len(ear.packets) > 100)
            heard = bench.heard()
            begin = int(np.argmax(np.abs(heard) > 0.2)) + 800
            part = heard[begin : begin + 16_000]  # two seconds of it
            spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
            at = np.fft.rfftfreq(len(part), 1 / g711.RATE)
            assert abs(at[int(np.argmax(spectrum))] - HERTZ) < 1
            tone = spectrum[np.abs(at - HERTZ) < 20].sum()
            rest = spectrum.sum() - tone
            assert 10 * math.log10(tone / rest) > 25  # A-law itself leaves 38 dB
            level = math.sqrt(2 * float(np.mean(part**2)))
            assert 0.3 < level < 0.7
            levels = await page.evaluate("levels.slice(-20)")
            assert min(levels) > 0.7
            count = len(bench.ear.packets)
            await page.evaluate("talk.stop()")
            assert await page.evaluate("states.at(-1)") == ["idle", None]
            await poll(lambda: bench.ended == ["t1"])
            assert len(bench.ear.packets) >= count
            assert bench.engine.leased_ports() == 0

    asyncio.run(act())


def test_a_page_that_goes_away_ends_its_talk(tmp_path: Path) -> None:
    need_chromium()

    async def act() -> None:
        async with stage(tmp_path) as (bench, page):
            await page.evaluate(START, False)
            await bench.ear.until(lambda ear: len(ear.packets) > 5)
            await page.goto("about:blank")
            await poll(lambda: bench.ended == ["t1"])

    asyncio.run(act())


def test_what_the_node_says_reaches_the_page(tmp_path: Path) -> None:
    need_chromium()

    async def act() -> None:
        async with stage(tmp_path) as (bench, page):
            await page.evaluate(START, True)
            await page.wait_for_function("talk.figures !== null")
            assert await page.evaluate("talk.figures.packets > 0")
            await bench.engine.talks.close("t1", "peer")
            await page.wait_for_function("talk.state === 'idle'")
            assert await page.evaluate("states.at(-1)") == ["idle", "talk.ended_peer"]
            bench.refusal = {"code": "conflict", "title": "Conflict", "detail": "A is talking"}
            await page.evaluate(START, True)
            assert await page.evaluate("states.at(-1)") == ["idle", "conflict"]

    asyncio.run(act())


def test_a_page_without_a_secure_origin_is_told_why(tmp_path: Path) -> None:
    need_chromium()

    async def act() -> None:
        async with stage(tmp_path) as (bench, page):
            await page.add_init_script(
                "Object.defineProperty(window, 'isSecureContext', { value: false })"
            )
            await page.reload()
            await page.evaluate(START, True)
            assert await page.evaluate("states.at(-1)") == ["idle", "talk.insecure"]
            assert bench.asked == []

    asyncio.run(act())


def test_the_page_compresses_as_the_node_does(tmp_path: Path) -> None:
    need_chromium()

    async def act() -> None:
        async with stage(tmp_path) as (_, page):
            told = await page.evaluate(
                """async () => {
                  const { encode } = await import("/static/talk/speech.js");
                  const every = [...Array(65535).keys()].map((at) => (at - 32767) / 32767);
                  return [...encode(Float32Array.from(every))];
                }"""
            )
            assert bytes(told) == g711.encode(Codec.G711A, range(-32767, 32768))
            # What the telephone band does not hold must not fold back into it.
            levels = await page.evaluate(
                """async () => {
                  const { Resampler } = await import("/static/talk/speech.js");
                  const level = (from, hertz) => {
                    const resampler = new Resampler(from);
                    const out = [];
                    for (let at = 0; at < from; at += 128) {
                      const block = Float32Array.from({ length: 128 },
                        (_, k) => Math.sin(2 * Math.PI * hertz * (at + k) / from));
                      out.push(...resampler.feed(block));
                    }
                    const part = out.slice(2000, 6000);
                    const power = part.reduce((sum, x) => sum + x * x, 0) / part.length;
                    return 10 * Math.log10(2 * power);
                  };
                  const tones = [1000, 3000, 5000, 7000];
                  const rates = [48000, 44100, 16000];
                  return rates.map((from) => tones.map((hertz) => level(from, hertz)));
                }"""
            )
            for near, inside, outside, beyond in levels:
                assert abs(near) < 0.1
                assert abs(inside) < 0.1
                assert outside < -60
                assert beyond < -60

    asyncio.run(act())
