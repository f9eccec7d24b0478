"""What single rows of Zeek logs say, and who says it.

Who said it, the direction tells: the server of a connection, or the side that is_orig names. Where neither tells it,
the row is left out and counted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from assetctl.exchange.capture.hosts import is_of_a_plant
from assetctl.exchange.flow_rows import address
from assetctl.exchange.zeek_rows import Row
from assetctl.model import Claim, IPAddress, PortState, SubjectKind, Transport, Value

CONFIDENCE, NAME_CONFIDENCE, REGISTRY_CONFIDENCE = 85, 60, 70
_NO_NAMES = ("Unknown", "unknown", "Reserved")

Said = tuple[IPAddress | None, str, Iterable[Claim]]
"""Who, the address of the link or "", and what."""


def service(row: Row, transport: Transport, told: Mapping[str, Value]) -> Iterator[Claim]:
    """That the server's port is open, and what is known of its service."""
    key = f"{transport}/{int(row['id.resp_p'])}"
    yield Claim("port_state", PortState.OPEN, SubjectKind.SERVICE, key)
    for name, value in told.items():
        if value not in ("", ()):
            yield Claim(name, value, SubjectKind.SERVICE, key, confidence=CONFIDENCE)


def claims(told: Mapping[str, Value], confidence: int = CONFIDENCE) -> Iterator[Claim]:
    """Facts of the device, without what is blank."""
    return (Claim(key, value, confidence=confidence) for key, value in told.items() if value not in ("", ()))


def of_a_plant(row: Row, told: Mapping[str, Value]) -> Iterator[Said]:
    """A server of private address; those of the rest of the world are in nobody's inventory."""
    ip = address(row["id.resp_h"])
    if is_of_a_plant(ip):
        yield ip, "", service(row, Transport.TCP, told)


def answers(
    name: str, has_answer: Callable[[Row], bool], transport: Transport = Transport.TCP
) -> Callable[[Row], Iterator[Said]]:
    """A server that answered in a protocol, of which the log tells no more."""

    def read(row: Row) -> Iterator[Said]:
        if has_answer(row):
            told = {"service_name": name, "service_source": "probed"}
            yield address(row["id.resp_h"]), "", service(row, transport, told)

    return read


def speaker(row: Row, port: int) -> IPAddress:
    """Who sent a message. Raises ValueError where the row does not tell."""
    if row["source_h"]:
        return address(row["source_h"])
    if row["is_orig"] in ("T", "F"):
        return address(row["id.orig_h"] if row["is_orig"] == "T" else row["id.resp_h"])
    ends = {side: row[f"id.{side}_p"] == str(port) for side in ("orig", "resp")}
    if ends["orig"] == ends["resp"]:
        raise ValueError("which side said it is not told; a newer version of the parser logs is_orig")
    return address(row["id.orig_h"] if ends["orig"] else row["id.resp_h"])


def is_answer(row: Row) -> bool:
    """Whether a row is the server's word."""
    return row["is_orig"] == "F"


def named(text: str) -> str:
    """A maker's name, "" where the parser knows none for the number."""
    return "" if text.startswith(_NO_NAMES) else text
