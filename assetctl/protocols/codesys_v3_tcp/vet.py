"""May this CODESYS V3 block leave? Only the question which node has an address. Written without the codec."""

from assetctl.errors import Refusal

_RESOLVE = bytes.fromhex("000117e824000000" + "c56b40030043" + "2ddc00000000" + "2ddf7f0000018301" + "02c2000400000000")


def vet(unit: bytes) -> str:
    """Name of the request that a block is; raises Refusal for any other."""
    if unit != _RESOLVE:
        raise Refusal(f"codesys_v3_tcp: {unit[8:14].hex()} in this form is not on the list")
    return "resolve-address"
