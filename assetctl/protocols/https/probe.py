"""The HTTP conversation in TLS: every connection is opened in it, everything else is as without."""

from assetctl.protocol import Context
from assetctl.protocols.http.probe import visit
from assetctl.talk import Talk


def probe(context: Context) -> Talk:
    """Ask for the first page behind TLS and say what it is."""
    return (yield from visit(context, scheme="https"))
