from tests.twins.devices.s7 import S7Twin
from tests.twins.twin import Answers


class SafetyController(S7Twin):
    """Safety controller that was declared as one."""

    host = 70
    declared = ("asset_role_type=safety-controller",)
    limit = "anything at all that reaches one of its ports"
    source = "the rule of docs/safety.md: safety systems are left alone"
    cpu = {"slot": 1, "order_code": "6ES7 517-3FP00-0AB0"}

    def opened(self, port: int, now_s: float) -> None:
        self.harm("a connection was made")

    async def answer(self, port: int, frame: bytes, now_s: float) -> Answers:
        return ()
