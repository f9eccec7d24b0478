"""A secret at the end of a reference: an environment variable, a file, the keyring or the output of a command."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assetctl.errors import SecretFault
from assetctl.secrets.file import load_secrets, usable
from assetctl.text import near, one_line

COMMAND_WAIT_S = 30.0
_EXTRA = 'pip install "assetctl[keyring]"'


@dataclass(frozen=True, slots=True)
class _Source:
    """Where references are followed. part: of which credential, for errors."""

    part: str
    environ: Mapping[str, str]
    config_dir: Path
    user_config: bool


def follow(
    reference: Mapping[str, str], part: str, *, environ: Mapping[str, str], config_dir: Path, user_config: bool
) -> str:
    """The secret at the end of one reference. part: what it is for, for errors. config_dir: where relative files start.

    user_config: whether the settings are the user's own or were named by them; only then a command is run.
    Raises SecretFault, which names the part and the place, never the value.
    """
    source = _Source(part, environ, config_dir, user_config)
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
    return usable(source.part, value)


def _from_environment(name: str, source: _Source) -> str:
    if not (value := source.environ.get(name, "")):
        raise SecretFault(f"{source.part}: the environment variable {name} is not set, or empty; set it and try again")
    return value


def _from_file(where: str, source: _Source) -> str:
    file, _, name = where.rpartition("#")
    path = source.config_dir / file
    kept = load_secrets(path)
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
