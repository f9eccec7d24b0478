"""nmap reports: what is read from recordings of nmap 7.93, and what becomes of damaged and hostile files."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import InputError
from assetctl.exchange import nmap_host, nmap_xml
from assetctl.exchange.nmap_xml import Imported, read
from assetctl.facts import is_of_type, vocabulary
from assetctl.model import Claim, Outcome, SubjectKind, Value

RECORDINGS = sorted((Path(__file__).parents[1] / "data" / "nmap").glob("*.xml"))
WEB = next(path for path in RECORDINGS if path.name == "web.xml").read_bytes()

HOST = (
    '<host starttime="1700000001" endtime="1700000009"><status state="up" reason="{reason}"/>'
    '<address addr="{ip}" addrtype="ipv4"/>{more}</host>'
)
FINISHED = '<runstats><finished time="1700000010" exit="success"/></runstats>'


def report(*hosts: str, services: str = "", end: str = FINISHED, version: str = "7.93") -> bytes:
    scanned = f'<scaninfo type="connect" protocol="tcp" services="{services}"/>' if services else ""
    return (
        f'<?xml version="1.0"?><!DOCTYPE nmaprun><nmaprun scanner="nmap" start="1700000000" version="{version}">'
        f"{scanned}{''.join(hosts)}{end}</nmaprun>"
    ).encode()


def host(ip: str = "127.9.9.9", *, reason: str = "syn-ack", more: str = "") -> str:
    return HOST.format(ip=ip, reason=reason, more=more)


def imported(raw: bytes) -> Imported:
    return read(raw, scan="scan-1", realm="plant", file="scan.xml")


def attempt(raw: bytes) -> Imported | str:
    """What was read, or the one line that says why not."""
    try:
        return imported(raw)
    except InputError as error:
        return str(error)


def claims_of(name: str, index: int = 0) -> tuple[Claim, ...]:
    raw = next(path for path in RECORDINGS if path.name == name).read_bytes()
    return imported(raw).observations[index].claims


def value(claims: tuple[Claim, ...], key: str, local_key: str = "") -> Value | None:
    return next((c.value for c in claims if c.key == key and c.local_key.startswith(local_key)), None)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda p: p.stem)
def test_every_claim_of_a_recording_is_in_the_vocabulary(path: Path) -> None:
    result = imported(path.read_bytes())
    assert result.complete
    assert result.warnings == ()
    for observation in result.observations:
        assert observation.claims
        for claim in observation.claims:
            key = vocabulary()[claim.key]
            assert key.kind is claim.kind
            assert is_of_type(key, claim.value)
            assert 0 < claim.confidence <= 90


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda p: p.stem)
def test_an_independent_reader_sees_the_same_ports_services_and_scripts(path: Path) -> None:
    from libnmap.parser import NmapParser

    theirs = NmapParser.parse(path.read_text("utf-8"))
    ours = imported(path.read_bytes()).observations
    assert [str(o.target.ip) for o in ours if o.target] == [h.address for h in theirs.hosts]
    for observation, other in zip(ours, theirs.hosts, strict=True):
        claims = {(c.key, c.local_key): c.value for c in observation.claims}
        assert int(observation.started.timestamp()) == int(other.starttime)
        assert int(observation.ended.timestamp()) == int(other.endtime)
        for service in other.services:
            at = f"{service.protocol}/{service.port}"
            assert claims["port_state", at] == service.state
            if service.state != "open":
                continue
            assert claims["service_name", at] == service.service
            banner = service.service_dict
            for theirs_key, key in (("product", "service_product"), ("version", "service_version")):
                assert claims.get((key, at), "") == banner.get(theirs_key, "")
            assert claims.get(("service_cpe", at), ()) == tuple(cpe.cpestring for cpe in service.cpelist)
            outputs = tuple(f"{s['id']}: {s['output'].strip()[:4096]}" for s in service.scripts_results)
            assert claims.get(("script_output", at), ()) == outputs
        best = max(other.os_match_probabilities(), key=lambda m: m.accuracy, default=None)
        if best is not None:
            assert claims["os_guess", ""] == best.name


def test_a_certificate_is_a_subject_of_its_own() -> None:
    claims = tuple(c for c in claims_of("web.xml") if c.kind is SubjectKind.CERTIFICATE)
    fingerprint = value(claims, "certificate_fingerprint")
    assert {c.local_key for c in claims} == {f"tcp/443/{fingerprint}"}
    assert {c.key: c.value for c in claims if c.key != "certificate_fingerprint"} == {
        "certificate_subject": "CN=hmi-3.plant.example,O=Beispielwerk,C=DE",
        "certificate_issuer": "CN=hmi-3.plant.example,O=Beispielwerk,C=DE",
        "certificate_self_signed": True,
        "certificate_names": ("hmi-3.plant.example", "127.61.0.3"),
        "certificate_signature_algorithm": "sha256WithRSAEncryption",
        "certificate_key_type": "rsa",
        "certificate_key_bits": 2048,
        "certificate_not_before": "2026-11-22T21:02:23+00:00",
        "certificate_not_after": "2036-11-19T21:02:23+00:00",
    }


def test_the_fingerprint_is_that_of_the_certificate_in_the_report() -> None:
    import html
    import re

    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    text = html.unescape(WEB.decode())
    pem = re.search(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", text, re.DOTALL)
    assert pem is not None
    certificate = x509.load_pem_x509_certificate(pem[0].encode())
    assert value(claims_of("web.xml"), "certificate_fingerprint") == certificate.fingerprint(SHA256()).hex()


def test_a_certificate_whose_bytes_do_not_match_their_hash_goes_by_the_hash() -> None:
    changed = WEB.replace(b'<elem key="sha1">', b'<elem key="sha1">0000')
    assert value(imported(changed).observations[0].claims, "certificate_subject") is None
    other = b'<elem key="sha1">' + b"ab" * 20 + b'</elem>\n<elem key="old">'
    claims = imported(WEB.replace(b'<elem key="sha1">', other)).observations[0].claims
    assert value(claims, "certificate_fingerprint") == "sha1:" + "ab" * 20


def test_tls_versions_say_what_was_tried() -> None:
    claims = claims_of("web.xml")
    assert value(claims, "tls_versions", "tcp/443") == ("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
    assert value(claims, "tls_versions_tried", "tcp/443") == ("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
    weak = ("TLS_ECDH_anon_WITH_AES_128_CBC_SHA", "TLS_ECDH_anon_WITH_AES_256_CBC_SHA")
    assert value(claims, "tls_weak_suites", "tcp/443") == weak


def test_an_older_nmap_did_not_try_tls_1_3() -> None:
    old = WEB.replace(b'version="7.93"', b'version="7.70"').replace(b'<table key="TLSv1.3">', b'<table key="other">')
    tried = value(imported(old).observations[0].claims, "tls_versions_tried")
    assert tried == ("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2")


def test_ssh_keys_and_algorithms_are_read() -> None:
    claims = claims_of("ssh.xml")
    assert value(claims, "ssh_protocol_version", "tcp/22") == "2.0"
    assert value(claims, "ssh_host_key_types", "tcp/22") == ("ssh-ed25519 256",)
    assert str(value(claims, "ssh_host_key_fingerprints", "tcp/22")).startswith("('SHA256:yn0aTNYzBR31xc5KJSloMU6O")
    assert "aes128-ctr" in (value(claims, "ssh_encryption_algorithms") or ())
    assert "hmac-sha1" in (value(claims, "ssh_mac_algorithms") or ())
    assert "curve25519-sha256" in (value(claims, "ssh_kex_algorithms") or ())


def test_a_door_that_told_it_is_open_is_a_fact() -> None:
    claims = claims_of("panel.xml")
    assert value(claims, "anonymous_access", "tcp/21") is True
    assert value(claims, "anonymous_access", "tcp/5900") is True
    assert value(claims, "anonymous_access", "tcp/23") is None


def test_industrial_scripts_give_identity_that_weighs_less() -> None:
    modbus, s7, enip = (claims_of("ot.xml", index) for index in range(3))
    assert value(modbus, "description") == "Beispiel GmbH PM-7 V2.10"
    assert value(s7, "order_code") == "6ES7 315-2EH14-0AB0"
    assert value(s7, "serial_number") == "S C-C2UR28922012"
    assert value(enip, "manufacturer") == "Rockwell Automation/Allen-Bradley"
    assert value(enip, "cip_product_code") == 54
    assert value(enip, "serial_number") == "006C061A"
    own = [c for claims in (modbus, s7, enip) for c in claims if c.key in ("description", "order_code", "model")]
    assert {c.confidence for c in own} == {60}


REPORTS = {  # what the scripts write, by the names that they give their elements
    "bacnet-info": (
        "47808",
        {"Vendor ID": "Beispiel AG (999)", "Vendor Name": "Beispiel AG", "Object-identifier": "2401",
         "Firmware": "V1.2", "Application Software": "R3", "Object Name": "AHU-3", "Model Name": "RC-9"},
        {"bacnet_vendor_id": 999, "manufacturer": "Beispiel AG", "bacnet_device_instance": 2401, "model": "RC-9",
         "firmware_software_version": "V1.2", "application_software_version": "R3", "hostname": "AHU-3"},
    ),
    "fox-info": (
        "1911",
        {"fox.version": "1.0", "hostName": "10.20.1.4", "app.name": "Station", "app.version": "4.8.0",
         "hostId": "Qnx-1"},
        {"application_software_version": "4.8.0", "fox_host_id": "Qnx-1", "hostname": None},
    ),
    "iec-identify": (
        "2404", {"ASDU address": "105", "Information objects": "30"}, {"iec104_common_addresses": ("105",)}
    ),
    "knx-gateway-info": (
        "3671",
        {"KNX address": "15.15.255", "Decive serial": "00ef2650065c", "Device friendly name": "IP-Viewer"},
        {"knx_individual_address": "15.15.255", "serial_number": "00EF2650065C", "description": "IP-Viewer"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("script", REPORTS)
def test_industrial_scripts_say_it_in_the_keys_of_a_scan(script: str) -> None:
    port, told, wanted = REPORTS[script]
    elements = "".join(f'<elem key="{key}">{text}</elem>' for key, text in told.items())
    if script.startswith("knx"):
        elements = f'<table key="Body"><table key="DIB_DEV_INFO">{elements}</table></table>'
    raw = (
        '<?xml version="1.0"?><nmaprun scanner="nmap" args="nmap" start="1795381432" version="7.95">'
        '<host endtime="1795381432"><status state="up"/><address addr="10.20.1.4" addrtype="ipv4"/>'
        f'<ports><port protocol="udp" portid="{port}"><state state="open"/><script id="{script}" output="x">{elements}'
        '</script></port></ports></host><runstats><finished time="1795381433" exit="success"/></runstats></nmaprun>'
    )
    claims = imported(raw.encode()).observations[0].claims
    assert {key: value(claims, key) for key in wanted} == wanted


def test_snmp_answers_to_the_factory_community_are_told() -> None:
    claims = claims_of("snmp.xml")
    assert value(claims, "snmp_default_community_accepted") is True
    assert value(claims, "description") == "Beispiel Switch 8 V2.1"
    assert value(claims, "hostname") == "sw-8"


def test_the_guess_at_the_system_is_less_sure_than_a_word_of_the_device() -> None:
    guess = next(c for c in claims_of("os.xml") if c.key == "os_guess")
    assert (guess.value, guess.confidence) == ("Linux 5.0 - 5.2", 58)
    assert value(claims_of("os.xml"), "cpe") == ("cpe:/o:linux:linux_kernel:5",)


def test_ports_that_are_only_counted_become_closed_facts() -> None:
    states = {c.local_key: c.value for c in claims_of("localhost.xml") if c.key == "port_state"}
    assert len(states) == 1000
    assert [key for key, state in states.items() if state == "open"] == ["tcp/199"]
    assert states["tcp/23"] == "closed"
    assert "tcp/102" not in states


def test_older_reports_leave_the_closed_ports_to_be_found_by_difference() -> None:
    # <extrareasons> without ports, as nmap 5 to 7.7 write it
    ports = '<ports><extraports state="closed" count="3"><extrareasons reason="resets" count="3"/></extraports>'
    listed = '<port protocol="tcp" portid="22"><state state="open"/></port></ports>'
    result = imported(report(host(more=ports + listed), services="21-23,80", version="6.40"))
    states = {c.local_key: c.value for c in result.observations[0].claims if c.key == "port_state"}
    assert states == {"tcp/22": "open", "tcp/21": "closed", "tcp/23": "closed", "tcp/80": "closed"}


def test_closed_ports_that_cannot_be_told_apart_are_not_guessed() -> None:
    ports = '<ports><extraports state="closed" count="1"/><extraports state="filtered" count="2"/></ports>'
    result = imported(report(host(more=ports), services="21-23"))
    assert all(c.key != "port_state" for c in result.observations[0].claims)
    assert "cannot be told" in result.warnings[0]


def test_a_full_port_range_is_not_recorded_one_by_one() -> None:
    result = imported(
        report(host(more='<ports><extraports state="closed" count="65535"/></ports>'), services="1-65535")
    )
    assert all(c.key != "port_state" for c in result.observations[0].claims)
    assert f"more than {nmap_host.MOST_CLOSED}" in result.warnings[0]


def test_filtered_is_neither_open_nor_closed() -> None:
    rows = "".join(
        f'<port protocol="{protocol}" portid="{number}"><state state="{state}"/></port>'
        for protocol, number, state in (
            ("tcp", 1, "open"), ("tcp", 2, "closed"), ("tcp", 3, "filtered"), ("udp", 4, "open|filtered"),
            ("tcp", 5, "unfiltered"), ("sctp", 6, "open"), ("tcp", 99999, "open"), ("tcp", 0, "open"),
        )
    )  # fmt: skip
    result = imported(report(host(more=f"<ports>{rows}</ports>")))
    states = {c.local_key: c.value for c in result.observations[0].claims if c.key == "port_state"}
    assert states == {"tcp/1": "open", "tcp/2": "closed", "tcp/3": "filtered", "udp/4": "filtered"}


def test_an_address_that_never_answered_is_no_asset() -> None:
    filtered = '<ports><port protocol="tcp" portid="80"><state state="filtered"/></port></ports>'
    down = host("127.9.9.8").replace('state="up"', 'state="down"')
    result = imported(report(host(reason="user-set", more=filtered), down))
    assert [o.outcome for o in result.observations] == [Outcome.SILENT, Outcome.SILENT]
    assert [o.claims for o in result.observations] == [(), ()]
    assert result.complete


def test_a_name_that_stands_for_a_number_says_so() -> None:
    port = '<ports><port protocol="tcp" portid="502"><state state="open"/><service name="mbap" method="table"/></port>'
    claims = imported(report(host(more=port + "</ports>"))).observations[0].claims
    name = next(c for c in claims if c.key == "service_name")
    assert (name.value, name.confidence) == ("mbap", 30)
    assert value(claims, "service_source") == "table"


def test_addresses_of_the_interface_are_kept_together() -> None:
    mac = '<address addr="00:1b:1b:0a:0b:0c" addrtype="mac" vendor="Siemens AG"/><address addr="::1" addrtype="ipv6"/>'
    claims = imported(report(host(more=mac))).observations[0].claims
    found = {(c.key, c.local_key): c.value for c in claims if c.kind is SubjectKind.INTERFACE}
    assert found == {
        ("ip_address", "ip/127.9.9.9"): "127.9.9.9",
        ("mac_address", "ip/127.9.9.9"): "00:1B:1B:0A:0B:0C",
        ("ip_address", "ip/::1"): "::1",
    }
    assert value(claims, "mac_maker") == "Siemens AG"


def test_scripts_about_the_whole_host_find_their_place() -> None:
    scripts = (
        '<hostscript><script id="smb-protocols" output="x"><table key="dialects">'
        "<elem>NT LM 0.12 (SMBv1) [dangerous, but default]</elem><elem>2:0:2</elem></table></script>"
        '<script id="nbstat" output="NetBIOS"><elem key="server_name">HMI3</elem></script></hostscript>'
    )
    claims = imported(report(host(more=scripts))).observations[0].claims
    assert value(claims, "smb_dialects", "tcp/445") == ("NT LM 0.12 (SMBv1)", "2.0.2")
    assert value(claims, "hostname") == "HMI3"
    assert value(claims, "host_script_output") == ("nbstat: NetBIOS",)


def test_times_come_from_the_file() -> None:
    result = imported(report(host(), host("127.9.9.7").replace(' starttime="1700000001" endtime="1700000009"', "")))
    first, second = result.observations
    assert first.started == datetime.fromtimestamp(1700000001, UTC)
    assert first.ended == datetime.fromtimestamp(1700000009, UTC)
    assert second.started == second.ended == result.started == datetime.fromtimestamp(1700000000, UTC)
    assert result.ended == datetime.fromtimestamp(1700000010, UTC)


def test_a_report_without_a_time_counts_as_stale() -> None:
    raw = report(host()).replace(b' start="1700000000"', b"").replace(b' starttime="1700000001"', b"")
    result = imported(raw)
    assert result.observations[0].started.year == 1970
    assert "stale" in result.warnings[0]


def test_the_same_file_gives_the_same_ids_and_another_file_others() -> None:
    raw = report(host(), host(), host("127.9.9.8"))
    ids = [o.id for o in imported(raw).observations]
    assert len(set(ids)) == 3
    assert ids == [o.id for o in read(raw, scan="scan-2", realm="plant", file="moved.xml").observations]
    assert not set(ids) & {o.id for o in imported(report(host(), host(), host("127.9.9.8"), services="1")).observations}


@given(st.integers(min_value=0, max_value=len(WEB) - 1))
def test_every_prefix_is_refused_or_known_to_be_incomplete(length: int) -> None:
    result = attempt(WEB[:length])
    if isinstance(result, str):
        assert result.startswith("scan.xml: ")
    elif result.complete:
        assert WEB[length:].strip() == b""
    else:
        assert result.warnings
        assert len(result.observations) == (1 if b"</host>" in WEB[:length] else 0)


def test_a_file_that_breaks_off_keeps_the_finished_hosts() -> None:
    raw = report(host("127.9.9.1"), host("127.9.9.2"), host("127.9.9.3"))
    cut = raw[: raw.rindex(b"</host>")]
    result = imported(cut)
    assert [str(o.target) for o in result.observations] == ["plant/127.9.9.1", "plant/127.9.9.2"]
    assert not result.complete
    assert result.warnings == ("scan.xml: the file breaks off in line 1; 2 finished hosts were kept",)


def test_a_report_without_its_closing_line_is_incomplete() -> None:
    result = imported(report(host(), end=""))
    assert not result.complete
    assert "closing line is missing" in result.warnings[0]


def test_an_nmap_that_failed_leaves_an_incomplete_report() -> None:
    end = '<runstats><finished time="1700000010" exit="error" errormsg="no route"/></runstats>'
    result = imported(report(host(), end=end))
    assert not result.complete
    assert "no route" in result.warnings[0]


def test_a_second_report_appended_to_the_first_is_told() -> None:
    result = imported(report(host()) + report(host("127.9.9.8")))
    assert len(result.observations) == 1
    assert not result.complete
    assert "follows the end" in result.warnings[0]


def test_damage_in_the_middle_keeps_what_stands_before_it() -> None:
    result = imported(report(host(), "<host><address addr=broken/></host>", host("127.9.9.8")))
    assert len(result.observations) == 1
    assert not result.complete
    assert "unreadable from line 1 on" in result.warnings[0]


BOMB = '<!DOCTYPE nmaprun [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><nmaprun><host>&b;</host></nmaprun>'
OUTSIDE = '<!DOCTYPE nmaprun [<!ENTITY x SYSTEM "file:///etc/passwd">]><nmaprun><host>&x;</host></nmaprun>'


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"<!-- only a comment -->", "no XML"),
        (b"# Nmap 7.93 scan initiated\nHost: 127.0.0.1 ()\n", "export the scan with nmap -oX"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "not XML"),
        (b"<html><body>nmaprun</body></html>", "<nmaprun> expected, <html> found"),
        (b'<?xml version="1.0" encoding="klingon"?><nmaprun/>', "klingon|encoding"),
        (b'<?xml version="1.0" encoding="utf-7"?><nmaprun/>', "encoding"),
        (b'<?xml version="1.0" encoding="idna"?><nmaprun/>', "encoding"),
        (BOMB.encode(), "declares entities"),
        (OUTSIDE.encode(), "declares entities"),
        (b"<nmaprun>" + b"<a>" * 100, "nested too deeply"),
        (b"<nmaprun><host><address></host></nmaprun>", "no host before it"),
        ("<nmaprun><host>ü</host></nmaprun>".encode("cp1252"), "unreadable XML"),
    ],
)
def test_what_is_no_report_gives_one_clear_line(raw: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        imported(raw)
    assert str(caught.value).startswith("scan.xml: ")
    assert "\n" not in str(caught.value)


def test_a_report_in_another_encoding_is_read_when_it_says_so() -> None:
    text = report(host(more='<hostnames><hostname name="Kühlung" type="PTR"/></hostnames>')).decode()
    for name in ("utf-16", "cp1252", "iso-8859-15"):
        raw = text.replace('<?xml version="1.0"?>', f'<?xml version="1.0" encoding="{name}"?>').encode(name)
        assert value(imported(raw).observations[0].claims, "hostname") == "Kühlung"


def test_a_public_identifier_of_the_dtd_is_accepted_and_not_fetched() -> None:
    public = b'<!DOCTYPE nmaprun PUBLIC "-//IDN nmap.org//DTD Nmap XML 1.04//EN" "https://svn.nmap.org/nmap.dtd">'
    result = imported(report(host()).replace(b"<!DOCTYPE nmaprun>", public))
    assert len(result.observations) == 1


def test_a_host_without_an_address_is_left_out_and_told() -> None:
    result = imported(report(host("300.1.1.1"), host("127.9.9.8")))
    assert [str(o.target) for o in result.observations] == ["plant/127.9.9.8"]
    assert result.warnings == ("scan.xml: host 1: no usable address; left out",)


def test_too_large_a_file_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nmap_xml, "MOST_BYTES", 1_000)
    with pytest.raises(InputError, match="split the scan"):
        imported(report(*[host()] * 10))


def test_too_large_a_host_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nmap_xml, "MOST_ELEMENTS", 1_000)
    with pytest.raises(InputError, match="too large"):
        imported(report(host(more="<port/>" * 1_000)))
    assert len(imported(report(*[host()] * 500)).observations) == 500


def test_warnings_are_bounded() -> None:
    result = imported(report(*[host("nowhere")] * 200))
    assert len(result.warnings) == nmap_xml.MOST_WARNINGS + 1
    assert result.warnings[-1] == "and 150 more warnings"


def test_hostile_texts_stay_texts_of_bounded_length() -> None:
    evil = "=cmd|' /C calc'!A0\u202e&#27;]8;;x&lt;script&gt;" + "A" * 10_000
    port = (
        f'<ports><port protocol="tcp" portid="80"><state state="open"/><service name="http" product="{evil}" '
        f'method="probed" conf="10"/><script id="http-title" output="x"><elem key="title">{evil}</elem></script>'
        "</port></ports>"
    ).replace("&#27;", "")
    claims = imported(report(host(more=port))).observations[0].claims
    for key in ("service_product", "http_title"):
        text = value(claims, key)
        assert isinstance(text, str)
        assert text.startswith("=cmd|' /C calc'!A0\u202e]8;;x<script>")
        assert len(text) == 4096


@given(st.lists(st.tuples(st.integers(0, len(WEB) - 1), st.integers(0, 255)), min_size=1, max_size=12))
def test_changed_bytes_give_a_result_or_one_clear_line(changes: list[tuple[int, int]]) -> None:
    raw = bytearray(WEB)
    for at, byte in changes:
        raw[at] = byte
    result = attempt(bytes(raw))
    if isinstance(result, str):
        assert result.startswith("scan.xml: ")
    else:
        for claim in (c for o in result.observations for c in o.claims):
            assert is_of_type(vocabulary()[claim.key], claim.value)


@given(st.text(max_size=80))
def test_expanding_a_port_list_never_leaves_the_ports(ranges: str) -> None:
    from itertools import islice

    assert all(1 <= port <= 65535 for port in islice(nmap_host.expand(ranges), 1000))
