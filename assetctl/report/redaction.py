"""Levels of redaction, for domain values and for finished views alike.

internal: nothing is taken out. auditor: names of accounts and raw texts of devices are. share: besides, addresses,
names, people and free texts are, by pseudonyms under the owner's key where a reader must still tell them apart.

Values are redacted before anything is built from them, so that no cut, escape or drawing can hold a part of a name, and
the finished view once more, for addresses that are no texts before.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

from assetctl.model import Because, Fact
from assetctl.packing import Findings, PackedFacts
from assetctl.redaction import RedactionLevel as Level
from assetctl.report.inputs import Evidence, ReportInputs
from assetctl.report.redact import Pseudonyms
from assetctl.settle import as_text
from assetctl.text import visible

T = TypeVar("T")


WITHHELD = "[withheld]"
ACCOUNTS = frozenset({"user_accounts"})
RAW = frozenset({"service_banner", "service_extra", "script_output", "host_script_output"})
_FREE = """
description http_title http_realm modbus_objects modbus_server_id interface_description entity_name logging
network_monitoring time_source baseline_image backup_frequency_type distributor knx_installation s7_oem_id
patch_decisions certificate_issuer antivirus_endpoint_protection primary_communication_method part_of
neighbour_platform vlan neighbour_vlans local_time_zone host_devices
"""
FREE = frozenset(_FREE.split())
"""Facts in whose text people or devices may say anything."""

_PEOPLE: Mapping[str, frozenset[str]] = {
    "Waiver": frozenset({"owner", "approver"}),
    "Attestation": frozenset({"author", "organisation", "reviewer", "reviewer_organisation"}),
    "Approval": frozenset({"who"}),
    "Life": frozenset({"owner"}),
    "LifeEvent": frozenset({"by"}),
    "SignOff": frozenset({"by"}),
    "Zone": frozenset({"owner"}),
    "Conduit": frozenset({"owner"}),
    "Retirement": frozenset({"by"}),
    "Decision": frozenset({"by", "revoked_by"}),
    "ReportInputs": frozenset({"assessor"}),
}
_WORDS: Mapping[str, frozenset[str]] = {
    "Waiver": frozenset({"reason", "measure", "ticket", "revoked"}),
    "Attestation": frozenset({"statement", "document"}),
    "Approval": frozenset({"what"}),
    "Life": frozenset({"ended"}),
    "LifeEvent": frozenset({"reason"}),
    "SignOff": frozenset({"document"}),
    "Zone": frozenset({"sl_t_source"}),
    "Conduit": frozenset({"sl_t_source"}),
    "Retirement": frozenset({"reason"}),
    "Decision": frozenset({"reason", "revoked_reason"}),
    "Scan": frozenset({"approval", "note", "ledger"}),
    "Halt": frozenset({"file", "cleared"}),
    "Compared": frozenset({"file"}),
    "FeedInfo": frozenset({"file"}),
    "Capture": frozenset({"file", "sensor"}),
    "Passage": frozenset({"sensor"}),
    "Position": frozenset({"source"}),
    "Exclusion": frozenset({"reason"}),
    "ReportInputs": frozenset({"title"}),
}
_CLOSED = "key check kind sha256 digest stated framework edition requirement evidence fr pack versions"
_KEPT = frozenset(_CLOSED.split())
_TIME = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?", re.ASCII)
_STREAMS = frozenset({"rows", "page_rows", "evidence"})


class Redaction:
    """One level with the owner's pseudonyms. accounts, raw: what the auditor's level takes out of texts."""

    def __init__(self, level: Level, pseudonyms: Pseudonyms) -> None:
        self.level = level
        self._pseudonyms = pseudonyms
        self._hidden = {Level.INTERNAL: frozenset[str](), Level.AUDITOR: RAW | ACCOUNTS}.get(level, RAW | FREE)
        self.text = lru_cache(maxsize=1 << 16)(self._text)
        self._spares_addresses = False

    def _text(self, text: str) -> str:
        return text if self.level is Level.INTERNAL or _TIME.fullmatch(text) else self._pseudonyms(text)

    def of(self, value: T) -> T:
        """The same value with every text in it redacted."""
        found: Any = value if self.level is Level.INTERNAL else self._of(value)
        return found  # type: ignore[no-any-return]

    def before(self, value: T) -> T:
        """The same value, ready to be built from: what is an address as a whole stays one until the end, see `of`."""
        sparing = copy(self)
        sparing._spares_addresses = True
        return sparing.of(value)

    def _of(self, value: Any) -> Any:
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            return value if self._spares_addresses and self._pseudonyms.is_address(value) else self.text(value)
        if isinstance(value, Mapping):
            return {key: self._of(inner) for key, inner in value.items()}
        if isinstance(value, tuple | list | frozenset | set | PackedFacts | Findings):
            return type(value)(map(self._of, value))
        return self._record(value) if is_dataclass(value) and not isinstance(value, type) else value

    def _record(self, record: Any) -> Any:
        name = type(record).__name__
        changes = {}
        for field in fields(record):
            before = getattr(record, field.name)
            after = self._field(name, field.name, before)
            if after is not before:
                changes[field.name] = after
        if isinstance(record, Fact | Because) and record.key in self._hidden and record.value:
            changes["value"] = (WITHHELD,) if isinstance(record.value, tuple) else WITHHELD
        if isinstance(record, Evidence):
            changes["excerpt"] = ""
        return replace(record, **changes) if changes else record

    def _field(self, name: str, field: str, value: Any) -> Any:
        if field in _KEPT:
            return value if field != "evidence" or not callable(value) else self._stream(value)
        if callable(value):
            return self._stream(value) if field in _STREAMS else value
        if self.level is Level.SHARE and isinstance(value, str) and value:
            if field in _PEOPLE.get(name, ()):
                return self._pseudonyms.pseudonym("person", value)
            if field in _WORDS.get(name, ()):
                return WITHHELD
        return self._of(value)

    def _stream(self, source: Callable[[], Iterable[Any]]) -> Callable[[], Iterator[Any]]:
        return lambda: map(self._of, source())


def redacted_inputs(inputs: ReportInputs, redaction: Redaction) -> ReportInputs:
    """What a redacted report is built from."""
    if redaction.level is Level.INTERNAL:
        return inputs
    return replace(
        redaction.before(inputs),
        classification=f"{redaction.text(inputs.classification)}, redacted: {redaction.level}",
        title=f"OT and IT assets, redacted: {redaction.level}" if redaction.level is Level.SHARE else inputs.title,
        company="" if redaction.level is Level.SHARE else inputs.company,
    )


def names_in(value: Any) -> Iterator[str]:
    """Every person that a value names, however deep."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, tuple | list | frozenset | set):
        for inner in value:
            yield from names_in(inner)
    elif is_dataclass(value) and not isinstance(value, type):
        people = _PEOPLE.get(type(value).__name__, ())
        for field in fields(value):
            inner = getattr(value, field.name)
            if field.name in people and isinstance(inner, str):
                yield inner
            elif not isinstance(inner, str):
                yield from names_in(inner)


def hidden_texts(facts: Iterable[Fact], level: Level) -> Iterator[str]:
    """The values of the facts that a level takes out, as an output may write them."""
    hidden = RAW | ACCOUNTS if level is Level.AUDITOR else RAW | FREE | ACCOUNTS
    for fact in facts:
        if fact.key in hidden:
            for text in fact.value if isinstance(fact.value, tuple) else (as_text(fact.value),):
                yield from (text, visible(text), " ".join(text.split()))
