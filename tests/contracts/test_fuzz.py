"""Everything that reads foreign bytes is fuzzed, its seeds reach it, and what once broke it no longer does."""

import ast
import sys
from pathlib import Path
from types import FrameType

import pytest

import assetctl
from assetctl.protocols import registry
from tests.fuzz.__main__ import KEPT
from tests.fuzz.entries import all_entries

HOME = Path(assetctl.__file__).parent
FED = sorted(all_entries())


@pytest.mark.parametrize("name", FED)
def test_seeds_and_what_was_kept_do_no_harm(name: str) -> None:
    entry = all_entries()[name]
    kept = [path.read_bytes() for path in sorted(KEPT.glob(f"{name}-*"))]
    for data in (b"", b"\0", b"\xff" * 64, *entry.seeds()[:60], *kept):
        entry.feed(data)


def test_every_protocol_has_its_entries() -> None:
    wanted = {f"{what}-{protocol}" for protocol in registry() for what in ("talk", "vet", "cut")}
    assert wanted <= set(FED)


def test_every_decoder_is_reached_from_seeds() -> None:
    """Each public decoding function of a codec is called, by a conversation or by itself."""
    wanted = {(path.parent.name, name) for path in HOME.glob("protocols/*/codec.py") for name in _decoding(path)}
    called = _called_by_seeds(wanted)
    assert wanted - called == set()


def test_every_importer_has_an_entry() -> None:
    """A module of exchange whose public function takes a file or its bytes is read by some entry."""
    named = {module for entry in all_entries().values() for module in entry.reads}
    assert {f"assetctl.exchange.{path.stem}" for path in HOME.glob("exchange/*.py") if _is_reader(path)} <= named


def _functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)]


def _decoding(path: Path) -> list[str]:
    return [node.name for node in _functions(path) if node.name.startswith("decode")]


def _is_reader(path: Path) -> bool:
    return any(node.name in ("read", "load") or node.name.startswith("read_") for node in _functions(path))


def _called_by_seeds(wanted: set[tuple[str, str]]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_name.startswith("decode") and code.co_filename.endswith("codec.py"):
            found.add((Path(code.co_filename).parent.name, code.co_name))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        for name, entry in all_entries().items():
            if name.startswith(("talk-", "decode-")):
                for seed in entry.seeds():
                    entry.feed(seed)
    finally:
        sys.setprofile(before)
    return found & wanted
