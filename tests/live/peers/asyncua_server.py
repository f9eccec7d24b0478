"""An OPC UA server of asyncua.

python asyncua_server.py HOST PORT plain|secured|wordy FOLDER. plain: no security, anybody may enter. secured:
certificate, Sign and SignAndEncrypt only, user name only. wordy: secured, with a name so long that answers take chunks.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from asyncua import Server, ua
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.server.user_managers import PermissiveUserManager
from cryptography.x509.oid import ExtendedKeyUsageOID

URI = "urn:acme:plant"
SECURE = [
    ua.SecurityPolicyType.Basic256Sha256_Sign,
    ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
    ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
]


async def main(host: str, port: str, kind: str, folder: Path) -> None:
    server = Server(user_manager=PermissiveUserManager())
    await server.init()
    server.set_endpoint(f"opc.tcp://{host}:{port}/")
    server.set_server_name("Plant " * 6000 if kind == "wordy" else "Plant")
    await server.set_application_uri(URI)
    server.product_uri = "urn:acme:products:plc900"
    built = datetime(2024, 5, 1, tzinfo=UTC)
    await server.set_build_info("http://acme.example/plc", "ACME", "ACME PLC 900", "4.2.1", "1234", built)
    if kind != "plain":
        key, certificate = folder / "key.pem", folder / "certificate.der"
        subject = {"countryName": "NL", "organizationName": "ACME"}
        await setup_self_signed_certificate(key, certificate, URI, "plc900", [ExtendedKeyUsageOID.SERVER_AUTH], subject)
        await server.load_certificate(str(certificate))
        await server.load_private_key(str(key))
        server.set_security_policy(SECURE)
        server.set_identity_tokens([ua.UserNameIdentityToken])
    else:
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        server.set_identity_tokens([ua.AnonymousIdentityToken])
    async with server:
        await asyncio.Event().wait()


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])))
