"""What the logs of further ICSNPP parsers say: HART-IP, FINS, SRTP, synchrophasors, Genisys, C12.22, objects of DNP3.

FINS and HART-IP tell who the device is; the others tell of the process, and so no more than who speaks the protocol.
Names that a parser made up for numbers of the standard are not taken for the maker's words.
Sources: the scripts and baselines of cisagov/icsnpp-hart-ip, -synchrophasor, -genisys and -dnp3, of
piercema/icsnpp-omron-fins and of parsitects/icsnpp-ge-srtp and -c1222.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from assetctl.exchange.flow_rows import address
from assetctl.exchange.zeek_rows import Row
from assetctl.exchange.zeek_said import Said, claims, service
from assetctl.model import Claim, Transport, Value
from assetctl.protocols.fins.probe import maker_of

_HART_PORTS = ("5094", "5095")
_HART = "read_unique_identifier_response_"
_HARDWARE = f"{_HART}hardware_revision_level_and_physical_signaling_codes_hardware_revision_level"
_NO_REVISION = 254  # from it on a revision stands for none
_PART = "hart/"


def own_hart(told: Iterable[Claim]) -> list[Claim]:
    """Claims about HART devices. One that alone answered is the device itself; several stand behind it, unnamed."""
    found = list(told)
    parts = {claim.part for claim in found if claim.part.startswith(_PART)}
    if len(parts) == 1:
        return [replace(claim, part="") if claim.part in parts else claim for claim in found]
    return [claim for claim in found if claim.part not in parts]


def _hart(row: Row) -> Iterator[Said]:
    """An answer comes from one of the protocol's ports, which some devices use by turns."""
    serves = [side for side in ("resp", "orig") if row[f"id.{side}_p"] in _HART_PORTS]
    if not serves or not row[f"{_HART}device_id"]:
        return
    number, software = int(row[f"{_HART}device_id"]), int(row[f"{_HART}software_revision_level"] or _NO_REVISION)
    told: dict[str, Value] = {
        "hart_device_id": f"{number:06X}",
        "hart_revision": _number(row, "hart_protocol_major_revision"),
        "hart_device_revision": _number(row, "device_revision_level"),
        "firmware_software_version": str(software) if software < _NO_REVISION else "",
        "hardware_version": row[_HARDWARE],
    }
    spoken = service(row, _transport(row), _SPOKEN["hart-ip"]) if serves[0] == "resp" else ()
    identity = [replace(claim, part=f"{_PART}{number:06X}") for claim in claims(told)]
    yield address(row[f"id.{serves[0]}_h"]), "", (*spoken, *identity)


def _number(row: Row, name: str) -> Value:
    text = row[f"{_HART}{name}"]
    return int(text) if text else ""


def _fins_data(row: Row) -> Iterator[Said]:
    """Model and version that a controller told."""
    if not row["icf_data_type"].startswith("Response"):
        return
    model, version = (row[f"controller_{what}"].strip(" \0") for what in ("model", "version"))
    told: dict[str, Value] = {"manufacturer": maker_of(model), "model": model, "firmware_software_version": version}
    yield address(row["id.resp_h"]), "", claims(told)


def _transport(row: Row) -> Transport:
    """Of the connection, as the log tells it."""
    return Transport.TCP if row["proto"].lower() == "tcp" else Transport.UDP


_SPOKEN: Mapping[str, Mapping[str, Value]] = {
    name: {"service_name": name, "service_source": "probed"}
    for name in ("hart-ip", "fins", "srtp", "synchrophasor", "genisys", "c12.22", "dnp3")
}


def _answers(
    name: str, has_answer: Callable[[Row], bool], of: Transport | None = None
) -> Callable[[Row], Iterator[Said]]:
    """The responder of a connection, where a row is its answer. of: the transport of logs that do not tell it."""

    def read(row: Row) -> Iterator[Said]:
        if has_answer(row):
            yield address(row["id.resp_h"]), "", service(row, of or _transport(row), _SPOKEN[name])

    return read


PROCESS: Mapping[str, Callable[[Row], Iterator[Said]]] = {
    "c1222_identification_service": _answers("c12.22", lambda row: row["req_resp"] == "Resp"),
    "dnp3_objects": _answers("dnp3", lambda row: row["function_code"] == "RESPONSE", Transport.TCP),
    "ge_srtp_general": _answers("srtp", lambda row: bool(row["status_code"]), Transport.TCP),
    "genisys": _answers("genisys", lambda row: row["direction"] == "response"),
    "hart_ip_universal_commands": _hart,
    "omron_fins_detail": _fins_data,
    "omron_fins_general": _answers("fins", lambda row: row["icf_data_type"].startswith("Response")),
    "synchrophasor_cfg": _answers("synchrophasor", lambda row: row["frame_type"].startswith("CFG")),
}
"""Readers by the name of the log."""
