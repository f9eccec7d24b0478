"""What the start of `assetctl` costs, beside a bare typer program of its size and beside itself with eager imports.

All of them find their modules compiled, as those of an installed program are.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.process import children_cpu_s

HEAVY = ("sqlmodel", "sqlalchemy", "alembic", "pysnmp", "openpyxl", "jinja2", "nmap", "cryptography", "ruamel.yaml")
EAGER = (
    "sqlmodel",
    "alembic",
    "pysnmp.hlapi.v3arch.asyncio",
    "openpyxl",
    "jinja2",
    "nmap",
    "cryptography",
    "ruamel.yaml",
)
PROGRAM = "from assetctl.cli.main import main; import sys; sys.argv[0] = 'assetctl'; main()"


def cpu_s(code: str, *arguments: str, compiled: Path) -> float:
    """CPU of one whole process, its start included. compiled: a folder that keeps compiled modules for the next."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = str(compiled)
    before = children_cpu_s()
    subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, timeout=30, check=True, env=environ)
    return children_cpu_s() - before


def heavy_modules(command: str) -> list[str]:
    """Heavy packages that a command loads; there should be none."""
    code = f"""
import sys
sys.argv = ["assetctl", {command!r}]
from assetctl.cli.main import main
try:
    main()
except SystemExit:
    pass
print("loaded:", *[name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, check=True, text=True)
    return done.stdout.splitlines()[-1].split()[1:]


def eager() -> str:
    return f"import {', '.join(EAGER)}; {PROGRAM}"


def bare(folder: Path) -> str:
    """A typer program with our groups, commands, options and help texts, and nothing behind them."""
    import typer

    from assetctl.cli.main import app

    lines = ["import typer", "from typing import Annotated", ""]
    root = typer.main.get_command(app)
    _write_group(root, "app", lines)
    lines += ["@app.command('version')", "def version() -> None:", "    print('assetctl')"]
    (folder / "bare.py").write_text("\n".join(lines))
    return f"import sys; sys.path.insert(0, {str(folder)!r}); sys.argv[0] = 'assetctl'; from bare import app; app()"


def _write_group(group: Any, name: str, lines: list[str]) -> None:
    lines.append(f"{name} = typer.Typer(help={group.help!r}, no_args_is_help=True, rich_markup_mode='rich')")
    if name == "app":
        lines += ["@app.callback()", f"def options({_parameters(group)}) -> None:", f"    {group.help!r}"]
    for number, (word, command) in enumerate(group.commands.items()):
        if hasattr(command, "commands"):
            inner = f"{name}_{number}"
            _write_group(command, inner, lines)
            lines.append(f"{name}.add_typer({inner}, name={word!r})")
        elif word != "version":
            head = f"def {name}_command_{number}({_parameters(command)}) -> None:"
            lines += [f"@{name}.command({word!r})", head, f"    {command.help!r}"]


def _parameters(command: Any) -> str:
    """An option for each option and argument; --help and completion are typer's own."""
    own = [p for p in command.params if p.name not in ("help", "install_completion", "show_completion")]
    return ", ".join(
        f"p{number}: Annotated[str, typer.Option('--p{number}', help={getattr(p, 'help', '') or ''!r})] = ''"
        for number, p in enumerate(own)
    )
