"""Messages around PDUs: pysnmp reads what we wrap, we read what it wraps, and no error shows a community."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import api

from assetctl.errors import WireError
from assetctl.protocols.snmp import codec, objects
from assetctl.secrets.credentials import Community
from assetctl.transport.community import envelope, unwrap, wrap

QUESTION = codec.encode_get(request_id=codec.REQUEST_ID_BASE, objects=objects.SCALARS)
VERSIONS = {"v1": api.SNMP_VERSION_1, "v2c": api.SNMP_VERSION_2C}

secrets = st.builds(Community, st.just("ro"), st.sampled_from(sorted(VERSIONS)), st.binary(max_size=300))


@given(secrets)
def test_pysnmp_reads_a_message_as_it_was_meant(secret: Community) -> None:
    message = wrap(QUESTION, secret)
    modules = api.PROTOCOL_MODULES[VERSIONS[secret.version]]
    read, rest = decoder.decode(message, asn1Spec=modules.Message())
    assert rest == b""
    assert int(read.getComponentByPosition(0)) == VERSIONS[secret.version]
    assert bytes(modules.apiMessage.get_community(read)) == secret.community
    assert encoder.encode(modules.apiMessage.get_pdu(read)) == QUESTION


@given(secrets)
def test_what_was_wrapped_comes_out_again(secret: Community) -> None:
    assert unwrap(wrap(QUESTION, secret), secret) == QUESTION
    around = envelope(secret)
    assert around.unwrap(around.wrap(QUESTION)) == QUESTION


@given(secrets, st.data())
def test_every_proper_prefix_is_refused(secret: Community, data: st.DataObject) -> None:
    message = wrap(QUESTION, secret)
    with pytest.raises(WireError):
        unwrap(message[: data.draw(st.integers(0, len(message) - 1))], secret)


@given(st.binary(max_size=100))
def test_arbitrary_bytes_give_a_pdu_or_a_wire_error(message: bytes) -> None:
    secret = Community("ro", "v2c", b"plant")
    with suppress(WireError):
        assert unwrap(message, secret) in message


def test_another_version_or_community_is_refused_without_showing_either_community() -> None:
    message = wrap(QUESTION, Community("rw", "v2c", b"s3cret-of-theirs"))
    for secret in (Community("ro", "v1", b"s3cret-of-theirs"), Community("ro", "v2c", b"s3cret-of-ours")):
        with pytest.raises(WireError) as refused:
            unwrap(message, secret)
        assert "s3cret" not in str(refused.value)
        assert "s3cret" not in repr(secret)


def test_lengths_as_net_snmp_writes_them_are_read() -> None:
    secret = Community("ro", "v2c", b"plant")
    plain = wrap(QUESTION, secret)
    body = plain[3:]
    assert plain[:2] == b"\x30\x81"
    assert unwrap(b"\x30\x82" + len(body).to_bytes(2) + body, secret) == QUESTION
