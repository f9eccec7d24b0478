from tests.twins.devices.fins import FinsTwin

FREE = range(240, 255)


class FinsMaps(FinsTwin):
    """Unit that maps its master to whoever uses the master's node."""

    host = 74
    limit = f"a source node that is not free ({FREE[0]} to {FREE[-1]} are)"
    source = "Omron W420: the table of IP addresses can be renewed from the source node of a request"
    data = b"CJ1M-CPU13-ETN".ljust(20) + b"04.00".ljust(20, b"\0") + bytes(40) + bytes(12)
    truth = {"manufacturer": "Omron", "model": "CJ1M-CPU13-ETN", "firmware_software_version": "04.00"}

    def heard(self, source_node: int) -> None:
        if source_node not in FREE:
            self.harm(f"node {source_node} was mapped to a stranger's address")
