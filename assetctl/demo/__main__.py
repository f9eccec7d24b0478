"""`python -m assetctl.demo`: the fake plant alone, until Ctrl-C."""

import sys

from assetctl.demo.plant import bound_in
from assetctl.errors import AssetctlError


def main() -> int:
    """Serve the plant and say where it is. Returns the exit code."""
    try:
        plant = bound_in()
    except AssetctlError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit)
    for device in plant.devices:
        ports = ", ".join(f"{service.transport}/{service.port}" for service in device.services)
        print(f"{', '.join(device.addresses):<28} {device.name:<14} {ports:<40} {device.about}", file=sys.stderr)
    print("the plant is up; Ctrl-C ends it", file=sys.stderr, flush=True)
    try:
        plant.run()
    except KeyboardInterrupt:
        return 0
    finally:
        plant.release()
    return 0


if __name__ == "__main__":
    sys.exit(main())
