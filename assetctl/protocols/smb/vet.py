"""May this SMB unit leave? Three may, byte for byte: the negotiation of SMB 2 and 3, that of SMB 1, and the first step
of a session setup, which holds no name and no password. No second step, no tree, no file. Written without the codec."""

from assetctl.errors import Refusal

_SMB2 = "fe534d424000010000000000{}0100" + "0" * 16  # one credit, no flags
_NOBODY = "0" * 64  # after the message id: no process, tree, session or signature
_UNITS = {
    (
        "000000b2"
        + _SMB2.format("0000")
        + "0000000000000000"
        + _NOBODY  # NEGOTIATE, message 0
        + "24000500010000007f000000617373657463746c80000000000000017000000002000000"  # five dialects, signing enabled
        + "0202100200030203110300000100260000000000010020000100"  # 2.0.2 to 3.1.1; SHA-512, 32 bytes of salt
        + "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        + "000002000a000000000004000200010004000300"  # AES with GCM and CCM
    ): "negotiate",
    (
        "000000a2"
        + _SMB2.format("0100")
        + "0100000000000000"
        + _NOBODY  # SESSION_SETUP, message 1
        + "19000001000000000000000058004a000000000000000000"  # no earlier session; 74 bytes of token
        + "604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa22a0428"  # SPNEGO with NTLM alone
        + "4e544c4d5353500001000000078208a200000000000000000000000000000000"  # NTLMSSP message 1 without names
        + "0a0000000000000f"
    ): "session-setup-challenge",
    (
        "0000002fff534d4272000000001841c00000000000000000000000000000fffe00000000"  # SMB 1 NEGOTIATE: no user, no tree
        + "000c00024e54204c4d20302e313200"  # one dialect: NT LM 0.12
    ): "negotiate-v1",
}


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    name = _UNITS.get(unit.hex())
    if name is None:
        raise Refusal(f"smb: these {len(unit)} bytes are none of the three units on the list")
    return name
