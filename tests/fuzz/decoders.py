"""Every decoder of a protocol by itself, which is many times faster than a whole conversation.

Form of an input: one byte (which decoder), one for its numbers, one for the question it is to be the answer of, and
the unit. Decoders that want more than numbers and a question are reached by the conversations.
"""

import importlib.util
import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FunctionType, ModuleType

from assetctl.errors import WireError
from tests.contracts.captures import Capture
from tests.fuzz.entry import Entry

HEAD = 3

Decoder = Callable[[bytes, int, bytes], object]


def of(captures: list[Capture]) -> Iterator[Entry]:
    """The entry of one protocol; none where it uses the decoders of another."""
    name = f"assetctl.protocols.{captures[0].protocol.name.replace('-', '_')}.codec"
    found = decoders(name)
    if not found:
        return
    questions = sorted({unit for capture in captures for _, unit, _ in capture.recording if unit}) or [b""]
    frames = sorted({frame for capture in captures for _, _, reply in capture.recording for frame in reply.frames})
    yield Entry(
        f"decode-{captures[0].protocol.name}",
        lambda data: _feed(found, questions, data),
        lambda: [bytes((at, number, 0)) + frame for frame in frames for at in range(len(found)) for number in (0, 1)],
        (name,),
    )


def decoders(module: str) -> list[Decoder]:
    """The public functions of a codec that take a unit and nothing but numbers and a question beside it."""
    if not importlib.util.find_spec(module):
        return []
    codec = importlib.import_module(module)
    return [_called(function) for _, function in sorted(vars(codec).items()) if _is_decoder(codec, function)]


def _called(function: FunctionType) -> Decoder:
    """The function with each of its further parameters filled by its kind."""
    _, *others = inspect.signature(function).parameters.values()

    def decoder(unit: bytes, number: int, question: bytes) -> object:
        given = {bytes: question, int: number, bool: bool(number & 1)}
        return function(unit, **{parameter.name: given[parameter.annotation] for parameter in others})

    return decoder


def _is_decoder(codec: ModuleType, function: object) -> bool:
    if not inspect.isfunction(function) or function.__module__ != codec.__name__:
        return False
    if function.__name__.startswith(("_", "encode")):
        return False
    kinds = [parameter.annotation for parameter in inspect.signature(function).parameters.values()]
    return kinds[:1] == [bytes] and all(kind in (bytes, int, bool) for kind in kinds)


def _feed(found: list[Decoder], questions: list[bytes], data: bytes) -> None:
    head, unit = data[:HEAD].ljust(HEAD, b"\0"), data[HEAD:]
    with suppress(WireError):
        found[head[0] % len(found)](unit, head[1], questions[head[2] % len(questions)])
