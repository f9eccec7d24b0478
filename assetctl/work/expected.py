"""What people declared of an address in the register, which counts before any device was seen there."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address

from assetctl.model import Address, Position, Value


def expected(register: Iterable[Position], realm: str) -> Iterator[tuple[Address, Mapping[str, Value]]]:
    """Declared facts by address, of the positions in use that are tied to one."""
    for position in register:
        text = position.match.get("ip_address", "")
        if position.realm == realm and position.retired is None and text:
            yield Address(realm, ip_address(text)), position.declared
