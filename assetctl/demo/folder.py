"""The folder of a demo: settings, zones, register, secrets and the nmap report, as a plant's engineer would keep them.

A folder is replaced only when it carries the mark that an earlier demo left in it.
"""

import os
import re
import shutil
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

from assetctl.demo.devices import NETWORK
from assetctl.errors import EnvironmentFault, InputError
from assetctl.secrets.file import set_secret

MARK = ".assetctl-demo"
SETTINGS = "assetctl.toml"
NMAP_REPORT = "it-hosts.xml"
SECRETS = {"plant-v2c": "demo-read", "ups-auth": "demo-auth-phrase", "ups-priv": "demo-priv-phrase"}
_WRITTEN = (SETTINGS, "zones.yaml", "register.yaml", "exclude.txt")
_TIMES = re.compile(r'((?:start|time|starttime|endtime)=")[0-9]{9,11}"')
_NMAP_AGE = timedelta(hours=1)


def prepare(folder: Path, *, network: str, now: datetime) -> None:
    """Write the folder anew. network: where the plant is served. now: the nmap report becomes an hour old.

    Raises InputError when something else than an earlier demo is there, EnvironmentFault when it cannot be written.
    """
    _refuse_foreign(folder)
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700, parents=True)
        (folder / MARK).write_text("made by `assetctl demo`, which may replace this folder\n", "utf-8")
        for name in _WRITTEN:
            (folder / name).write_text(_text(f"files/{name}", network), "utf-8")
        moment = str(int((now - _NMAP_AGE).timestamp()))
        report = _TIMES.sub(rf'\g<1>{moment}"', _text(f"files/{NMAP_REPORT}", network))
        (folder / NMAP_REPORT).write_text(report, "utf-8")
    except OSError as fault:
        raise EnvironmentFault(f"{fault.filename or folder}: {fault.strerror}; choose another --dir") from None
    for name, value in SECRETS.items():
        set_secret(folder / "secrets.toml", name, value)


def _refuse_foreign(folder: Path) -> None:
    """Let only what an earlier demo made, or nothing at all, be replaced. A link is never followed."""
    if not os.path.lexists(folder) or (folder.is_dir() and not folder.is_symlink() and (folder / MARK).is_file()):
        return
    if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
        return
    raise InputError(f"{folder}: is there already and not of an earlier demo; choose another: assetctl demo --dir NAME")


def _text(name: str, network: str) -> str:
    return files("assetctl.demo").joinpath(*name.split("/")).read_text("utf-8").replace(NETWORK, network)
