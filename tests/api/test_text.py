"""The catalogue: complete in both languages, every key used, every use known."""

import re
from pathlib import Path

import pytest

from tongshi.api.text import Language, Words, catalogue, prefer
from tongshi.errors import TITLES

ROOT = Path(__file__).parents[2] / "src" / "tongshi"
SOURCES = [
    path
    for folder in ("api", "console")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".html", ".js"} and "vendor" not in path.parts
]
HAN = re.compile(r"[\u3400-\u9fff]")
LITERAL = re.compile(r"""\b(?:t|words|find)\(\s*(["'])([a-z_]+\.[a-z0-9_.-]+)\1(?!\s*~)""")
COMPOSED = re.compile(r"""(?:f?"|'|`)([a-z_]+\.[a-z_]*)(?:["']\s*~|\$?\{)""")


def sources() -> dict[str, str]:
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in SOURCES}


def test_every_text_is_there_in_both_languages() -> None:
    assert len(catalogue()) > 150
    for key, (chinese, english) in catalogue().items():
        assert chinese.strip(), key
        assert english.strip(), key
        assert set(re.findall(r"\{\w+\}", chinese)) == set(re.findall(r"\{\w+\}", english)), key


def test_english_is_english_and_chinese_is_chinese() -> None:
    for key, (chinese, english) in catalogue().items():
        if key != "app.to_zh":
            assert not HAN.search(english), key
        assert HAN.search(chinese) or key in {"app.to_en"} or key.startswith("stage."), key


def test_every_use_has_its_key() -> None:
    unknown = [
        f"{path}: {found[1]}"
        for path, text in sources().items()
        for found in LITERAL.findall(text)
        if found[1] not in catalogue()
    ]
    assert not unknown, "\n".join(unknown)


def test_every_key_is_used() -> None:
    """Literally, or by a prefix to which the rest is added at run time."""
    whole = "\n".join(sources().values())
    # Keys of the message types are tested beside these.
    named = ("config.", "command.", "fault.", "alarm_method.", "alarm_type.", "priority.")
    prefixes = (*COMPOSED.findall(whole), "advice.", "problem.", *named)
    unused = [
        key
        for key in catalogue()
        if not key.startswith(prefixes) and not re.search(f"[\"'`]{re.escape(key)}[\"'`]", whole)
    ]
    assert not unused, "\n".join(unused)


def test_prefixes_of_composed_keys_exist() -> None:
    found = COMPOSED.findall("\n".join(sources().values()))
    assert {"state.", "tile."} <= set(found)
    for prefix in found:
        assert any(key.startswith(prefix) for key in catalogue()), prefix


def test_every_code_of_an_error_has_advice_or_needs_none() -> None:
    internal = {"error", "invalid", "protocol", "protocol.local"}
    for code in TITLES:
        has = f"advice.{code.replace('.', '_')}" in catalogue()
        assert has != (code in internal), code


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.ZH),
        ("en-GB,en;q=0.9", Language.EN),
        ("fr,en;q=0.5,zh;q=0.4", Language.EN),
        ("fr, de", Language.ZH),
        ("", Language.ZH),
        ("en;q=0", Language.ZH),
        ("zh;q=x, en;q=0.1", Language.EN),
        ("EN;q=7", Language.EN),
        ("zh;q=0.2,en;level=1", Language.EN),
    ],
)
def test_the_language_a_browser_likes_best(accept: str, language: Language) -> None:
    assert prefer(accept, Language.ZH) is language


def test_words_fill_in_their_values() -> None:
    words = Words(Language.EN)
    assert words("list.range", first=1, last=2, total=9) == "1–2 of 9"
    assert words.find("no.such", "nav.live") == "Live"
    assert words.find("no.such") == ""
    with pytest.raises(KeyError):
        words("no.such")
    part = words.part("nav", "problem")
    assert part["nav.live"] == "Live"
    assert part["problem.missing"] == "Not found"
    assert "tile.retry" not in part
