"""What nmap's scripts say about the same device: the other opinion in the live tests."""

import os
import shutil
import subprocess
from xml.etree import ElementTree

import pytest


def nmap_script(script: str, host: str, port: int, *, udp: bool = False) -> dict[str, str]:
    """Keys and values that one script prints about one port; forced, since our ports are not the script's."""
    found = _script(script, host, port, udp=udp).iterfind(f".//script[@id='{script}']/elem")
    return {element.get("key", ""): element.text or "" for element in found}


def nmap_lists(script: str, host: str, port: int) -> dict[str, list[str]]:
    """Lists that one script prints about one port, by the keys of its tables."""
    tables = _script(script, host, port, udp=False).iterfind(f".//script[@id='{script}']/table")
    return {table.get("key", ""): [element.text or "" for element in table.iterfind("elem")] for table in tables}


def _script(script: str, host: str, port: int, *, udp: bool) -> ElementTree.Element:
    if shutil.which("nmap") is None:
        pytest.skip("nmap is not installed")
    if udp and os.geteuid() != 0:
        pytest.skip("nmap asks over UDP as root only")
    flags = ["-sU" if udp else "-sT", "-Pn", "-n", "--script", f"+{script}", "--script-timeout", "20"]
    done = subprocess.run(
        ["nmap", *flags, "-p", str(port), "-oX", "-", host], capture_output=True, text=True, timeout=60, check=True
    )
    return ElementTree.fromstring(done.stdout)
