"""Every word a person reads, in Chinese and English: one catalogue for interface and console."""

import tomllib
from enum import Enum
from functools import cache
from importlib.resources import files

from tongshi.audit.entry import ACTS
from tongshi.errors import TITLES


class Language(Enum):
    """A language of the interface; the value is its BCP 47 tag."""

    ZH = "zh"
    EN = "en"


def prefer(accept: str, default: Language) -> Language:
    """Return the language that an ``Accept-Language`` header likes best.

    Malformed parts count as not said; of equal weights the first wins.
    """
    best, weight = default, 0.0
    for part in accept.split(","):
        tag, _, parameters = part.strip().partition(";")
        language = _BY_TAG.get(tag.strip().partition("-")[0].lower())
        given = _weight(parameters)
        if language is not None and given > weight:
            best, weight = language, given
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


_BY_TAG = {language.value: language for language in Language}


@cache
def catalogue() -> dict[str, tuple[str, str]]:
    """Return every key with its Chinese and its English text.

    Keys are ``group.name``; the titles of errors join as ``problem.<code>``, the kinds of acts on
    the audit chain as ``act.<what>``.  The texts stand in ``words/``, a file a subject, a group in
    one file only; a key written twice raises KeyError.
    """
    found = {f"problem.{code}": pair for code, pair in TITLES.items()}
    found |= {f"act.{what}": (kind.zh, kind.en) for what, kind in ACTS.items()}
    for source in files("tongshi.api").joinpath("words").iterdir():
        for group, entries in tomllib.loads(source.read_text("utf-8")).items():
            for name, (chinese, english) in entries.items():
                if f"{group}.{name}" in found:
                    raise KeyError(f"{group}.{name} is written twice")
                found[f"{group}.{name}"] = (chinese, english)
    return found


class Words:
    """The catalogue in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._column = list(Language).index(language)

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of *key* with *values* filled into its braces.

        Raises KeyError for a key that is not in the catalogue: a defect, found by tests.
        """
        text = catalogue()[key][self._column]
        return text.format(**values) if values else text

    def find(self, *keys: str) -> str:
        """Return the text of the first of *keys* that the catalogue has; empty when none."""
        return next((self(key) for key in keys if key in catalogue()), "")

    def part(self, *groups: str) -> dict[str, str]:
        """Return the texts of *groups*, for the scripts of a page."""
        return {key: self(key) for key in catalogue() if key.partition(".")[0] in groups}
