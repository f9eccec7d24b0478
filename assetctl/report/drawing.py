"""A drawing as values: shapes with a tone, which a page colours by its style and a file by one of its own.

Tones pick a class; what they mean is said in words as well. Coordinates are whole numbers, so that the same content
gives the same bytes.
"""

from collections.abc import Iterator
from html import escape

from assetctl.report.section import Drawing, Shape
from assetctl.report.table import MOST_LABEL, final
from assetctl.text import one_line

STYLE = """svg{color-scheme:light dark}.d-ground{fill:#fff}.d-word,.d-bold,.d-mid{fill:#0f172a}.d-soft{fill:#475569}
.d-bold{font-weight:bold}.d-mid{text-anchor:middle;font-size:10px}
.d-box,.d-dot{fill:#f8fafc;stroke:#334155}.d-strong{fill:#f8fafc;stroke:#9a3412;stroke-width:3}
.d-trusted{fill:#eef6ee;stroke:#334155}.d-semi{fill:#fbf6e3;stroke:#334155}.d-untrusted{fill:#fbeaea;stroke:#334155}
.d-line,.d-dashed,.d-rule{fill:none;stroke:#334155;stroke-width:1.5}.d-dashed{stroke-dasharray:6 3}
.d-rule{stroke:#cbd5e1;stroke-width:1}
@media(prefers-color-scheme:dark){.d-ground{fill:#15181b}.d-word,.d-bold,.d-mid{fill:#e6e8ea}.d-soft{fill:#a9b2ba}
.d-box,.d-dot{fill:#1b1f23;stroke:#a9b2ba}.d-strong{fill:#1b1f23;stroke:#ff9f96}.d-trusted{fill:#1d2a20;stroke:#a9b2ba}
.d-semi{fill:#2c2717;stroke:#a9b2ba}.d-untrusted{fill:#311d1c;stroke:#a9b2ba}
.d-line,.d-dashed{stroke:#a9b2ba}.d-rule{stroke:#363d44}}"""


def text(tone: str, x: int, y: int, words: str, *, most: int) -> Shape:
    """Words of at most so many characters, cut visibly."""
    shown = final(one_line(words, most=4 * most), MOST_LABEL)
    return Shape("text", tone, (x, y), shown if len(shown) <= most else f"{shown[: most - 1]}…")


def natural(told: str) -> tuple[tuple[int, str], ...]:
    """Names in the order of people: 1/2 before 1/10."""
    pieces: list[tuple[int, str]] = []
    number = ""
    for char in f"{told} ":
        if char.isascii() and char.isdigit():
            number += char
            continue
        if number:
            pieces.append((int(number), ""))
            number = ""
        pieces.append((-1, char))
    return tuple(pieces)


_LINE, _MARGIN = 16, 20  # of the notes, in pixels


def standalone(drawing: Drawing, *, below: int = 0) -> str:
    """A file of its own. below: height of the notes, which stand under the shapes."""
    height = drawing.height + below
    words = (
        text("word", _MARGIN, drawing.height + at * _LINE, note, most=150) for at, note in enumerate(drawing.notes)
    )
    shown = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawing.width} {height}" width="{drawing.width}" '
        f'height="{height}" role="img" font-family="sans-serif" font-size="12"><title>{escape(drawing.title)}</title>',
        f"<style>{STYLE}</style>",
        f'<rect class="d-ground" width="{drawing.width}" height="{height}"/>',
        *map(_element, (*drawing.shapes, *(words if below else ()))),
        "</svg>",
    ]
    return "\n".join(shown) + "\n"


def _element(shape: Shape) -> str:
    return "".join(_pieces(shape))


def _pieces(shape: Shape) -> Iterator[str]:
    tone, at = f'class="d-{shape.tone}"', shape.at
    match shape.tag:
        case "rect":
            yield f'<rect x="{at[0]}" y="{at[1]}" width="{at[2]}" height="{at[3]}" rx="4" {tone}/>'
        case "circle":
            yield f'<circle cx="{at[0]}" cy="{at[1]}" r="{at[2]}" {tone}/>'
        case "path":
            yield f'<path d="{shape.words}" {tone}/>'
        case _:
            yield f'<text x="{at[0]}" y="{at[1]}" {tone}>{escape(shape.words)}</text>'
