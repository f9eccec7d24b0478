"""Writes the generated pages of docs/, or says with --check which of them differ from the code."""

import os
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))
os.environ["TYPER_USE_RICH"] = "0"  # read when typer is imported


def pages() -> dict[str, str]:
    """The text of every generated page by file name."""
    from tools.docs import checks, commands, facts, protocols

    return {
        "checks.md": checks.page(),
        "cli.md": commands.page(),
        "facts.md": facts.page(),
        "protocols.md": protocols.page(),
    }


def main(arguments: list[str]) -> int:
    stale = []
    for name, text in pages().items():
        path = DOCS / name
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(text, "utf-8", newline="\n")
    for name in stale:
        print(f"docs/{name}: {'differs from the code; run: make docs' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
