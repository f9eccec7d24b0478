from tests.twins.devices.fins import FinsTwin


class FinsShort(FinsTwin):
    """Controller with a short answer."""

    host = 73
    limit = "none; the answer ends behind the version"
    source = "Omron W342, 5-3-15; a short answer ends nmap's script"
    data = b"CJ2M-CPU33".ljust(20) + b"02.01 "
    truth = {"manufacturer": "Omron", "model": "CJ2M-CPU33", "firmware_software_version": "02.01"}
