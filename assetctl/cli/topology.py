"""topology: who is connected to whom, and what depends on one device."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assetctl.cli.app import App, finish, of
from assetctl.cli.options import OnlyRealm
from assetctl.errors import Exit
from assetctl.text import counted

if TYPE_CHECKING:
    from assetctl.model import Asset
    from assetctl.topology import Topology


class Drawing(StrEnum):
    DOT = "dot"
    SVG = "svg"


COLUMNS = ("device", "port", "other", "other_port", "how", "shared")


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file into the program."""
    app.command(epilog="Example: assetctl topology --draw svg --out plant.svg")(topology)


def topology(
    context: typer.Context,
    realm: OnlyRealm = None,
    draw: Annotated[Drawing | None, typer.Option("--draw", help="A graph for Graphviz, or a drawing.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write; without it, stdout.")] = None,
) -> None:
    """Links that LLDP, CDP and forwarding tables tell of; single points of failure; devices that hang nowhere."""
    from assetctl.topology import topology as of_assets

    app = of(context)
    with app.store() as store:
        assets = store.assets(realm)
    found = of_assets(assets)
    code = Exit.DONE if found.links else Exit.NOTHING
    if draw is not None:
        _write(app, app.source(found), app.source(assets), draw, out)
    elif app.output.format == "table":
        _show(app.output, found, assets, code)
    else:
        app.output.document("topology", _record(found, assets), command="topology", code=code)
    finish(code)


def _write(app: App, found: "Topology", assets: "tuple[Asset, ...]", draw: Drawing, out: Path | None) -> None:
    from assetctl.report.topology import dot, svg
    from assetctl.work import outfile

    drawn = svg(found, assets) if draw is Drawing.SVG else "\n".join(dot(found, assets)) + "\n"
    if out is None:
        app.output.plain(drawn.rstrip("\n"))
    else:
        with outfile.text(out) as file:
            file.write(app.redacted(drawn))


def _show(output: Any, found: "Topology", assets: "tuple[Asset, ...]", code: Exit) -> None:
    record = _record(found, assets)
    output.rows("topology", record["links"], columns=COLUMNS, command="topology", code=code)
    for weak in record["single_points_of_failure"]:
        output.say(f"single point of failure: {weak['device']} cuts off {len(weak['cuts_off'])}")
    if record["loose"]:
        output.say(f"connected to nothing that is known: {counted(len(record['loose']), 'device')}")


def _record(found: "Topology", assets: "tuple[Asset, ...]") -> dict[str, Any]:
    from assetctl.report.topology import label

    names = {one.id: label(one) for one in assets}
    return {
        "links": [
            {
                "device": names[link.one.asset],
                "port": link.one.port,
                "other": names[link.other.asset],
                "other_port": link.other.port,
                "how": ", ".join(link.how),
                "shared": link.shared,
                "device_id": link.one.asset,
                "other_id": link.other.asset,
            }
            for link in found.links
        ],
        "single_points_of_failure": [
            {"id": one.asset, "device": names[one.asset], "cuts_off": list(one.cut_off)} for one in found.weaknesses
        ],
        "loose": [{"id": one, "device": names[one]} for one in found.loose],
    }
