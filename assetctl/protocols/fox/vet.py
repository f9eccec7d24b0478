"""May this Fox message leave? Only our hello may: no log-in, no channel, no command. Written without the codec."""

from assetctl.errors import Refusal

_LINES = [b"fox a 1 -1 fox hello", b"{", b"fox.version=s:1.0", b"id=i:1", b"};;", b""]


def vet(unit: bytes) -> str:
    """Name of the request that a message is; raises Refusal for any other."""
    if unit.split(b"\n") != _LINES:
        raise Refusal(f"fox: only the hello is on the list, not {unit[:24]!r}")
    return "hello"
