"""What the logs of the ICSNPP parsers say of industrial devices -> claims, in the keys and forms of a scan.

Sources: the scripts and baselines of cisagov/icsnpp-enip (cip_identity), icsnpp-bacnet (bacnet_discovery,
bacnet_property, bacnet_device_control), icsnpp-s7comm (s7comm, s7comm_plus, s7comm_known_devices), icsnpp-opcua-binary
(opcua_binary, opcua_binary_get_endpoints and its _description and _user_token, opcua_binary_create_session_endpoints),
icsnpp-modbus (modbus_detailed, modbus_read_device_identification), icsnpp-profinet-io-cm (profinet_io_cm).
Names of files with hyphens are those of older versions. ecat_* name no address on the network and are not read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from assetctl.exchange.flow_rows import address
from assetctl.exchange.zeek_rows import Row
from assetctl.exchange.zeek_said import (
    CONFIDENCE,
    REGISTRY_CONFIDENCE,
    Said,
    answers,
    claims,
    is_answer,
    named,
    service,
    speaker,
)
from assetctl.model import Claim, IPAddress, Transport, Value
from assetctl.protocols.modbus.probe import OBJECTS, PRODUCT_NAME
from assetctl.protocols.opcua.discovery import APPLICATION_TYPES, SECURITY_MODES, TOKEN_TYPES

ORDERS: Mapping[str, tuple[str, ...]] = {"opcua_user_token_types": TOKEN_TYPES}
"""Facts whose texts stand in an order of their own."""
_OWN_UNITS = (255, 0)
_POLICY_PREFIX = "http://opcfoundation.org/UA/SecurityPolicy#"
_BINARY_TRANSPORT = "/uatcp-uasc-uabinary"
_MOST_TEXT = 512


def own_unit(told: Iterable[Claim]) -> list[Claim]:
    """Claims about Modbus units, of which 255, 0, or the only one that was heard is the device itself."""
    found = list(told)
    units = {int(claim.part.removeprefix("unit/")) for claim in found if claim.part.startswith("unit/")}
    own = next((one for one in _OWN_UNITS if one in units), next(iter(units)) if len(units) == 1 else None)
    return [replace(claim, part="") if claim.part == f"unit/{own}" else claim for claim in found]


def _cip_identity(row: Row) -> Iterator[Said]:
    serial = int(row["serial_number"] or "0", 16)
    vendor = int(row["vendor_id"])
    major, _, minor = row["revision"].partition(".")
    revision = f"{int(major)}.{int(minor):0{3 if vendor == 1 else 1}d}" if minor else ""
    told: dict[str, Value] = {
        "manufacturer": named(row["vendor_name"]),
        "model": row["product_name"].strip(),
        "serial_number": f"{serial:08X}" if serial else "",
        "firmware_software_version": revision if revision.strip("0.") else "",
        "cip_vendor_id": vendor,
        "cip_device_type": int(row["device_type_id"]),
        "cip_product_code": int(row["product_code"]),
    }
    yield speaker(row, 44818), "", claims(told)


def _place(row: Row, speaks: IPAddress) -> tuple[IPAddress, str]:
    """Who sent what a management device passed on, and the part behind a router that it is about."""
    ip = address(row["fwd_ip"]) if row["fwd_ip"] else speaks
    part = f"net/{int(row['snet'])}/addr/{row['sadr'].lower()}" if row["snet"] and row["sadr"] else ""
    return ip, part


def _bacnet(row: Row, speaks: IPAddress, *told: Iterable[Claim]) -> Said:
    ip, part = _place(row, speaks)
    found = [replace(claim, part=part) for each in told for claim in each]
    if part:
        network, address_there = part.split("/")[1::2]
        where: dict[str, Value] = {"bacnet_network_number": int(network), "bacnet_mac_address": address_there.upper()}
        found += [replace(claim, part=part) for claim in claims(where)]
    return ip, "", found


_PROPERTIES = {
    "vendor-name": "manufacturer",
    "model-name": "model",
    "firmware-revision": "firmware_software_version",
    "application-software-version": "application_software_version",
    "object-name": "hostname",
    "serial-number": "serial_number",
    "description": "description",
    "location": "physical_location_address",
}


def _bacnet_property(row: Row) -> Iterator[Said]:
    prop = row["property"].replace("_", "-")
    is_answer = row["pdu_service"].replace("_", "-").endswith("ack") and row["object_type"] == "device"
    if is_answer and prop in _PROPERTIES and row["value"] and not row["array_index"]:
        instance = int(row["instance_number"])
        told: dict[str, Value] = {"bacnet_device_instance": instance, _PROPERTIES[prop]: row["value"]}
        yield _bacnet(row, speaker(row, 47808), claims(told))


def _bacnet_discovery(row: Row) -> Iterator[Said]:
    if row["pdu_service"] != "i-am" or row["object_type"] != "device":
        return
    told: dict[str, Value] = {"bacnet_device_instance": int(row["instance_number"])}
    # an I-Am nobody asked for by its address begins what Zeek takes for a connection: its sender is the originator
    who = address(row["id.orig_h"]) if _is_alone(row) else speaker(row, 47808)
    yield _bacnet(row, who, claims(told), claims({"manufacturer": named(row["vendor"])}, REGISTRY_CONFIDENCE))


def _is_alone(row: Row) -> bool:
    """Whether a row without a direction went to a broadcast address, which never answers."""
    target = address(row["id.resp_h"])
    return not row["is_orig"] and target.version == 4 and int(target) & 0xFF == 0xFF


def _s7comm(row: Row) -> Iterator[Said]:
    """The names and the serial number of component identification, as the server of the connection told them."""
    told: dict[str, Value] = {
        "application_name": row["automation_system_name"].strip(),
        "description": row["module_name"].strip(),
        "plant_identification": row["plant_name"].strip(),
        "serial_number": row["module_serial"].strip(),
    }
    yield speaker(row, 102), "", claims(told)


def _server(row: Row, told: Mapping[str, Value]) -> Iterator[Said]:
    spoken: dict[str, Value] = {"service_name": "opcua", "service_source": "probed"}
    yield address(row["id.resp_h"]), "", service(row, Transport.TCP, {**spoken, **told})


def _opcua(row: Row) -> Iterator[Said]:
    if row["msg_type"] == "ACK" or row["identifier_str"].endswith("Response"):
        yield from _server(row, {})


def _endpoints(row: Row) -> Iterator[Said]:
    """One endpoint of a server. The application of all endpoints is the server itself."""
    if not row["application_uri"]:
        return
    url = row["endpoint_uri"] or row["endpoint_url"]
    told: dict[str, Value] = {
        "opcua_application_uri": row["application_uri"][:_MOST_TEXT],
        "opcua_application_name": row["text"][:_MOST_TEXT],
        "opcua_application_type": _of(APPLICATION_TYPES, row["application_type"]),
        "opcua_product_uri": row["product_uri"][:_MOST_TEXT],
    }
    transport = row["transport_profile_uri"]
    if transport.endswith(_BINARY_TRANSPORT) or (not transport and url.startswith("opc.tcp:")):
        mode, policy = _of(SECURITY_MODES, row["message_security_mode"]), row["security_policy_uri"]
        told["opcua_security_modes"] = (mode,) if mode else ()
        told["opcua_security_policies"] = (policy.removeprefix(_POLICY_PREFIX)[:_MOST_TEXT],) if policy else ()
    yield from _server(row, told)


def _user_token(row: Row) -> Iterator[Said]:
    """One way to log in. That anonymous is not among those that were logged proves nothing."""
    if kind := _of(TOKEN_TYPES, row["user_token_type"]):
        is_open: dict[str, Value] = {"anonymous_access": True} if kind == TOKEN_TYPES[0] else {}
        yield from _server(row, {"opcua_user_token_types": (kind,), **is_open})


def _of(names: tuple[str, ...], number: str) -> str:
    """The name with a number, "" for none."""
    return names[int(number)] if number and int(number) < len(names) else number


def _identification(row: Row) -> Iterator[Said]:
    """One object of a device identification. Its unit is the device, or behind it, see `own_unit`."""
    if not is_answer(row) or not row["object_id_code"] or not (text := row["object_value"].strip(" \0")):
        return
    unit, number = int(row["unit"]), int(row["object_id_code"], 16)
    key = "model" if number == PRODUCT_NAME else OBJECTS.get(number)
    part = f"unit/{unit}"
    told = [Claim("modbus_unit_id", unit, part=part, confidence=CONFIDENCE)]
    told += [Claim(key, text, part=part, confidence=CONFIDENCE)] if key else []
    spoken = service(row, Transport.TCP, {"service_name": "modbus", "service_source": "probed"})
    yield address(row["id.resp_h"]), "", (*spoken, *told)


def _is_response(row: Row) -> bool:
    return is_answer(row) or row["function_name"].startswith("Response") or row["rosctr_name"].startswith("ACK")


def _is_servers_response(row: Row) -> bool:
    return row["packet_type"].lower() == "response" and row["source_h"] in ("", row["id.resp_h"])


INDUSTRIAL: Mapping[str, Callable[[Row], Iterator[Said]]] = {
    "bacnet_device_control": answers("bacnet", is_answer, Transport.UDP),
    "bacnet_discovery": _bacnet_discovery,
    "bacnet_property": _bacnet_property,
    "cip_identity": _cip_identity,
    "modbus_detailed": answers("modbus", lambda row: row["request_response"] == "RESPONSE" or row["matched"] == "T"),
    "modbus_read_device_identification": _identification,
    "opcua_binary": _opcua,
    "opcua_binary_create_session_endpoints": _endpoints,
    "opcua_binary_get_endpoints": _endpoints,
    "opcua_binary_get_endpoints_description": _endpoints,
    "opcua_binary_get_endpoints_user_token": _user_token,
    "profinet_io_cm": answers("profinet-cm", _is_servers_response, Transport.UDP),
    "s7comm": answers("s7", _is_response),
    "s7comm_known_devices": _s7comm,
    "s7comm_plus": answers("s7plus", is_answer),
}
"""Readers by the name of the log, hyphens as underscores."""
