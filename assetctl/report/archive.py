"""A workbook's archive in a form that depends on its content alone: sorted members, fixed times."""

import re
import shutil
import zipfile
from datetime import UTC, datetime
from typing import BinaryIO

_CORE = "docProps/core.xml"
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a ZIP archive can hold


def settle(source: BinaryIO, out: BinaryIO, at: datetime) -> None:
    """Copy a workbook so that equal content gives equal members in equal order. at: what it says it was modified."""
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(given.namelist()):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # the same on every system
            if name == _CORE:
                made.writestr(info, _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", given.read(name)))
                continue
            with given.open(name) as member, made.open(info, "w", force_zip64=True) as copy:
                shutil.copyfileobj(member, copy, 1 << 16)
