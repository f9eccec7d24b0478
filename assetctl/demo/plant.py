"""The demo plant in motion: every device served from one thread of its own, everything that reaches it noted.

A TCP service cuts its stream into units by the protocol's own framing; whatever is no unit ends the connection. Their
FIN is noted before ours is sent, so that a device counts connections as its asker does.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socket import socket
from typing import Any

from assetctl.demo.devices import NETWORK, Device, Service, load
from assetctl.demo.loopback import PortTaken, bound
from assetctl.demo.received import Connection, Ending, Received, Unit
from assetctl.errors import EnvironmentFault, WireError
from assetctl.model import Transport
from assetctl.wire import cut

START_S, STOP_S = 10.0, 10.0
CHUNK = 65536
NETWORKS = tuple(f"127.{octet}." for octet in range(20, 30))


@dataclass
class Plant:
    """Devices and what reached each of them, by name. network: first two octets of all addresses, and their dots."""

    network: str
    devices: tuple[Device, ...]
    received: Mapping[str, Received]
    _sockets: list[tuple[Device, str, Service, socket]] = field(default_factory=list)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _ready: threading.Event = field(default_factory=threading.Event)
    _end: "asyncio.Event | None" = None
    _loop: "asyncio.AbstractEventLoop | None" = None

    @property
    def harmed(self) -> tuple[str, ...]:
        """Devices that were asked more than they bear, with what did it."""
        return tuple(
            f"{name}: {one.fragility.harms[0]}"
            for name, one in self.received.items()
            if one.fragility and one.fragility.harms
        )

    @property
    def addresses(self) -> Mapping[str, str]:
        """Name of the device at each address."""
        return {address: device.name for device in self.devices for address in device.addresses}

    def bind(self) -> None:
        """Take all ports. Raises EnvironmentFault in one line when that cannot be, and then holds none."""
        try:
            for device in self.devices:
                for address in device.addresses:
                    for service in device.services:
                        made = bound(address, service.transport, service.port)
                        self._sockets.append((device, address, service, made))
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Give all ports back."""
        while self._sockets:
            self._sockets.pop()[3].close()

    def run(self) -> None:
        """Serve until `stop`. To be called in a thread of its own."""
        asyncio.run(self._serve())

    def stop(self) -> None:
        """End serving, from any thread."""
        if self._loop is not None and self._end is not None:
            with suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._end.set)

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        for device, address, service, made in self._sockets:
            serve = self._accept if service.transport is Transport.TCP else self._datagrams
            self._begin(serve(device, address, service, made))
        self._ready.set()
        await self._end.wait()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, device: Device, address: str, service: Service, made: socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            peer, _ = await loop.sock_accept(made)
            peer.setblocking(False)
            self._begin(self._talk(device, address, service, peer))

    async def _talk(self, device: Device, address: str, service: Service, peer: socket) -> None:
        received = self.received[device.name]
        connection = received.opened(address, service.port, asyncio.get_running_loop().time())
        try:
            await asyncio.get_running_loop().sock_sendall(peer, service.greeting)
            await self._converse(device, address, service, peer)
            connection.ending = Ending.FIN
        except OSError:
            connection.ending = Ending.RESET
        finally:
            _closed(connection)
            peer.close()

    async def _converse(self, device: Device, address: str, service: Service, peer: socket) -> None:
        """Take units and answer them until the asker ends the stream, or sends what is no unit."""
        loop = asyncio.get_running_loop()
        received, buffer = self.received[device.name], b""
        while chunk := await loop.sock_recv(peer, CHUNK):
            buffer += chunk
            while (whole := _first(service, buffer, received)) is not None:
                frame, buffer = whole
                for answer in await self._answers(device, address, service, frame):
                    await loop.sock_sendall(peer, answer)

    async def _datagrams(self, device: Device, address: str, service: Service, made: socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            frame, asker = await loop.sock_recvfrom(made, CHUNK)
            for answer in await self._answers(device, address, service, frame):
                with suppress(OSError):  # the asker is gone
                    await loop.sock_sendto(made, answer, asker)

    async def _answers(self, device: Device, address: str, service: Service, frame: bytes) -> tuple[bytes, ...]:
        """Note a frame and have it answered. A harmed device never answers again."""
        received = self.received[device.name]
        said = service.responder(frame)
        if said is None:
            received.rubbish += 1
            return ()
        at_s = asyncio.get_running_loop().time()
        received.heard(Unit(address, service.transport, service.port, said.unit, at_s))
        if device.delay_s:
            await asyncio.sleep(device.delay_s)
        return () if received.is_harmed else said.answers


def make(network: str = NETWORK) -> Plant:
    """The plant of plant.toml, not yet bound."""
    devices = load(network)
    return Plant(network, devices, {device.name: Received(device.name, device.fragility()) for device in devices})


def bound_in(networks: Sequence[str] = NETWORKS) -> Plant:
    """The plant with its ports, in the first of these networks that no other demo uses.

    Raises EnvironmentFault in one line when there is none, or when this system has no such addresses.
    """
    for network in networks:
        plant = make(network)
        try:
            plant.bind()
        except PortTaken:
            continue
        return plant
    raise EnvironmentFault(f"the ports of all {len(networks)} demo networks are taken; end another demo first")


@contextmanager
def running(networks: Sequence[str] = NETWORKS) -> Iterator[Plant]:
    """The plant while it serves. Raises EnvironmentFault when its ports cannot be had."""
    plant = bound_in(networks)
    thread = threading.Thread(target=plant.run, name="demo plant", daemon=True)
    thread.start()
    try:
        if not plant._ready.wait(START_S):
            raise EnvironmentFault(f"the demo plant did not start within {START_S:.0f} s")
        yield plant
    finally:
        plant.stop()
        thread.join(STOP_S)
        plant.release()


def _first(service: Service, buffer: bytes, received: Received) -> tuple[bytes, bytes] | None:
    """The first whole unit of a stream. What can never become one is noted and given up."""
    try:
        return cut(service.framing, buffer)
    except WireError:
        received.rubbish += 1
        raise ConnectionError("no unit of this protocol") from None


def _closed(connection: Connection) -> None:
    """A connection that was cut by the end of the plant is over too."""
    if connection.ending is Ending.OPEN:
        connection.ending = Ending.RESET
