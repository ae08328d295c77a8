"""``tongshi bench signalling``: how many devices one core registers and keeps alive."""

import argparse
import gc
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tongshi.cli.bench.process import pinned, resident
from tongshi.cli.bench.registrar import Kamailio, Ours, Registrar, kamailio
from tongshi.cli.bench.report import Report
from tongshi.sim.load import Devices, Tally

METHOD = (
    "{devices:,} distinct devices on four UDP sockets of a sender in another process and on "
    "another core, over loopback; a new server process, pinned to one core, for each of {runs} "
    "runs; figures are medians. Registration: REGISTER, 401, REGISTER with digest (MD5, "
    "qop=auth), 200, each device once. Keepalive: MESSAGE with a Keepalive body, 200, the devices "
    "in turn. In both the sender keeps 256 exchanges under way, so a server slower than the "
    "sender is never idle. "
    "*_per_s_per_core is exchanges done over the server's processor time (all threads, user and "
    "system, by /proc/PID/task/*/schedstat); *_per_s_sustained is exchanges done over the time on "
    "the clock. On loopback the kernel bills the receive path of UDP to the sender. "
    "bytes_per_idle_device: growth of the server's resident memory over the registrations, after "
    "a collection, over the devices. answer_*_ms: from sending a keepalive to its 200 at {rate:,} "
    "a second, whatever comes back: alone, and while a new SQLite store takes the last sign of "
    "life of every device heard from, once a second. New devices are not asked for their catalogs. "
    "kamailio_*: Kamailio on the same core under the same load, one worker, registrations in "
    "memory; it answers every MESSAGE without looking up who sent it."
)
_PASSWORD = "12345678"
_SENDER = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: seconds of each kind of keepalive load; rate: keepalives a second."""

    devices: int
    runs: int
    saturated: float
    paced: float
    rate: int


FULL = Plan(devices=100_000, runs=3, saturated=6.0, paced=6.0, rate=5000)
QUICK = Plan(devices=5_000, runs=1, saturated=1.0, paced=1.0, rate=2000)


@dataclass(slots=True)
class Findings:
    """Values by figure, one a run; faults: what went wrong."""

    values: dict[str, list[float]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, name: str, value: float) -> None:
        """Keep one run's value."""
        self.values.setdefault(name, []).append(value)

    def check(self, what: str, tally: Tally, wanted: int | None = None) -> None:
        """Note whatever was refused, lost or missing."""
        if tally.refused or tally.lost or (wanted is not None and tally.done != wanted):
            self.faults.append(
                f"{what}: {tally.done} done, {tally.refused} refused, {tally.lost} lost"
            )


UNITS = {
    "keepalives_per_s_per_core": "1/s",
    "keepalives_per_s_sustained": "1/s",
    "registrations_per_s_per_core": "1/s",
    "registrations_per_s_sustained": "1/s",
    "bytes_per_idle_device": "byte",
    "answer_p50_ms_alone": "ms",
    "answer_p99_ms_alone": "ms",
    "answer_p50_ms_with_store": "ms",
    "answer_p99_ms_with_store": "ms",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the number of devices, and whom to measure beside us."""
    parser.add_argument("--devices", type=int, help="distinct devices / 设备数")
    parser.add_argument(
        "--peer",
        choices=("kamailio",),
        help="measure it side by side, where it is installed / 同机对比",
    )


def measure(given: argparse.Namespace) -> Report:
    """Run everything and report."""
    plan = QUICK if given.quick else FULL
    devices = given.devices or plan.devices
    plan = Plan(devices, plan.runs, plan.saturated, plan.paced, plan.rate)
    method = METHOD.format(devices=devices, runs=plan.runs, rate=plan.rate)
    findings = Findings()
    notes = []
    peer = given.peer == "kamailio"
    if peer and kamailio() is None:
        notes.append("kamailio is not installed; it was left out")
        peer = False
    for _ in range(plan.runs):
        _measure_ours(plan, findings)
        if peer:
            _measure_kamailio(plan, findings)
    report = Report(method, notes=[*notes, *findings.faults], ok=not findings.faults)
    for name, values in findings.values.items():
        report.add(name, UNITS[name.removeprefix("kamailio_")], values)
    return report


def _measure_ours(plan: Plan, findings: Findings) -> None:
    with ExitStack() as held:
        directory = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="tongshi-bench-")))
        server = Ours(_PASSWORD)
        held.callback(server.stop)
        devices = _sender(held, server, plan)
        server.settle()
        before = resident(server.pid)
        _load(server, devices, plan, findings, "")
        server.settle()
        findings.add("bytes_per_idle_device", (resident(server.pid) - before) / plan.devices)
        for name in ("alone", "with_store"):
            if name == "with_store":
                server.store(directory)
            tally = devices.keep_alive_at(plan.rate, plan.paced)
            findings.check(f"keepalives {name}", tally, int(plan.rate * plan.paced))
            findings.add(f"answer_p50_ms_{name}", 1e3 * tally.quantile(0.5))
            findings.add(f"answer_p99_ms_{name}", 1e3 * tally.quantile(0.99))


def _measure_kamailio(plan: Plan, findings: Findings) -> None:
    with ExitStack() as held:
        directory = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="tongshi-bench-")))
        server = Kamailio(_PASSWORD, directory)
        held.callback(server.stop)
        _load(server, _sender(held, server, plan), plan, findings, "kamailio_")


def _sender(held: ExitStack, server: Registrar, plan: Plan) -> Devices:
    """Return the devices; until *held* ends this process keeps to its core and collects nothing."""
    held.enter_context(pinned(_SENDER))
    gc.collect()
    gc.disable()
    held.callback(gc.enable)
    return held.enter_context(Devices(server.target, plan.devices))


def _load(server: Registrar, devices: Devices, plan: Plan, findings: Findings, prefix: str) -> None:
    """Register everybody, then keep everybody alive for a while."""
    before = server.spent()
    tally = devices.register()
    cost = server.spent() - before
    findings.check(f"{prefix}registrations", tally, plan.devices)
    findings.add(f"{prefix}registrations_per_s_per_core", tally.done / cost)
    findings.add(f"{prefix}registrations_per_s_sustained", tally.rate)
    before = server.spent()
    tally = devices.keep_alive(plan.saturated)
    cost = server.spent() - before
    findings.check(f"{prefix}keepalives", tally)
    findings.add(f"{prefix}keepalives_per_s_per_core", tally.done / cost)
    findings.add(f"{prefix}keepalives_per_s_sustained", tally.rate)
