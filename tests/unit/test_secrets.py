"""Laws of secrets: they are found where the reference says, only when nobody else can read them, and never shown."""

import json
import os
import stat
import subprocess
import sys
import traceback
from types import ModuleType

import pytest

from assetctl.errors import SecretFault
from assetctl.scope import CredentialEntry
from assetctl.secrets import references
from assetctl.secrets.credentials import Community, UsmUser, resolve
from assetctl.secrets.file import list_secrets, remove_secret, set_secret

VALUE = "hunter2-hunter2"


def _entry(kind="snmp-v2c", options=(), **references):
    return CredentialEntry("core", kind, "plant", (), references, dict(options))


def _resolve(entry, tmp_path, **other):
    return resolve(entry, **({"environ": dict(os.environ), "config_dir": tmp_path, "user_config": True} | other))


def _fault(call, *arguments, **other) -> str:
    """The message of the SecretFault, after looking that no secret is in it or in what a traceback would print."""
    with pytest.raises(SecretFault) as caught:
        call(*arguments, **other)
    printed = "".join(traceback.format_exception(caught.value))
    assert VALUE not in printed
    assert "\n" not in str(caught.value)
    return str(caught.value)


def _file(tmp_path, content, mode=0o600):
    path = tmp_path / "secrets.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return path


IN_FILE = {"file": "secrets.toml#core"}


class TestEnvironment:
    def test_the_value_of_the_variable_is_taken(self, tmp_path):
        found = _resolve(_entry(community={"env": "X"}), tmp_path, environ={"X": VALUE})
        assert found == Community("core", "v2c", VALUE.encode())

    @pytest.mark.parametrize("environ", [{}, {"X": ""}])
    def test_an_absent_or_empty_one_is_named(self, tmp_path, environ):
        message = _fault(_resolve, _entry(community={"env": "X"}), tmp_path, environ=environ)
        assert message.startswith('credential "core", community: the environment variable X is not set')

    @pytest.mark.parametrize("value", [VALUE + "\n", VALUE + "\0", VALUE + "\udcff", VALUE * 1000])
    def test_a_value_that_no_envelope_can_carry_is_refused(self, tmp_path, value):
        assert "one line of 1 to 4096 bytes" in _fault(
            _resolve, _entry(community={"env": "X"}), tmp_path, environ={"X": value}
        )

    def test_a_community_has_at_most_255_bytes(self, tmp_path):
        message = _fault(_resolve, _entry(community={"env": "X"}), tmp_path, environ={"X": "ä" * 128})
        assert "1 to 255 bytes is expected, one of 256 was found" in message


class TestFile:
    def test_the_named_entry_is_taken(self, tmp_path):
        _file(tmp_path, f'other = "x"\ncore = "{VALUE}"\n')
        assert _resolve(_entry("snmp-v1", community=IN_FILE), tmp_path) == Community("core", "v1", VALUE.encode())

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
    def test_a_file_that_others_have_rights_on_is_refused_with_the_command(self, tmp_path, mode):
        path = _file(tmp_path, f'core = "{VALUE}"', mode)
        message = _fault(_resolve, _entry(community=IN_FILE), tmp_path)
        assert f"mode {mode:03o}" in message
        assert message.endswith(f"run: chmod 600 {path}")

    def test_the_command_can_be_pasted_for_any_path(self, tmp_path):
        folder = tmp_path / "a b'c"
        folder.mkdir()
        path = _file(folder, f'core = "{VALUE}"', 0o644)
        command = _fault(list_secrets, path).partition("run: ")[2]
        subprocess.run(["sh", "-c", command], check=True)
        assert list_secrets(path) == ("core",)

    def test_a_file_of_another_user_is_refused(self, tmp_path, monkeypatch):
        path = _file(tmp_path, f'core = "{VALUE}"')
        monkeypatch.setattr(os, "getuid", lambda: path.stat().st_uid + 1)
        assert "another user owns this file" in _fault(_resolve, _entry(community=IN_FILE), tmp_path)

    def test_an_absent_name_is_answered_with_a_near_one(self, tmp_path):
        _file(tmp_path, f'cord = "{VALUE}"')
        message = _fault(_resolve, _entry(community=IN_FILE), tmp_path)
        assert 'has no secret "core", did you mean "cord"?' in message

    @pytest.mark.parametrize(
        "content",
        [f"core = {VALUE}", f'core = "{VALUE}', b"\xff" + VALUE.encode(), b"\0", f'core = ["{VALUE}"]', "core = 5"],
    )
    def test_a_file_that_is_none_of_secrets_is_refused_without_showing_it(self, tmp_path, content):
        path = _file(tmp_path, content)
        assert str(path) in _fault(_resolve, _entry(community=IN_FILE), tmp_path)

    def test_an_absent_file_and_a_directory_are_named(self, tmp_path):
        assert "No such file" in _fault(_resolve, _entry(community=IN_FILE), tmp_path)
        (tmp_path / "secrets.toml").mkdir(mode=0o700)
        assert "a directory" in _fault(_resolve, _entry(community=IN_FILE), tmp_path)


class TestCommand:
    def _entry(self, *argv):
        return _entry(community={"command": json.dumps(argv)})

    def _python(self, code):
        return self._entry(sys.executable, "-c", code)

    def test_the_first_line_it_prints_is_taken(self, tmp_path):
        entry = self._python(f"print('{VALUE}'); print('second')")
        assert _resolve(entry, tmp_path).community == VALUE.encode()

    def test_arguments_reach_it_as_they_are(self, tmp_path):
        entry = self._entry(sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME; a 'b\" *")
        assert _resolve(entry, tmp_path).community == b"$HOME; a 'b\" *"

    def test_it_is_not_run_from_settings_that_were_only_found(self, tmp_path):
        entry = self._python(f"open('{tmp_path}/ran', 'w')")
        assert "commands count only from your own settings" in _fault(_resolve, entry, tmp_path, user_config=False)
        assert not (tmp_path / "ran").exists()

    def test_it_cannot_wait_for_input(self, tmp_path):
        entry = self._python("import sys; print(repr(sys.stdin.read()))")
        assert _resolve(entry, tmp_path).community == b"''"

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            (f"print('{VALUE}'); raise SystemExit(3)", "ended with status 3"),
            ("", "one line of 1 to 4096"),
            ("import sys; sys.stdout.buffer.write(b'\\xff')", "not UTF-8"),
        ],
    )
    def test_one_that_fails_is_refused(self, tmp_path, code, said):
        assert said in _fault(_resolve, self._python(code), tmp_path)

    def test_one_that_is_not_there_or_does_not_end_is_refused(self, tmp_path, monkeypatch):
        assert "cannot be started" in _fault(_resolve, self._entry("/nowhere/pass"), tmp_path)
        monkeypatch.setattr(references, "COMMAND_WAIT_S", 0.3)
        assert "did not end within" in _fault(_resolve, self._python("import time; time.sleep(20)"), tmp_path)

    @pytest.mark.parametrize("written", ["", "[]", "5", "{", '["a\\u0000b"]'])
    def test_a_reference_that_is_no_command_is_refused(self, tmp_path, written):
        assert "command" in _fault(_resolve, _entry(community={"command": written}), tmp_path)


class TestKeyring:
    """Against stand-ins for the optional package, which needs a desktop session to hold anything."""

    ENTRY = _entry(community={"keyring": "assetctl/core/ro"})

    def _install(self, monkeypatch, get_password):
        module = ModuleType("keyring")
        module.get_password = get_password
        monkeypatch.setitem(sys.modules, "keyring", module)

    def test_service_and_name_are_asked_for(self, tmp_path, monkeypatch):
        self._install(monkeypatch, lambda service, name: f"{service}|{name}")
        assert _resolve(self.ENTRY, tmp_path).community == b"assetctl|core/ro"

    def test_without_the_package_the_extra_is_named(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "keyring", None)
        assert 'pip install "assetctl[keyring]"' in _fault(_resolve, self.ENTRY, tmp_path)

    def test_an_absent_entry_is_named(self, tmp_path, monkeypatch):
        self._install(monkeypatch, lambda service, name: None)
        assert 'nothing for service "assetctl", name "core/ro"' in _fault(_resolve, self.ENTRY, tmp_path)

    def test_a_back_end_that_fails_does_not_tell_what_it_holds(self, tmp_path, monkeypatch):
        def fails(service, name):
            raise RuntimeError(VALUE)

        self._install(monkeypatch, fails)
        assert "cannot be used (RuntimeError)" in _fault(_resolve, self.ENTRY, tmp_path)


@pytest.mark.parametrize("reference", [{}, {"env": "A", "file": "b#c"}, {"vault": "x"}])
def test_a_reference_of_another_kind_is_refused(tmp_path, reference):
    assert "reference" in _fault(_resolve, _entry(community=reference), tmp_path)


def test_a_kind_that_does_not_exist_is_refused(tmp_path):
    assert "unknown" in _fault(_resolve, _entry("ssh", community={"env": "X"}), tmp_path, environ={"X": VALUE})


V3 = {"user": "assetctl", "auth_protocol": "SHA256", "priv_protocol": "AES128", "context": "c"}
ENV = {"A": VALUE, "P": "private-key", "SHORT": "1234567"}


def test_an_snmpv3_user_has_all_its_parts(tmp_path):
    entry = _entry("snmp-v3", V3.items(), auth={"env": "A"}, priv={"env": "P"})
    expected = UsmUser("core", "assetctl", "SHA256", VALUE, "AES128", "private-key", "c")
    assert _resolve(entry, tmp_path, environ=ENV) == expected
    plain = _entry("snmp-v3", {"user": "assetctl"}.items())
    assert _resolve(plain, tmp_path, environ={}) == UsmUser("core", "assetctl")


@pytest.mark.parametrize(
    ("options", "references", "said"),
    [
        ({"user": ""}, "AP", "user name of 1 to 32"),
        ({"user": "u" * 33}, "AP", "user name of 1 to 32"),
        ({"auth_protocol": "SHA-256"}, "AP", 'auth_protocol "SHA-256" is unknown, did you mean "SHA256"'),
        ({"priv_protocol": "AES"}, "AP", 'priv_protocol "AES" is unknown'),
        ({"auth_protocol": ""}, "AP", "auth_protocol and auth go together"),
        ({"priv_protocol": ""}, "AP", "priv_protocol and priv go together"),
        ({}, "A", "priv_protocol and priv go together"),
        ({"auth_protocol": ""}, "P", "priv needs auth"),
    ],
)
def test_an_snmpv3_user_that_the_standard_does_not_allow_is_refused(tmp_path, options, references, said):
    parts = {"A": "auth", "P": "priv"}
    entry = _entry("snmp-v3", (V3 | options).items(), **{parts[one]: {"env": one} for one in references})
    assert said in _fault(_resolve, entry, tmp_path, environ=ENV)


@pytest.mark.parametrize("part", ["auth", "priv"])
def test_a_key_below_eight_bytes_is_refused_without_telling_it(tmp_path, part):
    references = {"auth": {"env": "A"}, "priv": {"env": "P"}} | {part: {"env": "SHORT"}}
    message = _fault(_resolve, _entry("snmp-v3", V3.items(), **references), tmp_path, environ=ENV)
    assert f"{part}: a key of at least 8 bytes" in message
    assert ENV["SHORT"] not in message


def test_no_secret_is_in_a_repr():
    user = UsmUser("core", "u", "SHA", VALUE, "AES128", VALUE)
    assert VALUE not in repr(user) + repr(Community("core", "v2c", VALUE.encode()))


class TestKeeping:
    def test_what_is_set_is_resolved_and_can_be_read_by_nobody_else(self, tmp_path):
        path = tmp_path / "secrets.toml"
        old = os.umask(0)
        try:
            set_secret(path, "core", VALUE)
        finally:
            os.umask(old)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert _resolve(_entry(community=IN_FILE), tmp_path).community == VALUE.encode()

    @pytest.mark.parametrize("value", ["\"'\\#[]=\t", "ä€😀", " x ", "'''", '"""'])
    def test_any_text_comes_back_as_it_was(self, tmp_path, value):
        set_secret(tmp_path / "secrets.toml", "core", value)
        assert _resolve(_entry(community=IN_FILE), tmp_path).community == value.encode()

    def test_other_entries_and_comments_stay(self, tmp_path):
        path = _file(tmp_path, '# our switches\na = "1" # first\n\nb = "2"\n')
        set_secret(path, "b", "3")
        set_secret(path, "c", "4")
        assert path.read_text() == '# our switches\na = "1" # first\n\nb = "3"\nc = "4"\n'
        remove_secret(path, "b")
        assert list_secrets(path) == ("a", "c")
        assert "# our switches" in path.read_text()

    def test_a_file_of_comments_keeps_them(self, tmp_path):
        path = _file(tmp_path, "# keep me\n")
        set_secret(path, "a", "1")
        assert path.read_text().startswith("# keep me\n")

    def test_a_link_stays_a_link(self, tmp_path):
        real = _file(tmp_path, 'a = "1"\n').rename(tmp_path / "real.toml")
        link = tmp_path / "secrets.toml"
        link.symlink_to(real)
        set_secret(link, "b", "2")
        assert link.is_symlink()
        assert list_secrets(real) == ("a", "b")

    def test_an_open_or_broken_file_is_refused_and_stays_as_it_was(self, tmp_path):
        for content, mode in ((f'a = "{VALUE}"', 0o644), (f'a = "{VALUE}', 0o600)):
            path = _file(tmp_path, content, mode)
            _fault(set_secret, path, "b", "2")
            assert path.read_text() == content
            assert list(tmp_path.iterdir()) == [path]

    def test_a_second_writer_is_refused(self, tmp_path):
        (tmp_path / "secrets.toml.new").touch()
        assert "another assetctl is writing" in _fault(set_secret, tmp_path / "secrets.toml", "a", "1")
        assert (tmp_path / "secrets.toml.new").exists()

    def test_a_folder_that_is_not_there_is_named(self, tmp_path):
        assert "cannot be made" in _fault(set_secret, tmp_path / "absent/secrets.toml", "a", VALUE)

    def test_a_full_disk_keeps_the_old_file(self, tmp_path, monkeypatch):
        path = _file(tmp_path, 'a = "1"\n')

        def full(handle):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        assert "No space left" in _fault(set_secret, path, "b", VALUE)
        assert path.read_text() == 'a = "1"\n'
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("name", ["", "a b", "#", "-a", "ä", "x" * 65])
    def test_a_name_that_no_reference_can_hold_is_refused(self, tmp_path, name):
        assert "is not a name" in _fault(set_secret, tmp_path / "secrets.toml", name, VALUE)

    @pytest.mark.parametrize("value", ["", "a\nb", "a\0b", "\ud800", "x" * 4097])
    def test_a_value_that_no_envelope_can_carry_is_refused(self, tmp_path, value):
        assert "one line of 1 to 4096" in _fault(set_secret, tmp_path / "secrets.toml", "a", value)
        assert not list(tmp_path.iterdir())

    def test_removing_what_is_not_there_is_refused(self, tmp_path):
        assert "no secret" in _fault(remove_secret, tmp_path / "secrets.toml", "a")
        path = _file(tmp_path, 'core = "1"\n')
        assert 'did you mean "core"' in _fault(remove_secret, path, "cord")

    def test_no_file_lists_nothing(self, tmp_path):
        assert list_secrets(tmp_path / "absent") == ()
