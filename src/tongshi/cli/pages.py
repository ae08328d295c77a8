"""``tongshi docs``: the pages that are written from the code's own tables."""

import argparse
from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path

from tongshi.cli import simulate
from tongshi.settings import PARTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--folder", type=Path, default=Path("docs"), help="where to write / 输出目录"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail when stale / 只检查"
    )


def run(given: argparse.Namespace) -> int:
    """Write each generated page, or with ``--check`` tell whether one is stale."""
    stale = [name for name, write in PAGES.items() if _read(given.folder / name) != write()]
    if given.check:
        return 1 if stale else 0
    given.folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (given.folder / name).write_text(PAGES[name](), "utf-8")
    return 0


def settings_page() -> str:
    """Return ``settings.md``: every setting with its default, bounds and help in both languages."""
    parts = [_SETTINGS_HEAD]
    for part, kind in PARTS.items():
        parts.append(
            f"\n## [{part}]\n\n| setting | default | unit | range | 说明 | what it is |\n{_RULE}"
        )
        for item in fields(kind):
            facts = item.metadata
            default = "" if item.default is MISSING else _shown(item.default)
            span = _span(facts["low"], facts["high"], facts["choices"])
            parts.append(
                f"| `{item.name}` | {default} | {facts['unit']} | {span} "
                f"| {facts['zh']} | {facts['help']} |"
            )
    return "\n".join(parts) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "simulate.md": simulate.page,
}

_RULE = "|---|---|---|---|---|---|"
_SETTINGS_HEAD = """# Settings 设置

Written by `make docs` from `src/tongshi/settings/parts.py`. A node reads a TOML file
(`tongshi serve --config FILE`), then variables named `TONGSHI_<PART>_<SETTING>` in capitals, such
as `TONGSHI_SIGNALLING_KEEPALIVE=30`. Every fault is told at once and nothing starts.
节点先读 TOML 文件，再读同名环境变量；所有错误一次报告，有错则不启动。"""


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{value}`" if value != "" else "(empty)"


def _span(low: float | None, high: float | None, choices: tuple[str, ...]) -> str:
    if choices:
        return ", ".join(choices)
    if low is None and high is None:
        return ""
    return f"{'' if low is None else f'{low:g}'} .. {'' if high is None else f'{high:g}'}".strip()


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""
