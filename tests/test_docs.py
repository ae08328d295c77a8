"""The documents say what the code does."""

import re
from pathlib import Path

from tongshi.cli.main import COMMANDS
from tongshi.cli.pages import PAGES
from tongshi.settings import load

TOP = Path(__file__).parent.parent
DOCS = TOP / "docs"


def test_generated_pages_are_fresh() -> None:
    for name, write in PAGES.items():
        assert (DOCS / name).read_text("utf-8") == write(), f"run `make docs`: {name} is stale"


def test_every_command_is_in_the_readme() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        page = (TOP / name).read_text("utf-8")
        for command in COMMANDS:
            assert f"tongshi {command}" in page, f"{name}: {command}"


def test_links_lead_somewhere() -> None:
    pages = [TOP / "README.md", TOP / "README.zh-CN.md", *DOCS.rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8")):
            if not target.startswith(("http://", "https://", "mailto:")):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_package_stands_in_the_architecture() -> None:
    page = (DOCS / "architecture.md").read_text("utf-8")
    for folder in sorted((TOP / "src" / "tongshi").iterdir()):
        if folder.suffix == ".py" or (folder / "__init__.py").exists():
            name = folder.name.removesuffix(".py")
            assert name == "__init__" or f"`{name}`" in page, name


def test_every_core_has_its_design_page() -> None:
    for name in ("sip", "gb28181", "media", "gateway", "signalling", "store", "sim", "console"):
        assert len((DOCS / "design" / f"{name}.md").read_text("utf-8")) > 1000, name


def test_the_line_stands_where_people_read() -> None:
    assert "cameras, never people" in (TOP / "README.md").read_text("utf-8")
    assert "只管摄像机，不管人" in (TOP / "README.zh-CN.md").read_text("utf-8")
    assert "cameras, never people" in (DOCS / "architecture.md").read_text("utf-8")


def test_the_example_settings_load() -> None:
    settings = load(TOP / "examples" / "tongshi.toml", {})
    assert settings.node.name == "通视镇"
    assert settings.signalling.listen == "0.0.0.0:5060"
