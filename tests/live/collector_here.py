"""A collector and its centre in one process: a PLC that refuses its one question, a clock that the test moves."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assetctl.approval import draft
from assetctl.plan import Plan
from assetctl.settings import load_settings
from assetctl.signing import make_key
from assetctl.store.collectors import Centre, Site
from assetctl.store.repo import Store, open_store
from assetctl.work.collecting import Collector
from assetctl.work.collecting_job import Term, sealed
from assetctl.work.keybook import enrolled_keys, key_book
from assetctl.work.order import Order, Place, plan_for
from assetctl.work.ordering import Wish, order_of
from assetctl.work.signing import Signer

PLC = "127.85.1.1"
WISH = Wish("plant", (PLC,), only=("modbus",))
SETTINGS = """
schema = 1
[project]
site = "North works"
timezone = "{zone}"
[[networks]]
range = "127.85.1.0/28"
kind = "ot"
[targets]
include = ["127.85.1.1"]
[probes]
only = ["modbus"]
[ports]
modbus = [{port}]
[files]
keys = "keys.yaml"
[collector]
site = "north"
centre = "{url}"
centre_key = "{centre}"
key = "own"
approval = "approval.toml"
{more}
"""


@dataclass
class Moved:
    """The time of a machine: it passes by `tick` with every look, and the test sets it right or wrong by `off`."""

    true: datetime
    tick: timedelta = timedelta()
    off: timedelta = timedelta()

    def __call__(self) -> datetime:
        self.true += self.tick
        return self.true + self.off


@dataclass
class Device:
    """What reached the device. heard: called at each question."""

    port: int = 0
    questions: int = 0
    heard: Callable[[], None] = field(default=lambda: None)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                question = await reader.readexactly(11)
                self.questions += 1
                self.heard()
                writer.write(question[:4] + (3).to_bytes(2) + question[6:7] + bytes((0xAB, 0x01)))
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            writer.close()


@contextmanager
def device() -> Iterator[Device]:
    """The device, in a thread of its own, until the block ends."""
    held, loop, ready = Device(), asyncio.new_event_loop(), threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(held.talk, PLC, 0)
        held.port = server.sockets[0].getsockname()[1]
        ready.set()
        await over.wait()
        server.close()

    over = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield held
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.run_until_complete(_idle())
        loop.close()


async def _idle() -> None:
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@dataclass
class Connected:
    """One site and its centre. said: what the collector told people."""

    collector: Collector
    centre: Centre
    signer: Signer
    order: Order
    clock: Moved
    plc: Device
    said: list[str]

    def plan(self) -> Plan:
        return plan_for(self.order, self.collector.store, nmap=False, now=self.clock.true)

    def job(self, begins: datetime, lasts: timedelta) -> dict[str, str]:
        """A job as the centre seals it."""
        return sealed("north", "plant", self.plan(), WISH, Term(begins, begins + lasts), self.signer)


@contextmanager
def connected(
    folder: Path, url: str, clock: Moved, *, until: datetime, more: str = "", zone: str = "UTC"
) -> Iterator[Connected]:
    """The site, enrolled, with an approval that ends at `until`. more: of its settings."""
    with device() as plc:
        said: list[str] = []
        begun = clock.true
        keys = {name: make_key(folder / f"{name}.pem", "correct horse battery") for name in ("centre", "own")}
        text = SETTINGS.format(port=plc.port, url=url, centre=keys["centre"].fingerprint[:12], more=more, zone=zone)
        (folder / "assetctl.toml").write_text(text)
        settings = load_settings(folder / "assetctl.toml", cwd=folder, environ={}, user_dir=folder / "user")
        book = key_book(settings)
        for name, key in keys.items():
            book.enrol(key.public, owner=name, by="B", today=(begun - timedelta(days=2)).date())
        signers = {one.owner: (keys[one.owner], one) for one in enrolled_keys(settings)}
        order = order_of(WISH, settings, zones=(), scan="plan", environ={}, fetch=False)
        place = Place(folder / "site.ledgers", folder / "site.incidents", folder / "locks")
        centre = Centre(url)
        with open_store(f"sqlite:///{folder / 'site.db'}") as store:
            centre.prepare()
            centre.enrol(Site("north", keys["own"].fingerprint, {"plant": "north"}, begun, "B"))
            _approve(folder / "approval.toml", order, store, begun, until)
            one = Collector(settings, store, place, centre, signers["own"], (), (), {}, clock, said.append)
            try:
                yield Connected(one, centre, signers["centre"], order, clock, plc, said)
            finally:
                centre.close()


def _approve(path: Path, order: Order, store: Store, now: datetime, until: datetime) -> None:
    plan = plan_for(order, store, nmap=False, now=now)
    text = draft(plan, now=now - timedelta(days=1), until=until, realm="plant").replace("runs = 1\n", "runs = 50\n")
    path.write_text(text.replace("approved_by = []", 'approved_by = ["A. Example"]'))


def at(text: str) -> datetime:
    """A time in UTC, as people write it."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
