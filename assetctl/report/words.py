"""The words of words.toml: signs of the marks, meanings of reasons, statement of limits, glossary."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

STANDARD = "IEC 62443-3-3:2013 with COR1:2014"


@dataclass(frozen=True, slots=True)
class Mark:
    """How a word is drawn. sign: name of a drawing in the page. tone: good, bad, warn, error, quiet."""

    sign: str
    tone: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is not known, and what would settle it."""

    meaning: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Words:
    """Every fixed word of a report. marks, reasons, strengths, decides: by the code that they stand for."""

    marks: Mapping[str, Mark]
    reasons: Mapping[str, Reason]
    label: str
    limits: tuple[str, ...]
    unverified_name: str
    unverified_cell: str
    glossary: Mapping[str, str]
    strengths: Mapping[str, str]
    decides: Mapping[str, str]

    def reason(self, code: str) -> Reason:
        """What a reason code means; a code without words is repeated as it is."""
        return self.reasons.get(code) or Reason(
            code.replace("-", " ") or "no reason was recorded", "see the statement of each finding"
        )


@cache
def words() -> Words:
    """All words of a report."""
    raw = tomllib.loads(files("assetctl.report").joinpath("words.toml").read_text("utf-8"))
    limits = raw["limits"]
    return Words(
        marks=MappingProxyType({word: Mark(*pair) for word, pair in raw["marks"].items()}),
        reasons=MappingProxyType({code: Reason(*pair) for code, pair in raw["reasons"].items()}),
        label=limits["label"],
        limits=tuple(limits["statements"]),
        unverified_name=limits["unverified_name"],
        unverified_cell=limits["unverified_cell"],
        glossary=MappingProxyType(dict(sorted(raw["glossary"].items(), key=lambda pair: pair[0].casefold()))),
        strengths=MappingProxyType(raw["strengths"]),
        decides=MappingProxyType(raw["decides"]),
    )
