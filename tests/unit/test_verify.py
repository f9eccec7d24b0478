"""A report is what was written, byte for byte, and leads from a requirement to stored bytes; its signer is known."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from assetctl.report.manifest import read_manifest
from assetctl.work.signing import signatures
from tests.live.killed_plant import NETWORK
from tests.unit.behind import changed
from tests.unit.command import Desk, Said
from tests.unit.scanned import scanned_once, servers

__all__ = ["scanned_once", "servers"]

MORE = """
[files]
keys = "keys.yaml"
checks = ["own"]
zones = "zones.yaml"
[[signing]]
name = "audit"
key = "audit.pem"
passphrase = { env = "AUDIT_PASSPHRASE" }
[[signing]]
name = "owner"
key = "owner.pem"
passphrase = { env = "AUDIT_PASSPHRASE" }
"""
ZONES = f"""
schema: 2
zones:
  - id: cell-1
    networks: ["{NETWORK}.0/24"]
    sl_t: {{IAC: 2, UC: 1, RA: 1}}
"""
PASSPHRASE = "correct horse battery"
FILES = ("report.html", "report.xlsx", "result.json", "manifest.json")


# a check of the user's own: what it fails for was told by the device itself
CHECK = """
id: OWN-001
version: 1
title: No device of this maker stands here
severity: medium
own: F
for_each: asset
assert: asset.manufacturer != "ACME"
max_age: 365d
maps:
  - {framework: iec62443-3-3, edition: '2013+COR1:2014', requirement: SR 7.8, strength: R}
fail: >-
  {asset.name} is of ACME.
unknown: no maker
fix: Ask the owner.
limits: The device may lie.
tests:
  - {name: another, expect: pass, facts: {manufacturer: Siemens}}
  - {name: that one, expect: fail, facts: {manufacturer: ACME}}
  - {name: none, expect: unknown, facts: {model: CPU}}
"""
SEEN = (
    CHECK.replace("OWN-001", "OWN-002")
    .replace('!= "ACME"', '== "ACME"')
    .replace("SR 7.8", "SR 7.6")
    .replace("{name: another, expect: pass", "{name: another, expect: fail")
    .replace("{name: that one, expect: fail", "{name: that one, expect: pass")
)


def enrolled(desk: Desk, patch: pytest.MonkeyPatch, *names: str) -> None:
    patch.setenv("AUDIT_PASSPHRASE", PASSPHRASE)
    settings = desk.folder / "assetctl.toml"
    settings.write_text(settings.read_text() + MORE)
    desk.write("zones.yaml", ZONES)
    (desk.folder / "own").mkdir()
    desk.write("own/OWN-001.yaml", CHECK)
    desk.write("own/OWN-002.yaml", SEEN)
    for name in names:
        assert desk.call("keys", "make", name).code == 0
        said = desk.call("keys", "enrol", f"{name}.pub.pem", "--owner", f"Keeper of {name}", "--by", "B. Example")
        assert said.code == 0, said.err


@pytest.fixture(scope="session")
def audited_once(tmp_path_factory: pytest.TempPathFactory, scanned_once: Path) -> Path:
    """A judged plant with a signed report, made once."""
    folder = tmp_path_factory.mktemp("audited") / "desk"
    shutil.copytree(scanned_once, folder)
    with pytest.MonkeyPatch.context() as patch:
        made = Desk(folder, patch)
        enrolled(made, patch, "audit", "owner")
        assert made.call("-q", "check").code in (0, 3)
        said = made.call("report", "all", "--out", "out", "--sign", "audit")
        assert said.code == 0, said.err
    return folder


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, audited_once: Path) -> Desk:
    folder = tmp_path / "desk"
    shutil.copytree(audited_once, folder)
    made = Desk(folder, monkeypatch)
    monkeypatch.setenv("AUDIT_PASSPHRASE", PASSPHRASE)
    return made


@pytest.fixture
def audit(desk: Desk) -> Path:
    return desk.folder / "out"


def verified(desk: Desk, path: Path | str, *more: str) -> tuple[Said, dict[str, dict[str, Any]]]:
    said = desk.call("-f", "json", "verify", str(path), *more)
    rows = json.loads(said.out)["data"] if said.out else []
    return said, {row["what"]: row for row in rows}


def test_any_changed_byte_of_any_file_is_found_and_named(desk: Desk, audit: Path) -> None:
    assert verified(desk, audit, "--signed")[0].code == 0
    signature = signatures(audit)[0].name
    for name in (*FILES, signature):
        path = audit / name
        before = path.read_bytes()
        for at in (0, len(before) // 3, len(before) // 2, len(before) - 1):
            changed = bytearray(before)
            changed[at] ^= 0x01
            path.write_bytes(changed)
            said, _ = verified(desk, audit)
            assert said.code == 9, (name, at)
            assert len(said.errors) >= 1
        path.write_bytes(before + b"\n")
        assert verified(desk, audit)[0].code == 9, name
        path.unlink()
        assert verified(desk, audit)[0].code == (2 if name == "manifest.json" else 9), name
        path.write_bytes(before)
    assert verified(desk, audit)[0].code == 0


def test_every_file_of_a_report_leads_to_its_manifest_and_says_who_signed(desk: Desk, audit: Path) -> None:
    for path in (audit, *(audit / name for name in FILES)):
        said, rows = verified(desk, path)
        assert said.code == 0
        [signature] = [row for what, row in rows.items() if what.startswith("signature")]
        assert signature["state"] == "valid"
        assert "Keeper of audit" in signature["detail"]
    other = shutil.copy(audit / "report.html", audit / "other.html")
    assert verified(desk, other)[0].code == 9


def test_the_cover_names_the_result_and_the_key(desk: Desk, audit: Path) -> None:
    manifest = read_manifest(audit / "manifest.json")
    page = (audit / "report.html").read_text()
    digest = next(one.sha256 for one in manifest.files if one.name == "result.json")
    assert digest in page
    assert manifest.signer in page
    assert "Keeper of audit" in page


def test_a_signature_counts_only_by_an_enrolled_key_that_was_not_ended(desk: Desk, audit: Path) -> None:
    fingerprint = read_manifest(audit / "manifest.json").signer
    assert desk.call("keys", "retire", fingerprint, "--by", "B", "--reason", "left").code == 0
    assert verified(desk, audit)[0].code == 0
    assert desk.call("report", "all", "--out", "later", "--sign", "audit").code == 8
    assert desk.call("keys", "revoke", fingerprint[:12], "--by", "B", "--reason", "stolen").code == 0
    said, rows = verified(desk, audit)
    assert said.code == 9
    assert any(row["state"] == "void" and "stolen" in row["detail"] for row in rows.values())
    desk.write("keys.yaml", "schema: 1\nkeys: []\n")
    said, rows = verified(desk, audit)
    assert said.code == 9
    assert any(row["state"] == "not enrolled" for row in rows.values())


def test_a_second_person_can_sign_what_is_intact_and_nothing_else(desk: Desk, audit: Path) -> None:
    assert desk.call("report", "sign", str(audit), "--key", "owner").code == 0
    _, rows = verified(desk, audit)
    assert sum(row["state"] == "valid" for row in rows.values()) == 2
    with (audit / "report.html").open("a") as page:
        page.write(" ")
    assert desk.call("report", "sign", str(audit), "--key", "owner").code == 9


def test_a_report_without_signature_says_so_and_can_be_refused(desk: Desk, audit: Path) -> None:
    assert desk.call("report", "all", "--out", str(audit)).code == 0
    said, rows = verified(desk, audit)
    assert (said.code, rows["signature"]["state"]) == (0, "none")
    assert verified(desk, audit, "--signed")[0].code == 9


def test_openssl_agrees_about_the_key_and_the_signature(audit: Path, desk: Desk) -> None:
    manifest = audit / "manifest.json"
    [signature] = signatures(audit)
    public = desk.folder / "audit.pub.pem"
    check = ["pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", manifest, "-sigfile", signature]
    subprocess.run(["openssl", *check], check=True, capture_output=True)
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", public, "-outform", "DER"], check=True, capture_output=True
    )
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=der.stdout, check=True, capture_output=True)
    assert digest.stdout.decode().split()[0] == read_manifest(manifest).signer


def test_the_result_and_the_manifest_are_canonical_and_stable(desk: Desk, audit: Path, tmp_path: Path) -> None:
    for name in ("result.json", "manifest.json"):
        raw = (audit / name).read_bytes()
        assert rfc8785.dumps(json.loads(raw)) == raw
    result = json.loads((audit / "result.json").read_bytes())
    assert desk.call("report", "all", "--out", str(tmp_path / "again")).code == 0
    again = json.loads((tmp_path / "again" / "result.json").read_bytes())
    assert again["report_id"] == result["report_id"]
    assert again["trace"] == result["trace"]


def test_a_requirement_leads_to_bytes_that_are_hashed_again_and_read_again(desk: Desk, audit: Path) -> None:
    trace = json.loads((audit / "result.json").read_bytes())["trace"]
    walked = evidenced(trace)
    said, rows = verified(desk, audit / "report.xlsx", "--walk", f"{walked}@cell-1")
    assert said.code == 0, said.err
    states = [row["state"] for row in rows.values()]
    assert "hashed again" in states
    assert any(what.strip().startswith("read again by modbus/") for what in rows)
    assert any(what.strip().startswith("finding ") for what in rows)


def test_a_pass_is_judged_again_for_what_it_rests_on_and_counted_when_the_plant_moved_on(
    desk: Desk, audit: Path
) -> None:
    walked = (str(audit), "--walk", "SR 7.6@cell-1")
    _, rows = verified(desk, *walked)
    states = [row["state"] for what, row in rows.items() if what.strip().startswith("finding ")]
    assert states.count("pass") == 3
    assert "hashed again" in {row["state"] for row in rows.values()}
    desk.write("zones.yaml", ZONES.replace("UC: 1", "UC: 2"))
    _, rows = verified(desk, *walked)
    assert any("only the count is left" in row["detail"] for row in rows.values())


def test_bytes_that_changed_in_the_store_are_told_by_the_walk(desk: Desk, audit: Path) -> None:
    trace = json.loads((audit / "result.json").read_bytes())["trace"]
    assert changed(desk.folder / "assetctl.db", "UPDATE exchange SET received = '[]'")
    said, rows = verified(desk, audit, "--walk", f"{evidenced(trace)}@cell-1")
    assert said.code == 9
    assert any(row["fault"] and row["what"].strip().startswith("evidence") for row in rows.values())


@pytest.mark.parametrize(
    ("walk", "told"),
    [("SR 1.5", "a requirement and a place"), ("SR 1.5@cell-2", "cell-1"), ("SR 1.55@cell-1", "did you mean")],
)
def test_a_walk_from_nowhere_is_one_line(desk: Desk, audit: Path, walk: str, told: str) -> None:
    said = desk.call("verify", str(audit), "--walk", walk)
    assert said.code == 2
    assert told in said.errors[0]


def test_a_wrong_passphrase_an_open_file_and_a_second_key_are_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.call("keys", "make", "audit").code == 8
    monkeypatch.setenv("AUDIT_PASSPHRASE", "another passphrase")
    said = desk.call("report", "all", "--out", "new", "--sign", "audit")
    assert said.code == 8
    assert "another passphrase" not in said.err
    monkeypatch.setenv("AUDIT_PASSPHRASE", PASSPHRASE)
    (desk.folder / "audit.pem").chmod(0o644)
    assert desk.call("report", "all", "--out", "new", "--sign", "audit").code == 8
    assert not (desk.folder / "new").exists()
    assert desk.call("report", "all", "--out", "new", "--sign", "audti").errors[0].endswith('did you mean "audit"?')


def test_a_key_that_nobody_enrolled_signs_nothing(desk: Desk) -> None:
    desk.write("keys.yaml", "schema: 1\nkeys: []\n")
    said = desk.call("report", "all", "--out", "new", "--sign", "audit")
    assert said.code == 8
    assert "not enrolled" in said.errors[0]


def evidenced(trace: dict[str, Any]) -> str:
    """A requirement at the cell with a finding that rests on stored bytes."""
    known = {one["id"] for one in trace["evidence"]}
    checks = {
        one["check"]
        for one in trace["findings"]
        if "cell-1" in one["zone"].split() and any(b["evidence"] in known for b in one["because"])
    }
    return next(one["id"] for one in trace["requirements"] if one["place"] == "cell-1" and checks & set(one["checks"]))


def test_a_file_that_changed_since_the_checks_ran_is_told_with_both_digests(desk: Desk) -> None:
    before = read_manifest(desk.folder / "out" / "manifest.json").made_from
    assert not [name for name in before if "judged with" in name]
    desk.write("zones.yaml", ZONES + "# reviewed\n")
    said = desk.call("report", "all", "--out", "later")
    assert said.code == 0, said.err
    now = read_manifest(desk.folder / "later" / "manifest.json").made_from
    assert now["zones, judged with"] == before["zones"] != now["zones"]
    notice = f"Zones file: the checks were run with {before['zones'][:12]}, this report shows {now['zones'][:12]}."
    assert notice in (desk.folder / "later" / "report.html").read_text("utf-8")
    assert desk.call("-q", "check").code in (0, 3)
    assert desk.call("report", "all", "--out", "again").code == 0
    assert "judged with" not in (desk.folder / "again" / "manifest.json").read_text("utf-8")
