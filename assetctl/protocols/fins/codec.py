"""Omron FINS frames: bytes to values and back, for the two questions that describe a controller.

Source: Omron W342 (SYSMAC CS/CJ/CP/NSJ Communications Commands), 3-4 (addresses), 5-1-2 and 5-1-3 (commands and end
codes), 5-3-15 (CPU unit data read 0501), 5-3-17 (CPU unit status read 0601); W304, 6-6-10 and 6-6-11, for
C200HX/HG/HE and CQM1H, where both are called controller data and controller status read.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Reader, decode_text

LOCAL = 0  # as destination: the node that receives the frame
HIGHEST_NODE = 254

_RESPONSE = 0x40
_DATA_READ, _STATUS_READ = b"\x05\x01", b"\x06\x01"
_TEXT = 20
_RUNNING, _STANDBY = 0x01, 0x80  # bits 1 and 2: flash memory and battery; 3 to 6: undefined, to be masked
_MODES = {0: "program", 2: "monitor", 4: "run"}


@dataclass(frozen=True, slots=True)
class Refused:
    """The controller understood and said no. code: main and sub code, without the flags in them."""

    node: int
    code: int


@dataclass(frozen=True, slots=True)
class ControllerData:
    """node: of the controller, 0 where it does not tell. Texts are empty where the answer is too short for them."""

    node: int
    model: str
    version: str


@dataclass(frozen=True, slots=True)
class ControllerStatus:
    """status: run, stop or standby. mode: program, monitor or run; "" for a value that the manual does not define."""

    status: str
    mode: str


def encode_data_read(*, source: int, sid: int, destination: int = LOCAL) -> bytes:
    """Model and version of the controller. source: 1 to 254. sid: 0 to 255. destination: 0, or 1 to 254."""
    return _header(source, sid, destination) + _DATA_READ + b"\x00"


def encode_status_read(*, source: int, sid: int, destination: int = LOCAL) -> bytes:
    """Operating state of the controller; arguments as above."""
    return _header(source, sid, destination) + _STATUS_READ


def _header(source: int, sid: int, destination: int) -> bytes:
    # ICF: command, response wanted; reserved; 2 gateways; local network; node; CPU unit; the same of the source
    return bytes((0x80, 0, 2, 0, destination, 0, 0, source, 0, sid))


def is_answer(frame: bytes, *, sid: int) -> bool:
    """Whether a frame is a response with the service id of our question."""
    return len(frame) >= 10 and bool(frame[0] & _RESPONSE) and frame[9] == sid


def decode_data(frame: bytes, *, sid: int) -> ControllerData | Refused:
    """Read the answer to controller data read. Raises WireError when it is another answer or broken."""
    r = Reader(frame)
    node = _answered(r, sid, _DATA_READ)
    if code := _end_code(r):
        return Refused(node, code)
    return ControllerData(node, _whole_text(r), _whole_text(r))


def decode_status(frame: bytes, *, sid: int) -> ControllerStatus | Refused:
    """Read the answer to controller status read."""
    r = Reader(frame)
    node = _answered(r, sid, _STATUS_READ)
    if code := _end_code(r):
        return Refused(node, code)
    status, mode = r.u8("status"), r.u8("mode")
    told = "standby" if status & _STANDBY else "run" if status & _RUNNING else "stop"
    return ControllerStatus(told, _MODES.get(mode, ""))


def _answered(r: Reader, sid: int, command: bytes) -> int:
    """The node that answers."""
    if not r.u8("ICF") & _RESPONSE:
        raise WireError("ICF: a response expected")
    r.take(6, "gateway count and addresses")
    node = r.u8("source node")
    r.take(1, "source unit")
    r.expect(bytes((sid,)), "service id")
    r.expect(command, "command")
    return node


def _end_code(r: Reader) -> int:
    """0 for normal completion; the sub code's two highest bits tell of errors of the controller, not of the answer."""
    return r.u16("end code") & 0xFF3F


def _whole_text(r: Reader) -> str:
    """A text of 20 bytes; of a shorter rest only what padding shows to be whole."""
    raw = r.take(min(_TEXT, r.left()), "text")
    is_whole = len(raw) == _TEXT or raw[-1:] in (b"\0", b" ")
    return decode_text(raw.split(b"\0", 1)[0]) if is_whole else ""
