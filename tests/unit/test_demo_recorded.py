"""A recorded device answers a new conversation as it answered the recorded one."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from assetctl.demo import devices
from assetctl.demo.recorded import from_capture, greeting_of
from assetctl.model import Claim, Outcome
from assetctl.talk import Ask, Reply
from tests.contracts.captures import Capture, all_captures

PLANT = tomllib.loads((Path(devices.__file__).parent / "plant.toml").read_text("utf-8"))
USED = {(name, capture) for device in PLANT["device"] for name, capture in device.get("recorded", {}).items()}
CAPTURES = [one for one in all_captures() if (one.protocol.name, one.path.stem) in USED]


def claims_of(capture: Capture, *, seed: int, host: str) -> frozenset[Claim]:
    """What the probe says of the recorded device when it starts from other numbers and finds it elsewhere."""
    respond = from_capture(capture.protocol, capture.path.stem)
    talk = capture.protocol.probe(replace(capture.context, seed=seed, host=host))
    reply: Reply | None = None
    while True:
        try:
            step = next(talk) if reply is None else talk.send(reply)
        except StopIteration as end:
            return frozenset(end.value)
        reply = Reply(Outcome.ANSWERED)
        if isinstance(step, Ask) and not step.payload:
            reply = Reply(Outcome.ANSWERED, (greeting_of(capture.protocol, capture.path.stem),))
        elif isinstance(step, Ask):
            said = respond(step.payload)
            assert said is not None
            reply = Reply(Outcome.ANSWERED, said.answers) if said.answers else Reply(Outcome.SILENT)


def test_the_plant_has_recorded_devices() -> None:
    assert len(CAPTURES) == len(USED) > 0


@pytest.mark.parametrize("capture", CAPTURES, ids=str)
def test_a_recorded_device_answers_whatever_number_a_question_has_and_wherever_it_stands(capture: Capture) -> None:
    claims = claims_of(capture, seed=0x4321, host="127.20.9.1")
    assert claims
    assert claims <= capture.claims


@pytest.mark.parametrize("capture", CAPTURES, ids=str)
def test_what_is_no_question_of_its_protocol_is_rubbish_to_it(capture: Capture) -> None:
    assert from_capture(capture.protocol, capture.path.stem)(b"\x00" * 12) is None
