"""A file of secrets: TOML with one `name = "value"` a line, readable by its owner alone.

Its values are never part of an error.
"""

import os
import shlex
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

from assetctl.documents import read_toml
from assetctl.errors import InputError, SecretFault
from assetctl.text import near, one_line
from assetctl.values import entry_name

MOST_SECRET_BYTES = 4096


def set_secret(path: Path, name: str, value: str) -> None:
    """Keep one secret in a file that only its owner can read; other entries and comments stay.

    The file is replaced as a whole: an interruption leaves the old one. Raises SecretFault.
    """
    try:
        entry_name(name)
    except ValueError as error:
        raise SecretFault(f"secret name: {error}") from None
    usable(f'secret "{name}"', value)
    _rewrite(path, name, value)


def remove_secret(path: Path, name: str) -> None:
    """Take one secret out of a file. Raises SecretFault when it is not there."""
    if name not in (known := list_secrets(path)):
        raise SecretFault(f'{path}: no secret "{one_line(name, most=60)}" is kept here{near(name, known)}')
    _rewrite(path, name, None)


def list_secrets(path: Path) -> tuple[str, ...]:
    """Names of the secrets in a file, never their values; () when there is no such file."""
    return tuple(load_secrets(path)) if os.path.lexists(path) else ()


def usable(where: str, value: str) -> str:
    """A secret that can be used at all: not empty, one line, text that UTF-8 can hold."""
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        size = -1
    if not 1 <= size <= MOST_SECRET_BYTES or any(character in value for character in "\0\r\n"):
        raise SecretFault(f"{where}: one line of 1 to {MOST_SECRET_BYTES} bytes of text is expected")
    return value


def load_secrets(path: Path) -> Mapping[str, str]:
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
    kept = dict(load_secrets(path)) if exists else {}
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
