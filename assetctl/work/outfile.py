"""Files for people and machines, written whole or not at all: what stood there stays until the new one is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from assetctl.errors import EnvironmentFault


@contextmanager
def text(path: Path) -> Iterator[TextIO]:
    """A UTF-8 file with plain line ends. Raises EnvironmentFault."""
    with _place(path) as place, place.open("w", encoding="utf-8", newline="\n") as stream:
        yield stream


@contextmanager
def binary(path: Path, *, readable: bool = False) -> Iterator[BinaryIO]:
    """A file of bytes. readable: what was written can be read again. Raises EnvironmentFault."""
    with _place(path) as place, place.open("w+b" if readable else "wb") as stream:
        yield stream


def make_folder(path: Path) -> None:
    """A folder for files, with those above it; one that is there already stays. Raises EnvironmentFault."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise EnvironmentFault(f"{path}: this folder cannot be made ({fault.strerror})") from None


@contextmanager
def _place(path: Path) -> Iterator[Path]:
    """Where to write: beside the file, to be put in its place at the end; into it where it is a device."""
    if path.is_dir():
        raise EnvironmentFault(f"{path}: this is a folder; give the path of a file in it")
    is_device = path.exists() and not path.is_file()
    place = path if is_device else path.with_name(f"{path.name}.part")
    try:
        yield place
        if place != path:
            place.replace(path)
    except OSError as fault:
        raise EnvironmentFault(
            f"{path}: cannot be written ({fault.strerror}); check the path and the room left"
        ) from None
    finally:
        if place != path and place.parent.is_dir():
            place.unlink(missing_ok=True)
