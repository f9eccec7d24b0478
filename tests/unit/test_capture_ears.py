"""The law of ears: whatever passes by, an ear says yes, no, or that it cannot be read."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetctl.errors import WireError
from assetctl.exchange.capture.ears import Ear, Mode, ears
from tests.contracts.captures import all_captures

EARS = tuple({ear.protocol.name: ear for found in ears().values() for ear in found}.values())
UNITS: dict[str, list[bytes]] = {}
for _capture in all_captures():
    for _, _sent, _reply in _capture.recording:
        UNITS.setdefault(_capture.protocol.name, []).extend(unit for unit in (_sent, *_reply.frames) if unit)


def _hear(ear: Ear, question: bytes, answer: bytes) -> None:
    """All that is asked of an ear before a probe is driven."""
    if ear.opened:
        pair = ear.opened(question), ear.opened(answer)
        if pair[0] is None or pair[1] is None:
            return
        (question, _), (answer, _) = pair
    if ear.origin:
        ear.origin(answer)
    ear.is_answer(answer)
    ear.continues(answer)
    belongs = ear.mode is not Mode.UNITS
    with suppress(WireError, IndexError):
        belongs |= ear.belongs(question, answer)
    for sent, is_kept in ((question, ear.wants(question) and belongs), (b"", ear.alone(answer))):
        if is_kept:
            kept, received = ear.kept(sent, (answer,))
            with suppress(WireError):
                hash(ear.key(kept, received) if received else None)


@pytest.mark.parametrize("ear", EARS, ids=lambda ear: ear.protocol.name)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_arbitrary_and_mangled_units_are_heard_without_a_fault(ear: Ear, data: st.DataObject) -> None:
    known = st.sampled_from(UNITS.get(ear.protocol.name, [b"\0"]))
    units = []
    for _ in range(2):
        unit = bytearray(data.draw(known | st.binary(max_size=64)))
        for at in data.draw(st.lists(st.integers(0, max(len(unit) - 1, 0)), max_size=3)):
            unit[at : at + 1] = data.draw(st.binary(max_size=2))
        units.append(bytes(unit[: data.draw(st.integers(0, len(unit)))]))
    _hear(ear, *units)
