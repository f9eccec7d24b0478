"""The page is one file that asks for nothing, runs nothing of a device's, and can be read by everybody."""

import gc
import io
import re
import tracemalloc
from base64 import b64encode
from dataclasses import replace
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from assetctl.report import html, templates
from assetctl.report.section import Section
from assetctl.report.table import Column, Kind, Ref, Row, table
from assetctl.report.view import ReportView, build
from assetctl.report.words import words
from tests.unit.report_plant import hostile_plant, plant

VOID = {"meta", "br", "img", "input", "link", "hr"}
ENDED_BY = {"td": ("td", "th"), "th": ("td", "th"), "tr": ("td", "th", "tr")}
OURS = """html head meta title style body a svg symbol path header p h1 h2 dl div dt dd ul li nav ol main section
figure figcaption desc rect circle text b table caption tr th td thead tbody span small details summary footer
script use"""


class Page(HTMLParser):
    """All elements, attributes and words of a page; complains about tags that do not close."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.end(ENDED_BY.get(tag, ()))
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("table", "thead"):
            self.end(("td", "th", "tr", "tbody"))
        assert self.open.pop() == tag

    def end(self, tags: tuple[str, ...]) -> None:
        """Close what HTML lets a writer leave open."""
        while self.open and self.open[-1] in tags:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words.setdefault(self.open[-1] if self.open else "", []).append(data)

    def said(self, *tags: str) -> str:
        return "\n".join(text for tag in tags for text in self.words.get(tag, []))


@cache
def rendered(hostile: bool = False) -> str:
    out = io.StringIO()
    html.write(build(hostile_plant() if hostile else plant()), out)
    return out.getvalue()


@pytest.mark.parametrize("hostile", [False, True])
def test_the_page_holds_only_elements_of_ours(hostile: bool) -> None:
    page = Page(rendered(hostile))
    tags = [tag for tag, _ in page.elements]
    assert set(tags) <= set(OURS.split())
    assert tags.count("script") == tags.count("style") == 1
    assert not [
        name for _, attributes in page.elements for name in attributes if name.startswith("on") or name == "style"
    ]


@pytest.mark.parametrize("hostile", [False, True])
def test_nothing_in_the_page_leads_out_of_it(hostile: bool) -> None:
    page = Page(rendered(hostile))
    leads = [
        value
        for _, attributes in page.elements
        for name, value in attributes.items()
        if name in ("href", "src", "srcset", "action", "data", "xlink:href", "poster", "formaction", "ping")
    ]
    assert leads
    assert all(re.fullmatch(r"#[\w.:/-]+", lead, re.ASCII) for lead in leads)
    assert "url(" not in page.said("style")
    assert "@import" not in page.said("style")
    assert not re.search(r"fetch|XMLHttp|import\(|http|WebSocket|sendBeacon|eval|innerHTML", page.said("script"))


@pytest.mark.parametrize("hostile", [False, True])
def test_the_policy_lets_in_exactly_our_style_and_script(hostile: bool) -> None:
    page = Page(rendered(hostile))
    policies = [a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    hashes = [b64encode(sha256(page.said(tag).encode()).digest()).decode() for tag in ("style", "script")]
    assert policies == [
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    ]


def test_every_link_has_its_target_and_every_id_is_one() -> None:
    page = Page(rendered())
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    leads = {attributes["href"][1:] for _, attributes in page.elements if "href" in attributes}
    assert len(ids) == len(set(ids))
    assert leads <= set(ids)
    named = {id for _, a in page.elements for id in a.get("aria-labelledby", "").split()}
    assert named <= set(ids)


def test_what_a_device_says_is_shown_as_it_was_said() -> None:
    said = Page(rendered(hostile=True)).said("td", "div", "th", "dd", "h1")
    for text in ("=cmd|' /C calc'!A0", "[red]x[/foo]", "javascript:alert(1)", "{{7*7}}{%raw%}", "_x000A_=1+1"):
        assert text in said
    for text in ("<script>document.title='taken'</script>", "</style></script></title></table>"):
        assert text in said
    for text in ("\\x1b[31mred", "gnp.\\u202eexe", "nul\\x00nul\\ufffe", "\\ud800 lone", "A… [cut]"):
        assert text in said


def test_no_hidden_character_reaches_the_page() -> None:
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe]", rendered(hostile=True)
    )


def test_every_column_heading_and_row_has_a_scope() -> None:
    heads = [attributes for tag, attributes in Page(rendered()).elements if tag == "th"]
    assert heads
    assert {attributes.get("scope") for attributes in heads} == {"col", "row"}


def test_every_drawing_has_words_or_is_hidden_from_readers() -> None:
    drawings = re.findall(r"<svg([^>]*)>(.*?)</svg>", rendered(), re.S)
    assert drawings
    for attributes, inside in drawings:
        assert 'aria-hidden="true"' in attributes or ("<title" in inside and "<desc" in inside)


def test_every_sign_of_a_mark_is_drawn() -> None:
    drawn = set(re.findall(r"\.m\.(\w+) \{ --sign: polygon", rendered()))
    assert {mark.sign for mark in words().marks.values() if mark.sign} <= drawn
    assert {mark.tone for mark in words().marks.values()} == {"good", "bad", "warn", "error", "quiet"}


def test_without_script_nothing_is_missing() -> None:
    bare = re.sub(r"<script>.*?</script>", "", rendered(), flags=re.S)
    assert "<button" not in bare
    assert "<input" not in bare
    assert "display: none" not in re.sub(r"@media.*", "", bare.split(".printed")[0])
    assert bare.count("<tr>") > 300


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_words_stand_out_in_light_dark_and_print() -> None:
    style = Page(rendered()).said("style")
    themes = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.S)
    ]
    assert len(themes) == 3
    for theme in themes:
        full = {
            name: "#" + "".join(c * 2 for c in colour[1:]) if len(colour) == 4 else colour
            for name, colour in theme.items()
        }
        for ground in ("paper", "sheet", "wash"):
            for ink in ("ink", "soft", "accent", "good", "bad", "warn", "error", "quiet"):
                assert contrast(full[ink], full[ground]) >= 4.5, (ink, ground)
        for ground in (name for name in full if name.startswith("h-")):
            assert contrast(full["ink"], full[ground]) >= 7, ground
        assert contrast(full["edge"], full["sheet"]) >= 3
        parts = [full[name] for name in full if name.startswith("f-")]
        assert all(contrast(part, full["track"]) >= 1.5 for part in parts)


def test_a_column_for_the_workbook_alone_stays_out_of_the_page() -> None:
    page = rendered()
    assert ">Asset id<" not in page
    assert ">Firmware<" in page


def long_view(rows: int, most: int = 1_000_000) -> ReportView:
    """A view with one long table of 20 columns."""
    kinds = (Kind.KEY, Kind.MARK, Kind.NUMBER, Kind.TIME, *([Kind.TEXT] * 10), *([Kind.CODE] * 6))
    columns = tuple(Column(f"C{at}", kind) for at, kind in enumerate(kinds))

    def row(number: int) -> Row:
        texts = tuple(f"value {number} of <column> {at}" for at in range(16))
        return (Ref(f"long-{number}", str(number)), "fail", number, "2026-11-22 09:30:00Z", *texts)

    long = table("long", "Long", "Rows.", columns, lambda: map(row, range(rows)), empty="", most=most)
    return replace(build(plant()), sections=(Section("long", "Long", tables=(long,)),))


def peak(view: ReportView) -> int:
    class Nowhere(io.TextIOBase):
        def write(self, text: str) -> int:
            return len(text)

    gc.collect()
    tracemalloc.start()
    html.write(view, Nowhere())  # type: ignore[arg-type]
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return used


def test_memory_does_not_grow_with_the_rows() -> None:
    """6000 rows make a page of 4 MB; what is kept does not depend on them."""
    peak(long_view(10))  # what is imported and compiled once is no matter of the rows
    assert peak(long_view(6_000)) <= 1.2 * max(peak(long_view(2_000)), 700_000)


def test_a_table_that_is_too_long_for_a_page_says_so() -> None:
    out = io.StringIO()
    html.write(long_view(50, most=10), out)
    assert out.getvalue().count("<tr>") == 11
    assert "The first 10 of 50 rows. The workbook has all of them on its sheet Long." in out.getvalue()


def test_equal_views_give_equal_pages() -> None:
    out = io.StringIO()
    html.write(build(plant()), out)
    assert out.getvalue() == rendered()


def test_the_templates_of_the_checkout_are_found() -> None:
    assert (Path(html.__file__).parents[2] / "reports" / "templates" / templates.PAGE).is_file()


def test_an_empty_table_becomes_a_sentence() -> None:
    out = io.StringIO()
    html.write(build(plant(findings=(), exclusions=())), out)
    assert "Nothing was excluded." in out.getvalue()
    assert 'id="table-exclusions"' not in out.getvalue()
