"""``tongshi bench access``: what grants cost, decided one by one and in every list."""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from tongshi.access.grant import Camera, Grant, Right, Selector, Subject, SubjectKind
from tongshi.access.granting.service import Case
from tongshi.access.identity import Person
from tongshi.access.permission import Role
from tongshi.api.asker import session_cookie
from tongshi.app.node import Node
from tongshi.audit.entry import Actor
from tongshi.cli.bench.catalog import one_core, settings_of
from tongshi.cli.bench.pager import Order, Times
from tongshi.cli.bench.report import Report
from tongshi.cli.loop import run
from tongshi.gb28181.catalog import Item
from tongshi.registry.entry import CatalogStanding, CatalogState, Query

METHOD = (
    "A whole node in this process, pinned to one core where there are several, with a new SQLite "
    "store: {devices} recorders with {each} cameras each in 400 townships of 40 counties, a "
    "third of them marked with class, sector, unit and a tag. One operator has one grant of "
    "everything; another has 500 grants of seven sorts (townships; counties by class; counties by "
    "sector; units; tags; recorders; single cameras) that together are the same cameras. "
    "decisions_per_s: live, with a purpose, for cameras in turn and the person with 500 grants, in "
    "this process on one core; denied_per_s: the same for a right that no grant gives, with its "
    "reason. store_decisions_per_s: with what tells the camera apart read from the store. Pages: "
    "asked for by another process over one kept connection a person, in turns within each round, "
    "{rounds} rounds a run after {warm} to warm up; ms_*: median of a run; ratio_*: with 500 "
    "grants over with one in the same round, median of a run."
)
DEVICES, EACH, ROUNDS, WARM, REPEATS = 100, 100, 60, 5, 5
DECISIONS = 20_000
GRANTS = 500
LEAST = 10_000.0
"""Decisions a second that must be made."""
MOST = 1.10
"""How much longer a page may take with 500 grants."""
PAGES = {
    "channels": "/api/channels?size=50",
    "search": "/api/channels?text=Camera%2012&size=50",
    "devices": "/api/devices?size=50",
    "tree": "/api/tree?view=regions",
    "counts": "/api/counts",
    "console": "/devices",
}
ONE, MANY = "one", "many"
COUNTIES, TOWNS = 40, 10
CLASSES, SECTORS, UNITS = ("I", "II", "III"), ("school", "road", "hospital"), 60
_BY = Actor(person="bench")
_CHANGED = "five gates with six keys"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: the size is part of what is claimed."""


def measure(given: argparse.Namespace) -> Report:
    """Run it; ``quick``: one run of a few rounds."""
    return run(compare(quick=bool(given.quick)))


async def compare(*, quick: bool, devices: int = DEVICES, each: int = EACH) -> Report:
    """Return the report over decisions and pages."""
    rounds, repeats = (6, 1) if quick else (ROUNDS, REPEATS)
    report = Report(METHOD.format(devices=devices, each=each, rounds=rounds, warm=WARM))
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="tongshi-bench-"))
        core = stack.enter_context(one_core())
        node = await stack.enter_async_context(Node(settings_of(Path(directory))))
        cameras = await asyncio.to_thread(fill, node, devices, each)
        whole = [Selector(everything=True)]
        cookies = {
            ONE: await asyncio.to_thread(admit, node, ONE, whole),
            MANY: await asyncio.to_thread(admit, node, MANY, list(selectors(cameras))),
        }
        many = await asyncio.to_thread(node.people.named, MANY)
        await asyncio.to_thread(decide_often, node, many, cameras, report, repeats)
        if not await asyncio.to_thread(same_for_both, node):
            report.ok = False
            report.notes.append("the two do not see the same cameras")
        await page_often(node, cookies, core, report, rounds, repeats)
    judge(report, quick=quick)
    return report


def judge(report: Report, *, quick: bool) -> None:
    """Let the report fail where a bound is broken; a quick one only says so."""
    broken = []
    if statistics.median(report.figures["decisions_per_s"].values) < LEAST:
        broken.append(f"less than {LEAST:.0f} decisions a second")
    for page in PAGES:
        if statistics.median(report.figures[f"ratio_{page}"].values) > MOST:
            broken.append(f"{page}: more than {MOST:.2f} times as long with {GRANTS} grants")
    report.notes += broken
    report.ok = report.ok and (quick or not broken)


# What there is to see


def fill(node: Node, devices: int, each: int) -> list[Camera]:
    """Let the register know recorders with cameras, mark some, and return the cameras."""
    cameras, at = [], node.clock.wall()
    for number in range(devices):
        recorder = f"34020000001180{number:06}"
        items = []
        for channel in range(each):
            place = number * each + channel
            code = f"34020000001310{place:06}"
            camera = Camera(recorder, code, town(place), *marks_of(place))
            cameras.append(camera)
            name = f"Camera {place}"
            items.append(Item(device_id=code, name=name, civil_code=camera.division, status="ON"))
        standing = CatalogStanding(CatalogState.COMPLETE, each, each, "", at)
        node.registry.merge_catalog(recorder, items, standing)
    for camera in cameras:
        if camera.klass:
            kinds = {"class": [camera.klass], "sector": [camera.sector], "unit": [camera.unit]}
            marks = {**kinds, "tag": sorted(camera.tags)}
            node.marks.write([(camera.device_id, camera.channel_id)], marks, _BY)
    return cameras


def town(place: int) -> str:
    """Return the township of a camera: 40 counties of 10."""
    return f"3402{place % COUNTIES + 1:02}{place // COUNTIES % TOWNS + 1:02}"


def marks_of(place: int) -> tuple[str, str, str, frozenset[str]]:
    """Return class, sector, unit and tags of a camera; two of three have none."""
    if place % 3:
        return "", "", "", frozenset()
    turn = place // 3
    tags = frozenset({f"tag {turn % 20}"})
    return CLASSES[turn % 3], SECTORS[turn // 3 % 3], f"unit {turn % UNITS}", tags


def selectors(cameras: list[Camera]) -> Iterator[Selector]:
    """Yield 500 selectors of seven sorts that are together every one of *cameras*."""
    counties = [f"3402{number + 1:02}" for number in range(COUNTIES)]
    towns = [f"{county}{number + 1:02}" for county in counties for number in range(TOWNS)]
    for code in towns[:300]:
        yield Selector(divisions=frozenset({code}))
    for code in counties[30:]:  # the last ten, as a whole, so that nothing is left out
        yield Selector(divisions=frozenset({code}))
    for code in counties[:15]:
        yield Selector(divisions=frozenset({code}), classes=frozenset({"I", "II"}))
        yield Selector(divisions=frozenset({code}), sectors=frozenset({"school"}))
    for number in range(UNITS):
        yield Selector(units=frozenset({f"unit {number}"}))
    for number in range(20):
        yield Selector(tags=frozenset({f"tag {number}"}))
    recorders = sorted({camera.device_id for camera in cameras})
    for recorder in recorders[:40]:
        yield Selector(devices=frozenset({recorder}))
    for camera in cameras[:40]:
        yield Selector(cameras=frozenset({(camera.device_id, camera.channel_id)}))


def admit(node: Node, name: str, selected: list[Selector]) -> str:
    """Make an operator with a grant for each of *selected*; return the cookie of a sign-in."""
    given = node.people.add(name, name.title(), "Unit", Role.OPERATOR)
    person = node.people.named(name)
    subject = Subject(SubjectKind.PERSON, str(person.id))
    rights = frozenset({Right.SEE, Right.LIVE})
    grants = [Grant(0, subject, rights, selector, made_by=_BY.person) for selector in selected]
    wall = node.clock.wall()
    node.writer.commit(
        lambda connection: [node.rights.give(connection, wall, grant) for grant in grants],
        timeout=60.0,
    )
    node.rights.changed()
    signed = node.door.sign_ins.change_password(person.id, given.password, _CHANGED, "127.0.0.1")
    return f"{session_cookie(secure=False)}={signed.token}"


# What is measured


def decide_often(
    node: Node, person: Person, cameras: list[Camera], report: Report, repeats: int
) -> None:
    """Measure decisions a second of one core."""
    cases = [
        Case(person, Right.LIVE, camera.device_id, camera.channel_id, "patrol")
        for camera in cameras
    ]
    pairs = list(zip(cases, cameras, strict=True))
    turns = max(1, DECISIONS // len(pairs))
    rates: dict[str, list[float]] = {"decisions": [], "denied": [], "store_decisions": []}
    for _ in range(repeats):
        began = time.process_time()
        allowed = sum(
            node.rights.decide(case, camera).allowed for _ in range(turns) for case, camera in pairs
        )
        rates["decisions"].append(turns * len(pairs) / (time.process_time() - began))
        if allowed != turns * len(pairs):
            report.ok = False
            report.notes.append(f"{turns * len(pairs) - allowed} cameras were refused")
        refused = [(replace(case, right=Right.PLAYBACK), camera) for case, camera in pairs]
        began = time.process_time()
        for case, camera in refused:
            node.rights.decide(case, camera)
        rates["denied"].append(len(refused) / (time.process_time() - began))
        some = cases[:: max(1, len(cases) // 2000)]
        began = time.process_time()
        node.rights.review(some)
        rates["store_decisions"].append(len(some) / (time.process_time() - began))
    for name, values in rates.items():
        report.add(f"{name}_per_s", "decision/s", values)


def same_for_both(node: Node) -> bool:
    """Say whether both people see the same cameras, counted and page by page."""
    told = []
    for name in (ONE, MANY):
        scope = node.rights.scope(node.people.named(name))
        pages = [node.registry.channels(scope, Query(number=at, size=50)) for at in (1, 7)]
        rows = [[row.channel_id for row in page.rows] for page in pages]
        told.append((pages[0].total, rows, node.registry.counts(scope)))
    return told[0] == told[1]


async def page_often(
    node: Node, cookies: dict[str, str], core: int, report: Report, rounds: int, repeats: int
) -> None:
    """Measure pages, both people side by side."""
    host, _, port = node.web_address.removeprefix("http://").rpartition(":")
    ratios: dict[str, list[float]] = {page: [] for page in PAGES}
    medians: dict[tuple[str, str], list[float]] = {}
    for _ in range(repeats):
        order = Order(host, int(port), list(PAGES.values()), cookies, WARM + rounds, core)
        times = await ask(order)
        for page, path in PAGES.items():
            one, many = (statistics.median(times[path][who][WARM:]) for who in (ONE, MANY))
            medians.setdefault((page, ONE), []).append(one * 1e3)
            medians.setdefault((page, MANY), []).append(many * 1e3)
            pairs = zip(times[path][MANY][WARM:], times[path][ONE][WARM:], strict=True)
            ratios[page].append(statistics.median(second / first for second, first in pairs))
    for page, values in ratios.items():
        report.add(f"ratio_{page}", "", values)
        for who in (ONE, MANY):
            report.add(f"ms_{page}_{who}", "ms", medians[page, who])


async def ask(order: Order) -> Times:
    """Have another process ask for the pages; raises RuntimeError when it fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tongshi.cli.bench.pager",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate(order.as_json().encode() + b"\n")
    if process.returncode:
        raise RuntimeError("the process that asks for pages failed")
    times: Times = json.loads(told)
    return times
