"""The gate's lines in the ledger: what was decided for which step, and what came of it.

Lines are written as text, since a run writes one for each unit and each answer; what is not a number or a name of ours
is quoted as JSON does it.
"""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from json.encoder import encode_basestring_ascii as quoted

from assetctl.model import Outcome
from assetctl.plan import Step
from assetctl.safety.ledger import Ledger


class Journal:
    """Lines of one run. now: wall clock in UTC. monotonic: seconds that never go back."""

    def __init__(self, ledger: Ledger, *, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._ledger = ledger
        self._now = now
        self._monotonic = monotonic

    def decision(
        self,
        step: Step,
        do: str,
        *,
        request: str = "",
        units: int = 0,
        packets: int = 0,
        payload: bytes = b"",
        reason: str = "",
        begins: bool = False,
    ) -> int:
        """Put a decision on record and return the number of its line."""
        told = (
            f'"at":"{self._now().isoformat()}","do":"{do}","step":{quoted(step.id)},"to":{quoted(str(step.address))},'
            f'"port":{step.port},"request":{quoted(request)},"units":{units},"packets":{packets},"purse":{quoted(step.purse)}'
        )
        if payload:
            told += f',"size":{len(payload)},"sha256":"{sha256(payload).hexdigest()}"'
        if begins:
            told += ',"begins":true'
        if reason:
            told += f',"reason":{quoted(reason)}'
        return self._ledger.append_text(told, now_s=self._monotonic())

    def answer(self, step: Step, number: int, outcome: Outcome, frames: tuple[bytes, ...]) -> None:
        """Put on record how the exchange that was permitted by a line ended."""
        sizes = ",".join([str(len(frame)) for frame in frames])
        digest = sha256(b"".join(frames)).hexdigest() if frames else ""
        self._ledger.append_text(
            f'"at":"{self._now().isoformat()}","do":"answer","step":{quoted(step.id)},"re":{number},'
            f'"outcome":"{outcome}","sizes":[{sizes}],"sha256":"{digest}"',
            now_s=self._monotonic(),
        )

    def leased(self, step: Step, number: int, report: str) -> None:
        """Put on record that an nmap call ended by itself, and the SHA-256 of its report."""
        entry = {"at": self._now().isoformat(), "do": "leased", "step": step.id, "re": number, "sha256": report}
        self._ledger.append(entry, now_s=self._monotonic())
