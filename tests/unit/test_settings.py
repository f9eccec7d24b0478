"""Laws of assetctl.toml: what it may say, where it is looked for, where each value came from."""

import os
import re
import tomllib
from dataclasses import asdict
from datetime import time
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from assetctl.errors import InputError
from assetctl.model import NetworkKind
from assetctl.scope import Limits
from assetctl.settings import TEMPLATES, Settings, load_settings, masked, template


def _write(folder: Path, content: str, name: str = "assetctl.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(content)
    path.chmod(0o644)
    return path


def _load(tmp_path: Path, path: Path | None = None, **other) -> Settings:
    given = {"cwd": tmp_path, "environ": {}, "user_dir": tmp_path / "user"} | other
    return load_settings(path, **given)


def _refused(tmp_path: Path, content: str, **other) -> str:
    with pytest.raises(InputError) as caught:
        _load(tmp_path, _write(tmp_path / "named", content), **other)
    return str(caught.value)


def test_no_file_at_all_gives_the_defaults(tmp_path):
    settings = _load(tmp_path)
    assert settings.model_dump() == Settings().model_dump()
    assert settings.found.how == "none"
    assert set(settings.origins.values()) == {"default"}
    assert settings.database_url == f"sqlite:///{tmp_path}/assetctl.db"


def test_the_default_limits_are_those_of_the_scope():
    assert Settings().limits.model_dump() == asdict(Limits())


def test_every_section_is_read(tmp_path):
    uncommented = re.sub(r"(?m)^#(?=[\[a-zA-Z])", "", template("assetctl.toml"))
    settings = _load(tmp_path, _write(tmp_path, uncommented))
    assert [n.kind for n in settings.networks] == [NetworkKind.OT, NetworkKind.IT]
    assert settings.networks[0].range == ip_network("10.20.1.0/24")
    assert settings.vantages[0].anchor.gateway == ip_address("10.20.1.1")
    assert settings.windows[0].start == time(22)
    assert settings.credentials[1].secrets()["priv"] == {"keyring": "assetctl/core-priv"}
    assert settings.modbus.units == {"10.20.1.7": (1, 2)}
    assert settings.ports == {"modbus": (502, 503)}
    assert settings.exclusions == tmp_path / "exclude.txt"
    assert set(tomllib.loads(uncommented)) == {f.alias or n for n, f in Settings.model_fields.items()}, (
        "the template shows every section"
    )


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_there_and_says_what_its_lines_mean(name):
    assert template(name).startswith("# ")


def test_the_template_loads_and_changes_nothing(tmp_path):
    assert _load(tmp_path, _write(tmp_path, template("assetctl.toml"))).model_dump() == Settings().model_dump()


def test_an_unknown_template_is_refused():
    with pytest.raises(InputError, match=r"zones\.yaml"):
        template("../facts.toml")


class TestSearch:
    def test_the_nearest_file_upward_counts(self, tmp_path):
        _write(tmp_path / "a", '[project]\nname = "outer"')
        _write(tmp_path / "a/b", '[project]\nname = "inner"')
        (tmp_path / "a/b/c").mkdir()
        settings = _load(tmp_path, cwd=tmp_path / "a/b/c")
        assert (settings.project.name, settings.found.how, settings.found.trusted) == ("inner", "upward", False)
        assert settings.file("zones.yaml") == tmp_path / "a/b/zones.yaml"

    def test_the_users_own_counts_last(self, tmp_path):
        _write(tmp_path / "user", '[project]\nname = "own"')
        settings = _load(tmp_path)
        assert (settings.project.name, settings.found.how, settings.found.trusted) == ("own", "user", True)
        _write(tmp_path, '[project]\nname = "here"')
        assert _load(tmp_path).project.name == "here"

    def test_the_environment_stands_above_the_search_and_the_flag_above_it(self, tmp_path):
        _write(tmp_path, '[project]\nname = "here"')
        named = _write(tmp_path / "x", '[project]\nname = "named"')
        flag = _write(tmp_path / "y", '[project]\nname = "flag"')
        environ = {"ASSETCTL_CONFIG": "x/assetctl.toml"}
        assert _load(tmp_path, environ=environ).found.path == named
        assert _load(tmp_path, environ=environ).project.name == "named"
        assert _load(tmp_path, flag, environ=environ).project.name == "flag"

    def test_a_named_file_must_exist(self, tmp_path):
        for arguments in ({"path": tmp_path / "absent"}, {"environ": {"ASSETCTL_CONFIG": "absent"}}):
            with pytest.raises(InputError, match="absent: cannot be read: No such file"):
                _load(tmp_path, **arguments)

    @pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
    @pytest.mark.parametrize("where", ["upward", "user"])
    def test_a_found_file_that_others_may_write_is_refused(self, tmp_path, mode, where):
        path = _write(tmp_path if where == "upward" else tmp_path / "user", "")
        path.chmod(mode)
        with pytest.raises(InputError, match=f"mode {mode:03o}.*run: chmod go-w {path}"):
            _load(tmp_path)
        assert _load(tmp_path, path).found.how == "flag", "a file that the user names is the user's word"

    def test_a_found_file_of_another_user_is_refused(self, tmp_path, monkeypatch):
        path = _write(tmp_path, "")
        monkeypatch.setattr(os, "getuid", lambda: path.stat().st_uid + 1)
        with pytest.raises(InputError, match="another user owns it"):
            _load(tmp_path)

    def test_a_directory_of_that_name_is_one_clear_line(self, tmp_path):
        (tmp_path / "assetctl.toml").mkdir(mode=0o755)
        with pytest.raises(InputError, match="a directory was found"):
            _load(tmp_path)


class TestOrigins:
    def test_every_value_knows_where_it_came_from(self, tmp_path):
        path = _write(tmp_path, '[project]\nsite = "S"\nname = "N"\n[[networks]]\nrange = "10.0.0.0/24"\n[report]\n')
        environ = {"ASSETCTL_SITE": "from outside", "ASSETCTL_CONTACT": ""}
        settings = _load(tmp_path, environ=environ, flags={"report.title": "T"})
        assert settings.project.site == "from outside"
        expected = {
            "project.name": f"file:{path}",
            "project.site": "env:ASSETCTL_SITE",
            "project.contact": "default",
            "networks[0].range": f"file:{path}",
            "networks[0].kind": "default",
            "report.title": "flag",
            "report.company": "default",
            "limits.connect_s": "default",
        }
        assert {key: settings.origins[key] for key in expected} == expected

    def test_rows_cover_every_origin_and_hide_passwords(self, tmp_path):
        content = '[database]\nurl = "postgresql://me:hunter2@db/x?sslpassword=hunter3"\n[sweep]\nallowed = true\n'
        settings = _load(tmp_path, _write(tmp_path, content))
        rows = {row.key: row for row in settings.rows()}
        assert rows["database.url"].value == "postgresql://me:***@db/x?sslpassword=***"
        assert rows["sweep.allowed"].value == "true"
        assert not any("hunter" in row.value for row in rows.values())
        assert set(rows) == set(settings.origins)

    def test_an_error_names_the_variable_or_flag_that_holds_it(self, tmp_path):
        with pytest.raises(InputError, match=r"^environment variable ASSETCTL_TIMEZONE: project\.timezone: \"Mars\""):
            _load(tmp_path, environ={"ASSETCTL_TIMEZONE": "Mars"})
        with pytest.raises(InputError, match=r"^command line: unknown key \"report\.titel\", did you mean \"title\""):
            _load(tmp_path, flags={"report.titel": "x"})


class TestDatabase:
    def test_a_relative_file_lies_beside_the_settings_or_where_the_command_runs(self, tmp_path):
        _write(tmp_path, '[database]\nurl = "sqlite:///x.db"')
        (tmp_path / "below").mkdir()
        assert _load(tmp_path, cwd=tmp_path / "below").database_url == f"sqlite:///{tmp_path}/x.db"
        environ = {"ASSETCTL_DATABASE_URL": "sqlite:///x.db"}
        below = _load(tmp_path, cwd=tmp_path / "below", environ=environ)
        assert below.database_url == f"sqlite:///{tmp_path}/below/x.db"

    @pytest.mark.parametrize("url", ["sqlite:////abs/x.db", "sqlite://", "sqlite:///:memory:", "postgresql://h/x"])
    def test_any_other_address_stays_as_it_is(self, tmp_path, url):
        assert _load(tmp_path, flags={"database.url": url}).database_url == url

    @pytest.mark.parametrize("url", ["postgresql://me:hunter2@db/x", "postgresql://db/x?password=hunter2"])
    def test_a_password_counts_only_from_the_users_own_file(self, tmp_path, url):
        path = _write(tmp_path, f'[database]\nurl = "{url}"')
        with pytest.raises(InputError, match="a password counts only") as caught:
            _load(tmp_path)
        assert "hunter2" not in str(caught.value)
        assert _load(tmp_path, path).database_url == url
        assert _load(tmp_path, environ={"ASSETCTL_CONFIG": str(path)}).database_url == url
        assert _load(tmp_path, cwd=tmp_path.parent, user_dir=tmp_path).database_url == url
        path.unlink()
        assert _load(tmp_path, environ={"ASSETCTL_DATABASE_URL": url}).database_url == url

    def test_an_address_that_is_none_is_refused_without_repeating_it(self, tmp_path):
        assert "hunter2" not in _refused(tmp_path, '[database]\nurl = "me:hunter2@db"')
        assert "hunter2" not in _refused(tmp_path, '[database]\nurl = ["me:hunter2@db"]')

    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("postgresql+psycopg://me:p:a/s@x@db/x", "postgresql+psycopg://me:***@db/x"),
            ("postgresql://me@db/x", "postgresql://me@db/x"),
            ("sqlite:///a.db?mode=ro", "sqlite:///a.db?mode=ro"),
        ],
    )
    def test_masked_keeps_all_but_the_password(self, url, shown):
        assert masked(url) == shown


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("schema = 2", 1, "schema 1 is expected, 2 was found"),
        ('schema = "1"', 1, "a whole number is expected"),
        ("schema = true", 1, "a whole number is expected, true was found"),
        ("[projekt]", 1, 'unknown key "projekt", did you mean "project"?'),
        ("schema_number = 1", 1, 'unknown key "schema_number"'),
        ("[found]", 1, 'unknown key "found"'),
        ("[project]\n\nnmae = 1", 3, 'unknown key "project.nmae", did you mean "name"?'),
        ("[project]\nqqqqqq = 1", 2, "known here: name, site, timezone, contact"),
        ("[project]\nname = 5", 2, "project.name: a text is expected, 5 was found"),
        ("[project]\nname = 'a\u202eb'", 2, "hidden characters"),
        ("[project]\ntimezone = 'Mars/Base'", 2, "not a time zone"),
        ("[project]\ntimezone = '../../etc/passwd'", 2, "not a time zone"),
        ("[project]\ntimezone = 'Europe'", 2, "not a time zone"),
        ("networks = 3", 1, "networks: a list is expected, 3 was found"),
        ("networks = [3]", 1, "networks[0]: a table of keys is expected, 3 was found"),
        ("[[networks]]\nkind = 'it'", 1, 'the key "networks[0].range" is missing'),
        ("[[networks]]\nrange = '10.0.0.5/24'", 2, "write 10.0.0.0/24"),
        ("[[networks]]\nrange = '10.0.0.0/255.0.0.0'", 2, "not a network"),
        ("[[networks]]\nrange = 7", 2, "not a network"),
        ("[[networks]]\nrange = '010.0.0.0/8'", 2, "not a network"),
        ("[[networks]]\nrange = '10.0.0.0/8'\nkind = 'office'", 3, "expected"),
        ("[[networks]]\nrange = '0.0.0.0/0'\nkind = 'it'", 1, "too wide"),
        ("[[networks]]\nrange = '::/0'\nkind = 'lab'", 1, "too wide"),
        ("[[networks]]\nrange = '10.0.0.0/8'\nrealm = 'Cell 1'", 3, "not a realm"),
        ("[[networks]]\nrange = '10.0.0.0/8'\nfragile = 'no'", 3, "true or false is expected"),
        ("[[networks]]\nrange = '10.0.0.0/8'\n[[networks]]\nrange = '10.0.0.0/8'", None, "twice"),
        ("[[vantages]]\n[[vantages]]", None, "twice"),
        ("[[vantages]]\nsource = 'fe80::1%eth0'", 2, "not an address"),
        ("[[vantages]]\nanchor = { gateway = '10.0.0.1' }", 2, '"vantages[0].anchor.mac" is missing'),
        ("[[vantages]]\nanchor = { gateway = '10.0.0.1', mac = '00:1B' }", 2, "not a MAC address"),
        ("[[windows]]\nstart = '22:00'", 1, '"windows[0].end" is missing'),
        ("[[windows]]\nstart = '25:00'\nend = '04:00'", 2, "not a time of day"),
        ("[[windows]]\nstart = 22\nend = '04:00'", 2, "not a time of day"),
        ("[[windows]]\nstart = '04:00'\nend = '04:00'", 1, "the same"),
        ("[[windows]]\ndays = ['monday']\nstart = '22:00'\nend = '04:00'", 2, "mon"),
        ("[[windows]]\ndays = []\nstart = '22:00'\nend = '04:00'", 2, "at least 1 item"),
        ("[limits]\npackets_per_second = 51", None, "at most 50 where a network is ot"),
        ("[limits]\npackets_per_second = 0", 2, "greater than or equal to 1"),
        ("[limits]\not_units_per_second = 2.5", 2, "less than or equal to 2 is expected, 2.5 was found"),
        ("[limits]\not_units_per_second = nan", 2, "finite"),
        ("[limits]\nit_units_per_second = 21", 2, "less than or equal to 20"),
        ("[limits]\ndevices_per_24 = 5", 2, "less than or equal to 4"),
        ("[limits]\nidentity_units = 25", 2, "less than or equal to 24"),
        ("[limits]\nidentity_units = 24.0", 2, "a whole number"),
        ("[limits]\nconnect_s = 5.1", 2, "less than or equal to 5"),
        ("[limits]\nanswer_s = inf", 2, "finite"),
        ("[limits]\nmost_devices = 65", 2, "less than or equal to 64"),
        ("[probes]\nonly = ['modbus', 'modbus']", 2, "twice"),
        ("[probes]\ndepth = ['snmp']", 2, "not a depth question"),
        ("[[consents]]\nprobe = 'x'\ntargets = []\nby = 'a'\nreason = 'b'", 3, "at least 1 item"),
        ("[[consents]]\nprobe = 'x'\ntargets = ['10.0.0.1']\nby = ' '\nreason = 'b'", 4, "an empty one"),
        ("[sweep]\nallowed = 'yes'", 2, "true or false is expected"),
        ("[modbus]\nunits = { '10.0.0.1' = [0] }", 2, "greater than or equal to 1"),
        ("[modbus]\nunits = { '10.0.0.1' = [1,2,3,4,5,6,7,8,9] }", 2, "at most 8 items"),
        ("[ports]\nmodbus = [70000]", 2, "less than or equal to 65535"),
        ("[ports]\nmodbus = []", 2, "at least 1 item"),
        ("[approval]\npersons = 3", 2, "less than or equal to 2"),
        ("[files]\npositions = 'x'", 2, 'unknown key "files.positions"'),
    ],
)
def test_a_mistake_is_one_line_with_file_place_and_what_to_do(tmp_path, content, line, said):
    message = _refused(tmp_path, content)
    place = f"{tmp_path}/named/assetctl.toml" + (f":{line}: " if line else ": ")
    assert message.startswith(place)
    assert said in message
    assert message.count("\n") == 0


def test_every_mistake_has_its_line(tmp_path):
    message = _refused(tmp_path, "[project]\nnmae = 1\n[limits]\nconnect_s = 9\n")
    assert [line.split(": ")[0][-2:] for line in message.split("\n")] == [":2", ":4"]


def test_a_file_of_thousands_of_mistakes_is_told_in_a_few_lines(tmp_path):
    message = _refused(tmp_path, "[project]\n" + "".join(f"k{n} = 1\n" for n in range(5000)))
    assert len(message.split("\n")) == 21
    assert message.endswith("and 4980 more")


def test_connect_time_may_be_raised_for_slow_links(tmp_path):
    assert _load(tmp_path, _write(tmp_path, "[limits]\nconnect_s = 5\n")).limits.connect_s == 5


@pytest.mark.parametrize(("kinds", "allowed"), [("it lab", True), ("it ot", False), ("ot", False)])
def test_a_faster_pace_needs_a_plant_without_ot(tmp_path, kinds, allowed):
    networks = "".join(
        f"[[networks]]\nrange = '10.{n}.0.0/16'\nkind = '{kind}'\n" for n, kind in enumerate(kinds.split())
    )
    content = networks + "[limits]\npackets_per_second = 200\n"
    if allowed:
        assert _load(tmp_path, _write(tmp_path, content)).limits.packets_per_second == 200
    else:
        assert "at most 50" in _refused(tmp_path, content)


_V3 = "[[credentials]]\nname = 'c'\nkind = 'snmp-v3'\nuser = 'u'\n"
_V2 = "[[credentials]]\nname = 'c'\nkind = 'snmp-v2c'\n"
_REF = "{ env = 'X' }"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_V2, "needs community"),
        (_V2 + f"community = {_REF}\nuser = 'u'", "has a community only"),
        (_V2 + f"community = {_REF}\nauth = {_REF}", "has a community only"),
        (_V2.replace("v2c", "v4") + f"community = {_REF}", "snmp-v3"),
        (_V2.replace("'c'", "'a b'") + f"community = {_REF}", "not a name"),
        (_V3.replace("'u'", "''"), "needs a user"),
        (_V3.replace("'u'", f"'{'u' * 33}'"), "1 to 32 bytes"),
        (_V3 + f"community = {_REF}", "has no community"),
        (_V3 + "auth_protocol = 'SHA'", "auth_protocol goes with auth"),
        (_V3 + f"auth = {_REF}", "auth_protocol goes with auth"),
        (_V3 + f"priv_protocol = 'DES'\npriv = {_REF}", "priv needs auth"),
        (_V3 + f"auth_protocol = 'SHA-256'\nauth = {_REF}", "not one of MD5, SHA, SHA224, SHA256, SHA384, SHA512, did"),
        (_V3 + f"auth_protocol = 'SHA'\nauth = {_REF}\npriv_protocol = 'AES'\npriv = {_REF}", "not one of DES"),
        (_V2 + "community = { env = 'X', file = 'a#b' }", "exactly one of env, file, keyring, command"),
        (_V2 + "community = {}", "exactly one"),
        (_V2 + "community = { vault = 'X' }", 'unknown key "credentials[0].community.vault"'),
        (_V2 + "community = { file = 'secrets.toml' }", "a path and a name"),
        (_V2 + "community = { file = 'secrets.toml#a b' }", "not a name"),
        (_V2 + "community = { keyring = 'core' }", "a service and a name"),
        (_V2 + "community = { command = [] }", "at least 1 item"),
        (_V2 + "community = { command = 'pass show x' }", "a list is expected"),
        (_V2 + f"community = {_REF}\n" + _V2 + f"community = {_REF}", "twice"),
    ],
)
def test_a_credential_that_does_not_fit_is_refused(tmp_path, content, said):
    assert said in _refused(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    [
        _V2 + "community = 'hunter2'",
        _V2 + "community = ['hunter2']",
        _V3 + "auth_protocol = 'SHA'\nauth = 'hunter2'",
        _V3 + "auth_protocol = ['hunter2']",
        _V2 + "community = { env = ['hunter2'] }",
        _V2 + f"community = {_REF}\npassword = 'hunter2'",
        "[[credentials]]\nname = 'c'\nkind = 'hunter2'\ncommunity = 'hunter2'",
    ],
)
def test_a_secret_in_the_settings_is_refused_and_never_repeated(tmp_path, content):
    with pytest.raises(InputError) as caught:
        _load(tmp_path, _write(tmp_path, content))
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None, "pydantic's error holds the values"


def test_a_literal_secret_is_answered_with_the_way_to_write_it(tmp_path):
    assert '{ env = "SNMP_COMMUNITY" }' in _refused(tmp_path, _V2 + "community = 'public'")


@pytest.mark.parametrize("content", [b"a = \xff", b"\x00\x01", b"a = [", b"a = 1\na = 2\n", b"[" * 5000])
def test_a_file_that_is_no_toml_is_one_clear_line(tmp_path, content):
    path = tmp_path / "f.toml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        _load(tmp_path, path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
