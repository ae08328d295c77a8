"""``tongshi bench``: everything that has a figure, measured here and now."""

import argparse
import sys
from typing import Protocol

from tongshi.cli.bench import access, audit, catalog, media, notices, ondemand, signalling
from tongshi.cli.bench.report import Report


class Bench(Protocol):
    """What a benchmark's module offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the benchmark's own arguments."""

    def measure(self, given: argparse.Namespace) -> Report:
        """Measure, and return what was found."""


BENCHES: dict[str, tuple[Bench, str]] = {
    "signalling": (signalling, "registrations and keepalives / 注册与心跳"),
    "catalog": (catalog, "a large catalog into the store / 大目录入库"),
    "notices": (notices, "what devices tell, none of it lost / 报警、位置与目录变化"),
    "ondemand": (ondemand, "control, seek, download / 控制、跳转与下载"),
    "audit": (audit, "acts chained and verified / 审计链追加与校验"),
    "access": (access, "decisions, and pages with many grants / 授权决策与列表"),
    "media": (media, "streams in, viewed and relayed / 收流、观看与转发"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare one sub-command a benchmark."""
    below = parser.add_subparsers(dest="bench", required=True, metavar="bench")
    for name, (bench, words) in BENCHES.items():
        child = below.add_parser(name, help=words, description=words)
        child.add_argument("--json", action="store_true", help="print one JSON object / 输出 JSON")
        child.add_argument("--quick", action="store_true", help="smaller and shorter / 缩短的测量")
        bench.add_arguments(child)


def run(given: argparse.Namespace) -> int:
    """Measure, print, and return 0 only when the report is ok."""
    bench, _ = BENCHES[given.bench]
    report = bench.measure(given)
    sys.stdout.write((report.as_json() if given.json else report.as_text()) + "\n")
    return 0 if report.ok else 1
