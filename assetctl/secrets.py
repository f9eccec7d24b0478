"""Credentials by reference: where a secret is kept, and the values that travel only as far as an envelope.

A secret is never part of an error, a log line or a repr. A file of secrets is TOML with one `name = "value"` a line,
readable by its owner alone.
"""

import json
import os
import shlex
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assetctl.documents import read_toml
from assetctl.entries import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from assetctl.errors import InputError, SecretFault
from assetctl.scope import CredentialEntry
from assetctl.text import near, one_line
from assetctl.values import entry_name

COMMAND_WAIT_S = 30.0
MOST_SECRET_BYTES = 4096
LEAST_KEY_BYTES = 8  # RFC 3414, 11.2
_EXTRA = 'pip install "assetctl[keyring]"'


@dataclass(frozen=True, slots=True)
class Community:
    """An SNMP v1 or v2c community. version: v1 or v2c."""

    name: str
    version: str
    community: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UsmUser:
    """An SNMPv3 user. auth_protocol: "", MD5, SHA, SHA224, SHA256, SHA384, SHA512. priv_protocol: "", DES, AES128,
    AES192, AES256 (Blumenthal key extension), AES192-REEDER, AES256-REEDER."""

    name: str
    user: str
    auth_protocol: str = ""
    auth_key: str = field(default="", repr=False)
    priv_protocol: str = ""
    priv_key: str = field(default="", repr=False)
    context: str = ""


Secret = Community | UsmUser


@dataclass(frozen=True, slots=True)
class _Source:
    """Where references are followed. part: of which credential, for errors."""

    part: str
    environ: Mapping[str, str]
    config_dir: Path
    user_config: bool


def resolve(entry: CredentialEntry, *, environ: Mapping[str, str], config_dir: Path, user_config: bool) -> Secret:
    """The credential with its secrets. config_dir: what relative files start from.

    user_config: whether the settings are the user's own or were named by them; only then a command is run.
    Raises SecretFault, which names the credential and the place, never the value.
    """

    def value(part: str) -> str:
        reference = entry.secrets.get(part)
        if reference is None:
            return ""
        return _fetch(reference, _Source(f'credential "{entry.name}", {part}', environ, config_dir, user_config))

    if entry.kind in ("snmp-v1", "snmp-v2c"):
        return Community(entry.name, entry.kind.removeprefix("snmp-"), _community(entry.name, value("community")))
    if entry.kind != "snmp-v3":
        raise SecretFault(f'credential "{entry.name}": the kind "{entry.kind}" is unknown; use snmp-v1, -v2c or -v3')
    options = entry.options
    user = UsmUser(
        entry.name,
        options.get("user", ""),
        options.get("auth_protocol", ""),
        value("auth"),
        options.get("priv_protocol", ""),
        value("priv"),
        options.get("context", ""),
    )
    _check(user)
    return user


def follow(
    reference: Mapping[str, str], part: str, *, environ: Mapping[str, str], config_dir: Path, user_config: bool
) -> str:
    """The secret at the end of one reference. part: what it is for, for errors. Otherwise as `resolve`."""
    return _fetch(reference, _Source(part, environ, config_dir, user_config))


def set_secret(path: Path, name: str, value: str) -> None:
    """Keep one secret in a file that only its owner can read; other entries and comments stay.

    The file is replaced as a whole: an interruption leaves the old one. Raises SecretFault.
    """
    try:
        entry_name(name)
    except ValueError as error:
        raise SecretFault(f"secret name: {error}") from None
    _check_value(f'secret "{name}"', value)
    _rewrite(path, name, value)


def remove_secret(path: Path, name: str) -> None:
    """Take one secret out of a file. Raises SecretFault when it is not there."""
    if name not in (known := list_secrets(path)):
        raise SecretFault(f'{path}: no secret "{one_line(name, most=60)}" is kept here{near(name, known)}')
    _rewrite(path, name, None)


def list_secrets(path: Path) -> tuple[str, ...]:
    """Names of the secrets in a file, never their values; () when there is no such file."""
    return tuple(_load(path)) if os.path.lexists(path) else ()


def _community(name: str, value: str) -> bytes:
    raw = value.encode()
    if not 1 <= len(raw) <= 255:
        raise SecretFault(
            f'credential "{name}": a community of 1 to 255 bytes is expected, one of {len(raw)} was found'
        )
    return raw


def _check(user: UsmUser) -> None:
    """An SNMPv3 user as RFC 3414 allows it: known protocols, privacy only with authentication, keys long enough."""
    where = f'credential "{user.name}"'
    if not 1 <= len(user.user.encode()) <= 32:
        raise SecretFault(f"{where}: a user name of 1 to 32 bytes is expected")
    pairs = (
        ("auth", user.auth_protocol, user.auth_key, AUTH_PROTOCOLS),
        ("priv", user.priv_protocol, user.priv_key, PRIV_PROTOCOLS),
    )
    for part, protocol, key, known in pairs:
        if bool(protocol) != bool(key):
            raise SecretFault(f"{where}: {part}_protocol and {part} go together; give both or none")
        if protocol and protocol not in known:
            raise SecretFault(f'{where}: {part}_protocol "{protocol}" is unknown{near(protocol, known)}')
        if protocol and len(key.encode()) < LEAST_KEY_BYTES:
            raise SecretFault(f"{where}, {part}: a key of at least {LEAST_KEY_BYTES} bytes is expected, it is shorter")
    if user.priv_protocol and not user.auth_protocol:
        raise SecretFault(f"{where}: priv needs auth; SNMPv3 does not encrypt without authentication")


def _check_value(where: str, value: str) -> str:
    """A secret that can be used at all: not empty, one line, text that UTF-8 can hold."""
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        size = -1
    if not 1 <= size <= MOST_SECRET_BYTES or any(character in value for character in "\0\r\n"):
        raise SecretFault(f"{where}: one line of 1 to {MOST_SECRET_BYTES} bytes of text is expected")
    return value


def _fetch(reference: Mapping[str, str], source: _Source) -> str:
    if len(reference) != 1:
        raise SecretFault(f"{source.part}: one reference is expected, {len(reference)} were found")
    [(way, where)] = reference.items()
    match way:
        case "env":
            value = _from_environment(where, source)
        case "file":
            value = _from_file(where, source)
        case "keyring":
            value = _from_keyring(where, source)
        case "command":
            value = _from_command(where, source)
        case _:
            raise SecretFault(f'{source.part}: the reference "{way}" is unknown; use env, file, keyring or command')
    return _check_value(source.part, value)


def _from_environment(name: str, source: _Source) -> str:
    if not (value := source.environ.get(name, "")):
        raise SecretFault(f"{source.part}: the environment variable {name} is not set, or empty; set it and try again")
    return value


def _from_file(where: str, source: _Source) -> str:
    file, _, name = where.rpartition("#")
    path = source.config_dir / file
    kept = _load(path)
    if name not in kept:
        raise SecretFault(
            f'{source.part}: {path} has no secret "{name}"{near(name, tuple(kept))}; see assetctl secrets set'
        )
    return kept[name]


def _from_keyring(where: str, source: _Source) -> str:
    from importlib import import_module

    service, _, name = where.partition("/")
    try:
        keyring = import_module("keyring")
    except ImportError:
        raise SecretFault(f"{source.part}: a keyring needs an optional package: {_EXTRA}") from None
    try:
        value = keyring.get_password(service, name)
    except Exception as error:  # noqa: BLE001  a back end may raise anything, and its text may hold the secret
        kind = type(error).__name__
        raise SecretFault(
            f"{source.part}: the keyring of this machine cannot be used ({kind}); use env, file or command"
        ) from None
    if not isinstance(value, str):
        raise SecretFault(
            f'{source.part}: the keyring has nothing for service "{service}", name "{name}"; add it there'
        )
    return value


def _from_command(where: str, source: _Source) -> str:
    """The first line that a program prints."""
    if not source.user_config:
        raise SecretFault(
            f"{source.part}: commands count only from your own settings or a file named with --config; name it so"
        )
    try:
        argv = [str(part) for part in json.loads(where)]
        return _printed(argv, source).split(b"\n", 1)[0].removesuffix(b"\r").decode()
    except TimeoutError:
        problem = f"did not end within {COMMAND_WAIT_S:.0f} s"
    except OSError as error:
        problem = f"cannot be started ({error.strerror})"
    except UnicodeDecodeError:
        problem = "printed something that is not UTF-8 text"
    except (ValueError, TypeError, IndexError):
        problem = "is not a program with its arguments"
    raise SecretFault(f"{source.part}: the command {problem}; try it by hand")


def _printed(argv: list[str], source: _Source) -> bytes:
    """What a program prints. Its errors go to the terminal, where they may ask for something."""
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603  the user's own settings name it; no shell reads it
            argv,
            env=dict(source.environ),
            cwd=source.config_dir,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=COMMAND_WAIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    if done.returncode:
        name = one_line(argv[0], most=60)
        raise SecretFault(f'{source.part}: the command "{name}" ended with status {done.returncode}; try it by hand')
    return done.stdout


def _load(path: Path) -> Mapping[str, str]:
    """All secrets of a file, after its rights were looked at."""
    _refuse_open_file(path)
    try:
        root = read_toml(path).root
    except InputError as error:
        problem = str(error)
    else:
        wrong = [name for name, value in root.items() if not isinstance(value, str)]
        if not wrong:
            return dict(root)
        problem = f'{path}: lines such as name = "value" are expected, "{one_line(wrong[0], most=60)}" is none'
    raise SecretFault(problem)


def _refuse_open_file(path: Path) -> None:
    """Refuse a file that others can read or that another user owns. On Windows the folder's rights decide."""
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable file name"
        raise SecretFault(f"{path}: the secrets cannot be read: {reason}; see assetctl secrets set") from None
    if os.name != "posix":
        return
    if found.st_uid != os.getuid():
        raise SecretFault(f"{path}: another user owns this file of secrets; keep them in a file of your own")
    if stat.S_IMODE(found.st_mode) & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        raise SecretFault(
            f"{path}: others have rights on it (mode {mode:03o}); run: chmod 600 {shlex.quote(str(path))}"
        )


def _rewrite(path: Path, name: str, value: str | None) -> None:
    """Replace the file by one in which a name has this value, or is gone.

    The new file's name is fixed and made exclusively, so that two writers cannot lose each other's entry.
    """
    target = path.resolve()
    fresh = target.with_name(target.name + ".new")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SecretFault(
            f"{fresh}: another assetctl is writing secrets, or was killed at it; then remove it"
        ) from None
    except OSError as error:
        raise SecretFault(f"{fresh}: cannot be made: {error.strerror}; check the folder and its rights") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_edited(target, name, value))
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, target)
    except OSError as error:
        raise SecretFault(f"{target}: cannot be written: {error.strerror}; the old secrets are kept") from None
    finally:
        fresh.unlink(missing_ok=True)


def _edited(path: Path, name: str, value: str | None) -> bytes:
    """The text of the file after the edit, read back before it is believed."""
    import tomlkit

    exists = path.exists()
    kept = dict(_load(path)) if exists else {}
    document = tomlkit.parse(path.read_text("utf-8-sig")) if exists else tomlkit.document()
    if value is None:
        document.remove(name)
        kept.pop(name)
    else:
        document[name] = value
        kept[name] = value
    edited = tomlkit.dumps(document)
    if tomllib.loads(edited) != kept:
        raise SecretFault(f"{path}: the edit did not come out right, the old secrets are kept; edit the file by hand")
    return edited.encode()
