"""Reads all kept evidence again with today's decoders, without a packet.

A recorded talk is replayed: the same probe, started with the same context, gets the recorded answers. An imported
file is read again from its stored bytes.

Evidence that was asked for with an older question does not hold what today's probe wants to know. What was read of it
then is kept wherever today's reading would lose some of it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from assetctl.errors import WireError
from assetctl.model import Exchange, Observation
from assetctl.protocol import Protocol
from assetctl.talk import Recorded, Replayed, Reply, replay
from assetctl.work import contexts, finder
from assetctl.work.port_states import port_claims


@dataclass(frozen=True, slots=True)
class Reread:
    """One observation read again.

    changed: the claims differ from the stored ones. missing: questions not recorded. kept: for their sake the reading
    is the stored one. fault: why it could not be read again; then too the reading is the stored one.
    """

    observation: Observation
    changed: bool
    missing: int
    fault: str = ""
    kept: bool = False


Importers = Mapping[str, Callable[[Observation], Observation]]


def reread(
    observations: Iterable[Observation], protocols: Mapping[str, Protocol], *, importers: Importers | None = None
) -> Iterator[Reread]:
    """Each observation with the claims that today's readers make of its evidence.

    importers: reads one stored record of an imported format again, by source name.
    """
    for observation in observations:
        if observation.source == "probe":
            yield _replayed(observation, protocols)
        elif importers and observation.source in importers:
            again = importers[observation.source](observation)
            yield Reread(again, set(again.claims) != set(observation.claims), 0)
        else:
            yield Reread(observation, False, 0, f"no reader for {observation.source}")


def _replayed(observation: Observation, protocols: Mapping[str, Protocol]) -> Reread:
    name = observation.reader.split("/")[0]
    protocol = protocols.get(name)
    if protocol is None and observation.reader.split("/")[0] != finder.READER.split("/")[0]:
        return Reread(observation, False, 0, f"no protocol {name}")
    replayed = Replayed((), (), 0)
    if protocol is not None and observation.exchanges:
        try:
            replayed = replay(protocol.probe(contexts.read(observation.options)), map(_recorded, observation.exchanges))
        except WireError as error:
            return Reread(observation, False, 0, str(error))  # what was read before stays until it can be read again
        except Exception as error:  # noqa: BLE001  a decoder's bug costs this reading alone
            return Reread(observation, False, 0, f"{type(error).__name__}: {error}")
    claims = replayed.claims + port_claims(observation.exchanges)
    if _asked_otherwise(observation, replayed) and set(observation.claims) - set(claims):
        return Reread(observation, False, replayed.missing, kept=True)
    reader = protocol.reader if protocol else finder.READER
    again = replace(observation, claims=claims, reader=reader)
    return Reread(again, set(claims) != set(observation.claims), replayed.missing)


def _asked_otherwise(observation: Observation, replayed: Replayed) -> bool:
    """Whether the evidence belongs to other questions than today's.

    A question that the gate denied is not recorded, and the talk ended there, as the observation's detail says; that
    the replay misses it shows no change while all that was recorded is asked again.
    """
    return replayed.missing > 0 and (replayed.unused > 0 or not observation.detail)


def _recorded(exchange: Exchange) -> Recorded:
    return exchange.request, exchange.sent, Reply(exchange.outcome, exchange.received, exchange.detail)
