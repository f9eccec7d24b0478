"""Which request an action is, by the plan and the published lists. What neither knows is refused."""

from functools import lru_cache

from assetctl.errors import Refusal
from assetctl.model import Destination, RequestClass, Segment, Transport
from assetctl.plan import NEVER_CONNECTED, NMAP, PORT_FINDER, Plan, Step
from assetctl.safety.rules import Rules
from assetctl.talk import Ask, Open

IN_MIND = 4096  # places and requests for which the answers, which never change in a run, are remembered


class Listed:
    """The plan and the published lists of one run."""

    def __init__(self, plan: Plan, rules: Rules) -> None:
        self._plan = plan
        self._rules = rules
        self._misplaced = lru_cache(IN_MIND)(self._place_fault)
        self._barred = lru_cache(IN_MIND)(self._class_fault)

    def name(self, step: Step, action: Open | Ask, opened: Open) -> str:
        """Name of the request on the published list. Raises Refusal when plan, list or class do not allow it."""
        fault = self._misplaced(step.protocol, step.address, step.port, opened.port, opened.transport)
        if fault:
            raise Refusal(fault)
        if isinstance(action, Open):
            self._check_open(step, action)
            return "connect"
        if step.protocol == PORT_FINDER:
            raise Refusal("the port finder sends no unit")
        return self._of_unit(step, action.payload)

    def goodbye(self, step: Step, opened: Open) -> str:
        """Name of the unit that ends a connection. Raises Refusal."""
        return self._rules.vets[step.protocol](opened.goodbye)

    def nmap_ports(self, address: Destination) -> tuple[int, ...]:
        """The ports that nmap may look at there, by the plan."""
        return next((row.ports for row in self._plan.rows_at(address) if row.protocol == NMAP), ())

    def _check_open(self, step: Step, action: Open) -> None:
        if action.transport is Transport.TCP and action.envelope != self._rules.envelopes.get(step.protocol, ""):
            raise Refusal(f"envelope {action.envelope or 'none'}: {step.protocol} does not travel in it")
        if action.source_port and (action.transport is not Transport.UDP or action.source_port != step.port):
            raise Refusal(f"source port {action.source_port}: only the planned port, and only for datagrams")
        if action.goodbye:
            self._of_unit(step, action.goodbye)

    def _of_unit(self, step: Step, unit: bytes) -> str:
        name = self._rules.vets[step.protocol](unit)
        if fault := self._barred(step.protocol, name, step.klass, step.depth):
            raise Refusal(fault)
        return name

    def _place_fault(
        self, protocol: str, address: Destination, port: int, opened_port: int, transport: Transport
    ) -> str:
        """Why nothing of a protocol goes there, or ""."""
        if not any(row.protocol == protocol and port in row.ports for row in self._plan.rows_at(address)):
            return f"{protocol} on port {port} is not in the plan for this address"
        is_own = opened_port in self._rules.own_ports.get(protocol, ())
        if opened_port != port or (opened_port in NEVER_CONNECTED and not is_own):
            return f"port {opened_port} is not the planned one"
        if (transport is Transport.LINK) != isinstance(address, Segment):
            return "frames for everybody go to a named segment alone, and nothing else goes there"
        return ""

    def _class_fault(self, protocol: str, request: str, allowed: RequestClass, depth: frozenset[str]) -> str:
        """Why a request may not be asked in a step of a class and with the depth questions that are named, or ""."""
        klass = self._rules.classes[protocol].get(request)
        if klass is None:
            return f"{request} is not on the published list of {protocol}"
        if klass is RequestClass.DEPTH and not depth:
            return f"{request} is depth and was not named"
        wanted = self._rules.named_by.get(protocol, {}).get(request, ())
        if wanted and depth.isdisjoint(wanted):
            return f"{request} belongs to {' or '.join(wanted)}, which was not named"
        if klass is RequestClass.STATEFUL and allowed is not RequestClass.STATEFUL:
            return f"{request} is stateful and was not consented"
        return ""
