"""``tongshi audit``: the chain into a file, and whether such a file holds, far from any node."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from tongshi.audit.checking.service import read_export, read_witness_file
from tongshi.audit.fault import Finding
from tongshi.audit.key.service import public_key, read_public
from tongshi.audit.lines.store import read_lines
from tongshi.audit.statement import write_line
from tongshi.audit.verify import Report, examine
from tongshi.clock import SystemClock
from tongshi.db.connect import connect, store_url
from tongshi.errors import Invalid, Missing
from tongshi.settings import load

SHOWN = 20
"""Findings that are printed for people; ``--json`` has all that are listed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare one sub-command an act."""
    below = parser.add_subparsers(dest="act", required=True, metavar="act")
    words = "write the chain of a node to a file / 导出审计链"
    export = below.add_parser("export", help=words, description=words)
    export.add_argument("file", type=Path, help="new file, JSON lines / 新文件")
    export.add_argument("--config", type=Path, help="settings of the node, TOML / 设置文件")
    export.add_argument(
        "--no-rows", action="store_true", help="without the access register / 不含调用登记"
    )
    words = "say whether an export holds; needs no node / 离线校验导出文件"
    verify = below.add_parser("verify", help=words, description=words)
    verify.add_argument("file", type=Path, help="an export / 导出文件")
    verify.add_argument("--witness", type=Path, help="heads that a witness kept / 见证文件")
    verify.add_argument("--key", type=Path, help="the node's audit.pub / 节点公钥文件")
    verify.add_argument("--json", action="store_true", help="print one JSON object / 输出 JSON")


def run(given: argparse.Namespace) -> int:
    """Export or verify; return 0 when done and, of an export, when its chain holds."""
    return _export(given) if given.act == "export" else _verify(given)


def _export(given: argparse.Namespace) -> int:
    """Write the chain of the node with these settings, which may be running."""
    settings = load(given.config, os.environ)
    folder = Path(settings.node.data)
    key = public_key(folder)
    url = store_url(settings.store.url, folder)
    if not settings.store.url and not Path(url.removeprefix("sqlite:///")).exists():
        raise Missing(f"there is no store in {folder}")
    engine = connect(url)
    try:
        wall, rows = SystemClock().wall(), not given.no_rows
        file = os.open(given.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(file, "w", encoding="utf-8", newline="\n") as out:
            for line in read_lines(engine, key, settings.node.name, wall, rows=rows):
                out.write(write_line(line))
    except FileExistsError:
        raise Invalid(f"{given.file} is there already") from None
    finally:
        engine.dispose()
    return 0


def _verify(given: argparse.Namespace) -> int:
    """Examine an export, print what was found, and return 0 only when the chain holds."""
    key = read_public(given.key) if given.key is not None else None
    witness = read_witness_file(given.witness) if given.witness is not None else ()
    report = examine(read_export(given.file), key, witness)
    text = (
        json.dumps(to_plain(report), ensure_ascii=False, indent=2) if given.json else tell(report)
    )
    sys.stdout.write(text + "\n")
    return 0 if report.holds else 1


def to_plain(report: Report) -> dict[str, object]:
    """Return *report* as plain values, each finding with its words in both languages."""
    return {**asdict(report), "findings": [_plain(finding) for finding in report.findings]}


def _plain(finding: Finding) -> dict[str, object]:
    return {
        "fault": finding.fault.value,
        "grave": finding.grave,
        "seq": finding.seq,
        "facts": dict(finding.facts),
        "zh": finding.say(0),
        "en": finding.say(1),
    }


def tell(report: Report) -> str:
    """Return *report* for people: the verdict, the first finding, what was there."""
    lines = ["链完整 / The chain holds" if report.holds else "链不完整 / THE CHAIN DOES NOT HOLD"]
    worst = report.worst
    if worst is not None:
        lines += [f"  {worst.say(0)}", f"  {worst.say(1)}"]
    span = f"{report.first}..{report.last}" if report.last else "-"
    lines += [
        f"条目 entries {report.entries} ({span})  链头 heads {report.heads}  "
        f"登记行 register rows {report.rows}",
        f"见证 witnessed heads {report.witnessed}, 其中早于现存 older than what is kept "
        f"{report.passed}",
        f"尚无签名担保 not yet under a head {report.unsealed}",
        f"公钥 key {report.key or '-'} "
        + ("已核对 as given" if report.given else "取自导出文件，未核对 as the export itself says"),
    ]
    others = [finding for finding in report.findings if finding is not worst]
    lines += [f"- {finding.say(0)} / {finding.say(1)}" for finding in others[:SHOWN]]
    left = len(others) - len(others[:SHOWN]) + report.more
    if left:
        lines.append(f"- 另有 {left} 项 / and {left} more")
    return "\n".join(lines)
