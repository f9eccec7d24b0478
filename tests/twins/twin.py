"""What every twin has: an address, services, the truth about itself, a limit with its source, and what harmed it."""

from collections.abc import Mapping
from typing import ClassVar

from assetctl.wire import Framing

Answers = tuple[bytes, ...]


class Twin:
    """One device. host: its last octet in `network`.

    tcp: port to the framing of what is asked there. udp: ports. limit: what harms it, for the table. source: where that
    limit is told. truth: what an asker can learn of its identity, by fact key. named: settings that a plant's engineer
    would write because the device is known to be there. declared: facts that stand in the register. trips: whether
    careful asking ends early at it.
    """

    network: ClassVar[str] = "198.18.77"
    host: ClassVar[int]
    limit: ClassVar[str]
    source: ClassVar[str]
    tcp: ClassVar[Mapping[int, Framing]] = {}
    udp: ClassVar[tuple[int, ...]] = ()
    truth: ClassVar[Mapping[str, str]] = {}
    named: ClassVar[str] = ""
    declared: ClassVar[tuple[str, ...]] = ()
    trips: ClassVar[bool] = False
    others: ClassVar[tuple[str, ...]] = ()  # further addresses of its own

    def __init__(self) -> None:
        self.harms: list[str] = []

    @classmethod
    def address(cls) -> str:
        return f"{cls.network}.{cls.host}"

    @classmethod
    def title(cls) -> str:
        """The first line of its description, without the full stop."""
        return (cls.__doc__ or "").strip().splitlines()[0].rstrip(".")

    @property
    def state(self) -> str:
        return f"harmed: {self.harms[0]}" if self.harms else "healthy"

    def harm(self, why: str) -> None:
        self.harms.append(why)

    def opened(self, port: int, now_s: float) -> None:
        """A TCP connection was made to one of its ports."""

    def closed(self, port: int, units: int, now_s: float) -> None:
        """A connection has ended, in whatever way, after so many whole units."""

    def waited(self, port: int, now_s: float) -> None:
        """Called about twice a second while a connection is open."""

    def delay_s(self) -> float:
        """How long it takes for its next answer."""
        return 0.0

    async def answer(self, port: int, frame: bytes, now_s: float) -> Answers:
        """What it says to one whole unit."""
        raise NotImplementedError

    def answering_address(self) -> str:
        """From where its datagrams leave."""
        return self.address()
