"""Own templates stay within their sandbox, and a logo is a picture and nothing else."""

import io
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from assetctl.errors import InputError
from assetctl.report import html, templates, xlsx
from assetctl.report.logo import MOST_BYTES, Logo, read_logo
from assetctl.report.templates import Templates
from assetctl.report.view import build
from tests.unit.report_plant import plant

VIEW = replace(build(plant(assets=(), zones=(), findings=(), scans=(), positions=(), checks=())), company="Example Ltd")
META = '<meta http-equiv="Content-Security-Policy" content="{{ policy }}">'


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 3, height: int = 2) -> bytes:
    rows = b"".join(b"\0" + b"\x0b\x55\x66" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


JPEG = bytes.fromhex("ffd8 ffe0 0010 4a464946 0001 0100 0001 0001 0000 ffc0 000b 08 0010 0020 01 011100 ffd9")


def page(folder: Path, source: str) -> str:
    (folder / "report.html.j2").write_text(source, "utf-8")
    out = io.StringIO()
    html.write(VIEW, out, folder)
    return out.getvalue()


def shipped() -> str:
    out = io.StringIO()
    html.write(VIEW, out)
    return out.getvalue()


def test_an_empty_folder_gives_the_shipped_page(tmp_path: Path) -> None:
    out = io.StringIO()
    html.write(VIEW, out, tmp_path)
    assert out.getvalue() == shipped()


def test_an_own_style_is_let_in_by_its_hash(tmp_path: Path) -> None:
    (tmp_path / "report.css").write_text("body { color: red }", "utf-8")
    out = io.StringIO()
    html.write(VIEW, out, tmp_path)
    assert "<style>body { color: red }</style>" in out.getvalue()
    assert Templates(tmp_path).inlined()["style_hash"] in out.getvalue()


def test_an_own_page_is_made_from_the_view(tmp_path: Path) -> None:
    assert page(tmp_path, META + "{{ view.company }}|{{ view.title }}").endswith(f"Example Ltd|{VIEW.title}")


def test_an_own_cell_takes_the_place_of_one_kind(tmp_path: Path) -> None:
    (tmp_path / "cells.toml").write_text("number = '<td class=\"n own\">{text}'", "utf-8")
    out = io.StringIO()
    html.write(VIEW, out, tmp_path)
    assert '<td class="n own">' in out.getvalue()


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ("number = '<td>{{ CELL }}</td>'", "number: {text} is expected in it, once"),
        ("key = '<th>{text}'", "key: {anchor} is expected in it, once"),
        ("links = '<td>{links}{links}'", "links: {links} is expected in it, once"),
        ("colour = '<td>'", "colour: one of text, code"),
        ("text = 1", "text: one of text, code"),
    ],
)
def test_an_own_cell_without_its_value_is_refused(tmp_path: Path, own: str, told: str) -> None:
    (tmp_path / "cells.toml").write_text(own, "utf-8")
    with pytest.raises(InputError) as caught:
        html.write(VIEW, io.StringIO(), tmp_path)
    assert told in str(caught.value)
    assert str(tmp_path / "cells.toml") in str(caught.value)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (META + "\n{{ view.nothing }}", ":2: "),
        (META + "\n\n{% for %}", ":3: "),
        (META + "{{ view.sections.__class__.__mro__ }}", ":1: "),
        (META + "{{ ''.__class__.__subclasses__() }}", ":1: "),
        (META + "{{ view.tables.__globals__ }}", ":1: "),
        (META + "{% set _ = coded.append('x') %}", ":1: "),
        (META + "{% include '../secret' %}", ":1: "),
        (META + "{% include '/etc/passwd' %}", ":1: "),
        (META + "{% for x in range(1000000) %}{% endfor %}", ":1: "),
        ("<p>no policy", "the policy of the page is missing"),
    ],
)
def test_a_broken_or_prying_template_is_one_line(tmp_path: Path, source: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        page(tmp_path, source)
    assert str(tmp_path / "report.html.j2") in str(caught.value)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_page_that_grows_without_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "MOST_OUTPUT", 100_000)
    with pytest.raises(InputError, match="does not end"):
        page(tmp_path, META + "{% for x in range(90000) %}{% for y in range(90000) %}xxxxxxxx{% endfor %}{% endfor %}")


def test_a_page_that_says_nothing_for_ever_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "MOST_STEPS", 1000)
    with pytest.raises(InputError, match="does not end"):
        page(tmp_path, META + "{% for x in range(90000) %}{% for y in range(90000) %}{% endfor %}{% endfor %}")


def test_a_script_cannot_end_its_element(tmp_path: Path) -> None:
    (tmp_path / "report.js").write_text("\nlet a = '</script><b>'", "utf-8")
    with pytest.raises(InputError, match=r"report.js:2: </script> ends it"):
        html.write(VIEW, io.StringIO(), tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder with templates is expected"):
        html.write(VIEW, io.StringIO(), tmp_path / "none")


@pytest.mark.parametrize(("data", "kind", "size"), [(png(), "png", (3, 2)), (JPEG, "jpeg", (32, 16))])
def test_a_logo_tells_its_size(tmp_path: Path, data: bytes, kind: str, size: tuple[int, int]) -> None:
    (tmp_path / "logo").write_bytes(data)
    held = read_logo(tmp_path / "logo")
    assert (held.kind, (held.width, held.height)) == (kind, size)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg onload='x'/>",
        b"GIF89a",
        png()[:20],
        JPEG[:12],
        png(4001, 1),
        b"\x89PNG\r\n\x1a\n" + bytes(MOST_BYTES),
    ],
)
def test_what_is_no_small_picture_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "logo.png").write_bytes(data)
    with pytest.raises(InputError, match=r"logo.png: "):
        read_logo(tmp_path / "logo.png")


def test_a_logo_stands_in_page_and_workbook() -> None:
    view = replace(VIEW, logo=Logo("png", png(), 3, 2))
    out, book = io.StringIO(), io.BytesIO()
    html.write(view, out)
    assert "img-src data:;" in out.getvalue()
    assert 'src="data:image/png;base64,' in out.getvalue()
    assert "img-src" not in shipped()
    xlsx.write(view, book)
    with zipfile.ZipFile(book) as held:
        (name,) = (one for one in held.namelist() if one.startswith("xl/media/"))
        assert held.read(name) == png()
