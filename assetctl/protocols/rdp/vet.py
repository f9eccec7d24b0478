"""May this RDP unit leave? Three connection requests without a cookie may, and the ClientHello that TLS vets.

Written without the codec, on purpose.
"""

from assetctl.errors import Refusal
from assetctl.protocols.tls.vet import vet as vet_tls

_REQUEST = "030000130ee00000000000" + "01000800"  # TPKT of 19 bytes, X.224 connection request, negotiation request
_OFFERS = {"03000000": "negotiate", "01000000": "negotiate-one", "00000000": "negotiate-one"}


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    shown = unit.hex()
    if shown.startswith("16"):
        if vet_tls(unit) != "client-hello":
            raise Refusal("rdp: only the ordinary client hello may follow")
        return "client-hello"
    name = _OFFERS.get(shown[len(_REQUEST) :]) if shown.startswith(_REQUEST) else None
    if name is None:
        raise Refusal(f"rdp: these {len(unit)} bytes are no connection request on the list")
    return name
