"""What an advisory, a catalogue of exploited vulnerabilities and a life-cycle list say, without their file formats."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Status(StrEnum):
    """What an advisory says about one product and one vulnerability; the words of CSAF 2.0, 3.2.3.9."""

    AFFECTED = "known_affected"
    FIRST_AFFECTED = "first_affected"
    LAST_AFFECTED = "last_affected"
    NOT_AFFECTED = "known_not_affected"
    FIXED = "fixed"
    FIRST_FIXED = "first_fixed"
    RECOMMENDED = "recommended"
    INVESTIGATED = "under_investigation"


@dataclass(frozen=True, slots=True)
class Naming:
    """How an advisory names a product; many products of an advisory share one.

    maker: in the spelling of data/makers.toml where it is listed. names: of the product; families: what stands above
    it. codes, serials: patterns as written. condition: what must hold besides, such as another program beside it.
    """

    maker: str
    names: tuple[str, ...]
    families: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()
    cpes: tuple[str, ...] = ()
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """One product of an advisory. name: as people read it. versions: the text of its version or range.

    versions is None when the advisory names none. hardware: a revision of the device that it is limited to, or "".
    is_whole: it stands in the tree as a product, not as one of its versions.
    """

    id: str
    name: str
    naming: Naming
    versions: str | None = None
    hardware: str = ""
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """status: what is said about which product ids. fixes: ids with a maker's fix; unfixed: none there or planned.

    score, vector: the highest CVSS base score of version 3 or 4 and its vector, None and "" when there is none.
    weakness: its CWE number, "" when the advisory names none.
    """

    cve: str
    title: str
    status: Mapping[Status, tuple[str, ...]]
    fixes: frozenset[str] = frozenset()
    unfixed: frozenset[str] = frozenset()
    score: float | None = None
    vector: str = ""
    weakness: str = ""


@dataclass(frozen=True, slots=True)
class Advisory:
    """One document. id: of its tracking. revision: its version there. sha256: of the file it was read from."""

    id: str
    title: str
    publisher: str
    revision: str
    state: str
    issued: datetime
    current: datetime
    products: tuple[Product, ...]
    vulnerabilities: tuple[Vulnerability, ...]
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Exploited:
    """One entry of the catalogue of known exploited vulnerabilities. due: the date set for agencies of the US."""

    cve: str
    maker: str
    product: str
    added: date
    due: date | None
    action: str = ""
    ransomware: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A catalogue of known exploited vulnerabilities. released: when CISA made this issue."""

    version: str
    released: datetime
    entries: tuple[Exploited, ...]
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class LifeCycle:
    """Until when a maker sells and supports what a pattern over order codes or product names means.

    source: where the user has it from. place: file and line.
    """

    maker: str
    product: str
    end_of_sale: date | None
    end_of_support: date | None
    source: str
    place: str = ""


class FeedKind(StrEnum):
    CSAF = "csaf"
    KEV = "kev"
    LIFE_CYCLE = "life-cycle"


@dataclass(frozen=True, slots=True)
class Feed:
    """One file that was loaded. as_of: up to when it tells: the date stated at loading, else the newest date inside."""

    sha256: str
    kind: FeedKind
    file: str
    loaded: datetime
    as_of: datetime
    stated: bool
    count: int
