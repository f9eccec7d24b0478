"""One entry under libFuzzer, in a process of its own: `python -m tests.fuzz.child ENTRY CORPUS [-runs=n ...]`."""

import sys

import atheris

with atheris.instrument_imports(include=["assetctl"]):
    from tests.fuzz.entries import all_entries

    entry = all_entries()[sys.argv[1]]
    for seed in entry.seeds():
        entry.feed(seed)  # what is imported late is imported now

atheris.Setup([sys.argv[0], *sys.argv[2:]], entry.feed)
atheris.Fuzz()
