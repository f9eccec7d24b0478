"""GLPI inventory format: one JSON document for each device, as an agent sends it.

GLPI knows computers, phones, printers and network equipment. Whatever else has a network port, a controller among it,
travels as network equipment; its parts are components of it. Times and findings have no place in the format.
Source: inventory.schema.json of https://github.com/glpi-project/inventory_format
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from assetctl.exchange.out_json import document, known
from assetctl.exchange.outgoing import Device, Outgoing, Port, is_mac, real

_COMPUTERS = frozenset({"server", "workstation"})
_KINDS = {"printer": ("Printer", "Printer"), "phone": ("Phone", "Phone")}
_NETWORK = ("NetworkEquipment", "Networking")
_STATUS = {True: 1, False: 2}


def files(outgoing: Outgoing, _guard: Callable[[str], str] = str) -> Iterator[tuple[str, str]]:
    """A file for each device that is no part of another, named by its id. JSON needs no guard."""
    for number, device in enumerate(outgoing.wholes, 1):
        yield f"{number:05}-{_file_name(device.id)}.json", document(inventory(outgoing, device))


def inventory(outgoing: Outgoing, device: Device) -> dict[str, Any]:
    """The document of one device."""
    is_computer = device.role in _COMPUTERS
    kind, _ = _KINDS.get(device.role, _NETWORK)
    content = _computer(device) if is_computer else _equipment(outgoing, device)
    return {
        "action": "inventory" if is_computer else "netinventory",
        "deviceid": f"assetctl-{device.id}",
        "itemtype": "Computer" if is_computer else kind,
        "content": {"versionclient": f"assetctl_v{outgoing.version}"} | content,
    }


def _equipment(outgoing: Outgoing, device: Device) -> dict[str, Any]:
    macs = [one for one in device.macs if is_mac(one)]
    return known(
        network_device=known(
            type=_KINDS.get(device.role, _NETWORK)[1],
            name=device.name,
            manufacturer=device.maker,
            model=device.product,
            serial=device.serial,
            firmware=device.firmware,
            location=device.location,
            description=device.description,
            mac=macs[0] if macs else "",
            ips=[str(one) for one in real(device.addresses)],
        ),
        network_ports=[_port(port, number) for number, port in enumerate(device.ports, 1)],
        network_components=_components(outgoing.parts(device)),
    )


def _port(port: Port, number: int) -> Mapping[str, Any]:
    return known(
        ifnumber=port.index if port.index is not None else number,
        ifname=port.name or port.key,
        ifdescr=port.description,
        iftype=port.type,
        ifspeed=port.speed_bps,
        ifstatus=_STATUS.get(port.up) if port.up is not None else None,
        mac=port.mac if is_mac(port.mac) else "",
        ips=[str(one) for one in real(port.addresses)],
    )


def _components(parts: tuple[Device, ...]) -> list[Mapping[str, Any]]:
    """The parts by number; 0 is the device itself."""
    numbers = {part.id: number for number, part in enumerate(parts, 1)}
    return [
        known(
            index=numbers[part.id],
            name=part.name,
            manufacturer=part.maker,
            model=part.product,
            serial=part.serial,
            firmware=part.firmware,
            description=part.description,
            type=part.role,
        )
        | {"contained_index": numbers.get(part.parent, 0)}
        for part in parts
    ]


def _computer(device: Device) -> dict[str, Any]:
    return known(
        hardware=known(name=device.name, description=device.description),
        bios=known(
            ssn=device.serial,
            smanufacturer=device.maker,
            smodel=device.product,
            assettag=device.asset_number,
            bversion=device.firmware,
        ),
        operatingsystem=known(full_name=device.os, version=device.os_version),
        networks=[_network(port, address) for port in device.ports for address in _addresses(port)],
        softwares=[known(name=name, version=version) for name, version in device.software],
    )


def _addresses(port: Port) -> list[tuple[str, str]]:
    found = [("ipaddress" if one.version == 4 else "ipaddress6", str(one)) for one in real(port.addresses)]
    return found or [("", "")]


def _network(port: Port, address: tuple[str, str]) -> Mapping[str, Any]:
    """One address of an interface. The format demands a state: what answered from its address is up."""
    member, ip = address
    is_up = port.up if port.up is not None else bool(ip)
    made = known(
        description=port.name or port.key,
        mac=port.mac if is_mac(port.mac) else "",
        ipmask=port.netmask if member == "ipaddress" else "",
        status="up" if is_up else "down",
    )
    return made | {member: ip} if member else made


def _file_name(id: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "_" for letter in id)[:80]
