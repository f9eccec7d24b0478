"""The conversation with a Moxa serial server: search, name, details.

The model is not told in words. The factory name of a server is model and serial number, such as NP5110A_1234: where it
stands unchanged, with the serial number that the device tells, the model is read out of it.
"""

import re
from collections.abc import Callable, Generator
from functools import partial
from typing import TypeVar

from assetctl.model import Claim, Outcome, SubjectKind, Transport, Value
from assetctl.protocol import Context
from assetctl.protocols.moxa import codec
from assetctl.talk import Ask, Open, Reply, Talk, answer_to

_T = TypeVar("_T")

_FACTORY_NAME = re.compile(r"NP([0-9]{4}[0-9A-Z-]{0,12})_([0-9]{1,5})")


def probe(context: Context) -> Talk:
    """Identify one serial server."""
    reply = yield Open(Transport.UDP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    device = yield from _asked(context, codec.encode_search(), codec.decode_search)
    if device is None:
        return ()
    product, model_code, mac = device.product, device.model_code, device.mac
    question = codec.encode_read_name(product=product, model_code=model_code, mac=mac)
    name = yield from _asked(context, question, codec.decode_name)
    details = None
    if name is not None:
        question = codec.encode_read_details(product=product, model_code=model_code, mac=mac)
        details = yield from _asked(context, question, codec.decode_details)
    return (*_device(device, context.port), *_told(name or "", details))


def _asked(context: Context, question: bytes, decode: Callable[[bytes], _T]) -> Generator[Ask, Reply, _T | None]:
    """What the question brought; None where nothing came that can be read."""
    accepts = partial(codec.is_answer, question=question)
    ask = Ask(question, codec.FRAMING, wait_s=context.answer_s, accepts=accepts)
    return (yield from answer_to(ask, decode))


def _device(found: codec.Device, port: int) -> tuple[Claim, ...]:
    service = SubjectKind.SERVICE, f"udp/{port}"
    mac = found.mac.hex(":").upper()
    interface = SubjectKind.INTERFACE, mac
    claims = (
        Claim("service_name", "moxa-search", *service),
        Claim("service_source", "probed", *service),
        Claim("manufacturer", "Moxa"),
        Claim("moxa_model_code", f"{found.model_code:04X}"),
    )
    if not any(found.mac):
        return claims
    return (*claims, Claim("mac_address", mac, *interface), Claim("ip_address", found.ip, *interface))


def _told(name: str, details: codec.Details | None) -> tuple[Claim, ...]:
    serial = str(details.serial) if details and details.serial else ""
    told: dict[str, Value] = {
        "hostname": name,
        "serial_number": serial,
        "firmware_software_version": details.firmware if details else "",
    }
    claims = tuple(Claim(key, value) for key, value in told.items() if value)
    factory = _FACTORY_NAME.fullmatch(name)
    if factory and serial and int(factory[2]) == int(serial):
        return (*claims, Claim("model", f"NPort {factory[1]}", confidence=80))
    return claims
