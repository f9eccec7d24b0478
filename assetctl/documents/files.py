"""The text of a file: of bounded size, a regular file, in UTF-8."""

import hashlib
import stat
from pathlib import Path

from assetctl.errors import EnvironmentFault, InputError, lacking

MOST_BYTES = 4 * 1024 * 1024


def yaml_in(folder: Path) -> list[Path]:
    """The YAML files of a folder, by name. Raises OSError where it cannot be listed, which a glob takes for empty."""
    return sorted(path for path in folder.iterdir() if path.suffix == ".yaml" and path.is_file())


def read_text_lines(path: Path) -> tuple[str, ...]:
    """The lines of a UTF-8 file without their ends; line n is at index n - 1."""
    text, _ = read_text(path, MOST_BYTES)
    lines = text.replace("\r\n", "\n").split("\n")
    return tuple(lines[:-1] if lines[-1] == "" else lines)


def read_text(path: Path, most: int) -> tuple[str, str]:
    """The text of a file of at most `most` bytes, and the SHA-256 of its bytes."""
    raw = _read_bytes(path, most)
    return _decoded(path, raw), hashlib.sha256(raw).hexdigest()


def _read_bytes(path: Path, most: int) -> bytes:
    """At most `most` bytes of a regular file. Pipes and devices are refused: opening one may wait for ever."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            found = "a directory" if stat.S_ISDIR(mode) else "a pipe, socket or device"
            raise InputError(f"{path}: a file is expected, {found} was found; give the path of a file")
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        if lack := lacking(error):
            raise EnvironmentFault(f"{path}: cannot be read: {lack}; end what uses it up, then try again") from None
        reason = getattr(error, "strerror", None) or "not a usable file name"
        raise InputError(f"{path}: cannot be read: {reason}; check the path and its permissions") from None
    if len(raw) > most:
        raise InputError(f"{path}: at most {most} bytes are read, it is larger; split the file")
    return raw


def _decoded(path: Path, raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{path}: UTF-8 text is expected, UTF-16 was found; save the file as UTF-8")
    if b"\0" in raw:
        raise InputError(f"{path}: UTF-8 text is expected, binary data was found; is it the right file?")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = raw.count(b"\n", 0, error.start) + 1, raw[error.start]
    raise InputError(f"{path}:{line}: UTF-8 text is expected, byte 0x{byte:02x} was found; save the file as UTF-8")
