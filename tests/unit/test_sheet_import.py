"""Hand-kept lists: what is guessed, accepted and rejected, and what becomes of damaged and hostile files."""

import csv
import re
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from assetctl.errors import EnvironmentFault, InputError
from assetctl.exchange import columns, declared, rows, sheet, xlsx_rows
from assetctl.exchange.columns import load_mapping, targets
from assetctl.exchange.sheet import Reject, preview, read_positions, write_rejects
from assetctl.facts import is_of_type, vocabulary
from assetctl.model import Position

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)

GERMAN = {
    "Anlagenkennzeichen": "=K1.A3",
    "IP-Adresse": "10.20.1.5",
    "MAC-Adresse": "00-1b-1b-0a-0b-0c",
    "Seriennummer": "S C-X4U421302009",
    "Hersteller": "SIEMENS AG",
    "Typ": "CPU 315-2 DP",
    "Bestellnummer": "6ES7 315-2AG10-0AB0",
    "Standort": "Halle 2",
    "Anlage": "Kessel 3",
    "Kritikalität": "hoch",
    "Owner": "Instandhaltung",
    "Bemerkung": "läuft seit 2009",
}


def workbook(path: Path, *lines: list[Any]) -> Path:
    book = Workbook()
    active = book.active
    assert active is not None
    for line in lines:
        active.append(line)
    book.save(path)
    return path


def text_file(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


def positions_of(path: Path, **options: Any) -> tuple[tuple[Position, ...], tuple[Reject, ...]]:
    return read_positions(path, options.pop("mapping", None), realm="plant", now=NOW, **options)


@pytest.fixture
def german(tmp_path: Path) -> Path:
    path = tmp_path / "Assetliste.xlsx"
    book = Workbook()
    active = book.active
    assert active is not None
    for line in (["Assetliste Werk Nord"], [], ["Stand:", date(2026, 1, 1)], list(GERMAN), list(GERMAN.values())):
        active.append(line)
    active["A5"].data_type = "s"
    book.save(path)
    return path


def test_a_german_list_becomes_positions(german: Path) -> None:
    positions, rejects = positions_of(german)
    assert rejects == ()
    assert positions == (
        Position(
            id="=K1.A3",
            realm="plant",
            match={
                "ip_address": "10.20.1.5",
                "mac_address": "00:1B:1B:0A:0B:0C",
                "serial_number": "S C-X4U421302009",
            },
            declared={
                "serial_number": "S C-X4U421302009",
                "manufacturer": "Siemens",
                "model": "CPU 315-2 DP",
                "order_code": "6ES7 315-2AG10-0AB0",
                "physical_location_address": "Halle 2",
                "plant_identification": "Kessel 3",
                "asset_criticality": "high",
                "department_owner": "Instandhaltung",
                "notes_description": "läuft seit 2009",
            },
            source="Assetliste.xlsx:5",
            declared_at=NOW,
        ),
    )


def test_a_preview_says_what_it_takes_each_column_for(german: Path) -> None:
    shown = preview(german)
    assert (shown.sheet, shown.header_row, shown.rows, shown.accepted) == ("Sheet", 4, 1, 1)
    assert [column.key for column in shown.columns][:3] == ["position", "ip_address", "mac_address"]
    assert shown.columns[5].reason == 'is called "Typ"'


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("IP", "ip_address"),
        ("ip adresse", "ip_address"),
        ("IP-Adresse (PN)", "ip_address"),
        ("IP-Adresse ETH1", "ip_address"),
        ("MAC", "mac_address"),
        ("Serien-Nr.", "serial_number"),
        ("SERIENNUMER", "serial_number"),
        ("S/N", "serial_number"),
        ("Kritikalitaet", "asset_criticality"),
        ("Gerätename", "hostname"),
        ("Geraetename", "hostname"),
        ("FW-Stand", "firmware_software_version"),
        ("Best.-Nr.", "order_code"),
        ("firmware_software_version", "firmware_software_version"),
        ("Verantwortlicher", "department_owner"),
        ("Technischer Platz", "position"),
        ("Preis", ""),
        ("Lfd. Nr.", ""),
        ("", ""),
    ],
)
def test_headings_are_guessed(header: str, key: str, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["VLAN", "Slot", header], ["7", "2", "x"]])
    found = {column.header: column.key for column in preview(path).columns}
    assert found.get(header, "") == key


def test_every_known_heading_names_something_that_can_be_declared() -> None:
    known = columns._headings()
    assert {key for key, _ in known.values()} <= targets()
    assert set(known) == {"".join(columns.folded(heading).split()) for heading in known}


def test_of_two_columns_with_one_meaning_the_surer_is_used(tmp_path: Path) -> None:
    path = text_file(tmp_path / "list.csv", "IP-Adresse 2;IP-Adresse;Ort\n10.0.0.2;10.0.0.1;H1\n")
    shown = preview(path)
    assert [column.key for column in shown.columns] == ["", "ip_address", "physical_location_address"]
    assert shown.columns[0].reason == '"IP-Adresse" already gives ip_address'


def test_a_mapping_stands_over_the_guess(tmp_path: Path) -> None:
    path = text_file(tmp_path / "list.csv", "Name,IP,Info,Info\nK1,10.0.0.1,a,b\n")
    mapping = {"Name": "position", "Info#2": "notes_description", "Info": "ignore"}
    (position,), rejects = positions_of(path, mapping=mapping)
    assert (position.id, position.match) == ("K1", {"ip_address": "10.0.0.1"})
    assert position.declared == {"notes_description": "b"}
    assert rejects == ()


def test_a_mapping_finds_headings_that_nobody_could_guess(tmp_path: Path) -> None:
    path = text_file(tmp_path / "list.csv", "Liste;;\nA;B;C\nK1;10.0.0.1;x\n")
    (position,), _ = positions_of(path, mapping={"A": "position", "B": "ip_address"})
    assert position.match == {"ip_address": "10.0.0.1"}


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"Serial numbr": "serial_number"}, 'did you mean "Serial number"'),
        ({"IP": "ip_address", "Serial number": "ip_address"}, "two columns"),
    ],
)
def test_a_mapping_that_does_not_fit_the_list_is_refused(mapping: dict[str, str], words: str, tmp_path: Path) -> None:
    path = text_file(tmp_path / "list.csv", "IP,Serial number\n10.0.0.1,A1\n")
    with pytest.raises(InputError, match=words):
        preview(path, mapping=mapping)


def test_a_mapping_file_is_read_and_checked(tmp_path: Path) -> None:
    good = text_file(tmp_path / "good.toml", '"Lfd. Nr." = "ignore"\n"Gerät" = "model"\nTag = "position"\n')
    assert load_mapping(good) == {"Lfd. Nr.": "ignore", "Gerät": "model", "Tag": "position"}
    for content, words in (
        ('A = "serial_nmber"', 'did you mean "serial_number"'),
        ("A = 3", "expected"),
        ('A = "port_state"', "expected"),
        ("A = ", "bad.toml"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            load_mapping(text_file(tmp_path / "bad.toml", content))
        assert "\n" not in str(caught.value)


SIMPLE = "Tag;IP;Standort\nK1;10.0.0.1;Halle 2, Süd\nK2;10.0.0.2;Köln\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_delimiter_gives_the_same_list(
    encoding: str, delimiter: str, end: str, tmp_path: Path
) -> None:
    content = SIMPLE.replace(";", delimiter).replace("\n", end)
    positions, _ = positions_of(text_file(tmp_path / "list.csv", content, encoding))
    assert [p.id for p in positions] == ["K1", "K2"]
    assert [p.declared["physical_location_address"] for p in positions] == ["Halle 2, Süd", "Köln"]
    assert [p.source for p in positions] == ["list.csv:2", "list.csv:3"]


def test_a_delimiter_that_the_file_announces_is_used(tmp_path: Path) -> None:
    positions, _ = positions_of(text_file(tmp_path / "list.csv", "sep=|\n" + SIMPLE.replace(";", "|")))
    assert [p.source for p in positions] == ["list.csv:3", "list.csv:4"]


def test_a_text_over_several_lines_keeps_the_count_of_lines(tmp_path: Path) -> None:
    path = text_file(tmp_path / "list.csv", 'Tag;IP;Bemerkung\nK1;10.0.0.1;"eins\nzwei"\nK2;10.0.0.2;\n')
    positions, _ = positions_of(path)
    assert [p.source for p in positions] == ["list.csv:2", "list.csv:4"]
    assert positions[0].declared["notes_description"] == "eins zwei"


@pytest.mark.parametrize(
    ("heading", "text", "key", "value"),
    [
        ("IP", "10.20.1.5/24", "ip_address", "10.20.1.5"),
        ("IP", "FD00::0007", "ip_address", "fd00::7"),
        ("MAC", "001b1b0a0b0c", "mac_address", "00:1B:1B:0A:0B:0C"),
        ("MAC", "001b.1b0a.0b0c", "mac_address", "00:1B:1B:0A:0B:0C"),
        ("Slot", "3", "slot", 3),
        ("Kritikalität", "Mittel", "asset_criticality", "medium"),
        ("Tags", "a, b;a", "tags", ("a", "b")),
        ("Hersteller", "Phoenix  Contact GmbH & Co. KG", "manufacturer", "Phoenix Contact"),
    ],
)
def test_values_are_brought_into_their_form(heading: str, text: str, key: str, value: Any, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter="|").writerows([["Tag", "VLAN", heading], ["K1", "7", text]])
    (position,), rejects = positions_of(path)
    assert rejects == ()
    assert {**position.declared, **position.match}[key] == value


@pytest.mark.parametrize(
    ("heading", "text", "words"),
    [
        ("IP", "10.20.1", "not an IP address"),
        ("IP", "010.020.001.005", "write 10.20.1.5"),
        ("IP", "10.20.1.500", "not an IP address"),
        ("IP", "224.0.0.1", "one device"),
        ("IP", "fe80::1%eth0", "one device"),
        ("IP", "DHCP", "not an IP address"),
        ("MAC", "00:1B:1B", "not a MAC address"),
        ("MAC", "FF:FF:FF:FF:FF:FF", "one device"),
        ("Seriennummer", "00000", "no serial number"),
        ("Seriennummer", "To be filled by O.E.M.", "no serial number"),
        ("Kritikalität", "3", "high, medium or low"),
        ("Slot", "links", "whole number"),
        ("Bemerkung", "x" * 3000, "longer than"),
    ],
)
def test_a_value_that_cannot_be_is_rejected_and_the_row_stays(
    heading: str, text: str, words: str, tmp_path: Path
) -> None:
    (position,), (reject,) = positions_of(text_file(tmp_path / "list.csv", f"Tag;VLAN;{heading}\nK1;7;{text}\n"))
    assert position.id == "K1"
    assert (reject.row, reject.column, reject.value) == (2, heading, text[:200])
    assert words in reject.reason


@pytest.mark.parametrize("text", ["-", "n/a", "k.A.", "unbekannt", "?", " ", "TBD"])
def test_what_people_write_for_nothing_is_nothing(text: str, tmp_path: Path) -> None:
    (position,), rejects = positions_of(text_file(tmp_path / "list.csv", f"Tag;IP;Seriennummer\nK1;{text};{text}\n"))
    assert (position.match, position.declared, rejects) == ({}, {}, ())


def test_of_several_addresses_in_a_cell_the_first_counts(tmp_path: Path) -> None:
    (position,), (reject,) = positions_of(text_file(tmp_path / "list.csv", "Tag;IP\nK1;10.0.0.1, 10.0.0.2\n"))
    assert position.match == {"ip_address": "10.0.0.1"}
    assert reject.value == "10.0.0.2"


def test_a_row_with_more_cells_than_headings_is_rejected(tmp_path: Path) -> None:
    positions, (reject,) = positions_of(
        text_file(tmp_path / "list.csv", "Tag,IP,Ort\nK1,10.0.0.1,H,\nK2,10.0.0.2,a,b\n")
    )
    assert [p.id for p in positions] == ["K1"]
    assert (reject.row, reject.value) == (3, "K2 | 10.0.0.2 | a | b")


def test_columns_without_a_heading_are_noted(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", ["Tag", None, "IP"], ["K1", "x", "10.0.0.1", "y"])
    shown = preview(path)
    assert shown.accepted == 1
    assert shown.notes == ("columns without a heading were not read: 2, 4",)


def test_a_row_that_names_nothing_is_rejected(tmp_path: Path) -> None:
    positions, (reject,) = positions_of(text_file(tmp_path / "list.csv", "Tag;IP;Ort\n;;Zelle 3\n;10.0.0.1;H\n"))
    assert len(positions) == 1
    assert (reject.row, reject.column, reject.value) == (2, "", "Zelle 3")


def test_a_position_stands_once(tmp_path: Path) -> None:
    content = "Tag;IP;Ort\nK1;10.0.0.1;a\nk1;10.0.0.2;b\n;10.0.0.3;c\n;10.0.0.3;d\n"
    positions, rejects = positions_of(text_file(tmp_path / "list.csv", content))
    assert [p.declared["physical_location_address"] for p in positions] == ["a", "c"]
    assert [(r.row, r.reason) for r in rejects] == [
        (3, "k1 stands in row 2 already"),
        (5, "10.0.0.3 stands in row 4 already"),
    ]


def test_an_address_of_two_positions_is_noted(tmp_path: Path) -> None:
    shown = preview(text_file(tmp_path / "list.csv", "Tag;IP\nK1;10.0.0.1\nK2;10.0.0.1\n"))
    assert shown.accepted == 2
    assert "ip_address 10.0.0.1 stands in rows 2, 3: unclear whose it is" in shown.notes


def test_a_position_without_a_name_keeps_its_id_when_the_device_is_swapped(tmp_path: Path) -> None:
    first, _ = positions_of(text_file(tmp_path / "a.csv", "IP;Seriennummer\n10.0.0.1;AB1234\n"))
    second, _ = positions_of(text_file(tmp_path / "b.csv", "IP;Seriennummer\n10.0.0.9;ZZ\n10.0.0.1;CD5678\n"))
    assert first[0].id == second[1].id
    assert first[0].id.startswith("pos-")
    other = read_positions(tmp_path / "a.csv", realm="cell-2", now=NOW)[0]
    assert other[0].id != first[0].id


def test_headings_that_are_repeated_are_left_out(tmp_path: Path) -> None:
    shown = preview(text_file(tmp_path / "list.csv", "Tag;IP\nK1;10.0.0.1\nTag;IP\nK2;10.0.0.2\n"))
    assert (shown.rows, shown.accepted, shown.rejects) == (2, 2, ())
    assert any("1 more times" in note for note in shown.notes)


def test_numbers_of_a_workbook_are_the_texts_that_people_see(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    book = Workbook()
    active = book.active
    assert active is not None
    midnight = datetime(2026, 3, 1)  # noqa: DTZ001 - a workbook knows no zones
    active.append(["Tag", "Firmware", "Seriennummer", "VLAN", "Bemerkung", "Inventarnummer", "Backup"])
    active.append([4711.0, 1.1, 123456789012, 7, midnight, 42, midnight.replace(hour=12, minute=30)])
    active["B2"].number_format = "0.00"
    active["F2"].number_format = "00000"
    book.save(path)
    (position,), rejects = positions_of(path)
    assert rejects == ()
    assert position.id == "4711"
    assert position.declared == {
        "firmware_software_version": "1.10",
        "serial_number": "123456789012",
        "vlan": "7",
        "notes_description": "2026-03-01",
        "asset_number": "00042",
        "backup_frequency_type": "2026-03-01 12:30:00",
    }


def test_digits_that_excel_has_lost_are_not_taken(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", ["Tag", "Seriennummer"], ["K1", 12345678901234567890])
    (position,), (reject,) = positions_of(path)
    assert position.match == {}
    assert "keeps 15" in reject.reason


SHEET = "xl/worksheets/sheet1.xml"


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def pack(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def with_sheet_xml(path: Path, old: str, new: str, member: str = SHEET) -> Path:
    """The same workbook with one change in a member."""
    members = members_of(path)
    assert old.encode() in members[member]
    members[member] = members[member].replace(old.encode(), new.encode(), 1)
    return pack(path, members)


def with_shared_strings(path: Path) -> Path:
    """The same workbook as spreadsheet programs write it: texts in a table of their own."""
    members = members_of(path)
    texts = re.findall(rb"<is>(.*?)</is>", members[SHEET])
    for number, text in enumerate(texts):
        inline, shared = b't="inlineStr"><is>' + text + b"</is>", b't="s"><v>%d</v>' % number
        members[SHEET] = members[SHEET].replace(inline, shared, 1)
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    members["xl/sharedStrings.xml"] = b"<sst %s>%s</sst>" % (space, b"".join(b"<si>%s</si>" % t for t in texts))
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = b'<Override PartName="/xl/sharedStrings.xml" ContentType="%s" /></Types>' % kind
    members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(b"</Types>", part)
    return pack(path, members)


def test_a_workbook_with_a_table_of_texts_is_read_alike(german: Path) -> None:
    inline = positions_of(german)
    assert positions_of(with_shared_strings(german)) == inline
    assert inline[0]


def test_formulas_count_by_their_stored_value(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    book = Workbook()
    active = book.active
    assert active is not None
    active.append(["Tag", "IP", "Ort", "VLAN"])
    active.append(["K1", '="10.0.0."&5', '="Halle "&2', "=1/0"])
    book.save(path)
    with_sheet_xml(path, '<c r="B2"><f>"10.0.0."&amp;5</f><v /></c>', '<c r="B2" t="str"><f>1</f><v>10.0.0.5</v></c>')
    with_sheet_xml(path, "<f>1/0</f><v /></c>", "<f>1/0</f><v>#DIV/0!</v></c>")
    with_sheet_xml(path, '<c r="D2">', '<c r="D2" t="e">')
    (position,), rejects = positions_of(path)
    assert position.match == {"ip_address": "10.0.0.5"}
    assert [(r.column, r.reason.split(";")[0]) for r in rejects] == [
        ("Ort", "a formula without a stored value"),
        ("VLAN", "the cell shows the error #DIV/0!"),
    ]


def test_a_position_whose_name_is_lost_rejects_its_row(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    book = Workbook()
    active = book.active
    assert active is not None
    active.append(["Tag", "IP"])
    active.append(['="K"&1', "10.0.0.1"])
    book.save(path)
    positions, (reject,) = positions_of(path)
    assert positions == ()
    assert reject.column == "Tag"


def test_cells_merged_downwards_stand_for_every_row(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    book = Workbook()
    active = book.active
    assert active is not None
    for line in (
        ["Anlage", "Tag", "IP"],
        ["Kessel 3", "K1", "10.0.0.1"],
        [None, "K2", "10.0.0.2"],
        [None],
        ["x", "K3"],
    ):
        active.append(line)
    active.merge_cells("A2:A4")
    book.save(path)
    positions, rejects = positions_of(path)
    assert [p.declared.get("plant_identification") for p in positions] == ["Kessel 3", "Kessel 3", "x"]
    assert rejects == ()


def test_the_sheet_with_the_best_headings_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    book = Workbook()
    active = book.active
    assert active is not None
    active.title = "Deckblatt"
    active.append(["Assetliste"])
    book.create_sheet("Geräte").append(["Tag", "IP"])
    book["Geräte"].append(["K1", "10.0.0.1"])
    hidden = book.create_sheet("Alt")
    for line in (["Tag", "IP", "MAC", "Standort"], ["K0", "10.0.0.9", "", ""]):
        hidden.append(line)
    hidden.sheet_state = "hidden"
    book.save(path)
    shown = preview(path)
    assert (shown.sheet, shown.accepted) == ("Geräte", 1)
    assert shown.notes == ('sheet "Deckblatt" was not read', 'sheet "Alt" is hidden and was not read')
    assert preview(path, sheet="Alt").sheet == "Alt"
    with pytest.raises(InputError, match='did you mean "Geräte"'):
        preview(path, sheet="Geraete")


def test_a_wrong_note_of_its_own_size_does_not_cut_a_list(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", ["Tag", "IP"], ["K1", "10.0.0.1"], ["K2", "10.0.0.2"])
    with_sheet_xml(path, '<dimension ref="A1:B3" />', '<dimension ref="A1:A1" />')
    assert preview(path).accepted == 2


def test_a_stray_cell_at_the_far_end_costs_nothing(tmp_path: Path) -> None:
    book = Workbook()
    active = book.active
    assert active is not None
    active.append(["Tag", "IP"])
    active.append(["K1", "10.0.0.1"])
    active["XFD90000"] = "stray"
    book.save(tmp_path / "list.xlsx")
    assert preview(tmp_path / "list.xlsx").accepted == 1


def bomb(path: Path, size: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * size)
    return path


def packed(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return path


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unpacks to 30 MB"):
        preview(bomb(tmp_path / "list.xlsx", 30_000_000))


def test_too_many_parts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="6000 parts"):
        preview(packed(tmp_path / "list.xlsx", *(f"{n}.xml" for n in range(6000))))


@pytest.mark.parametrize("member", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"])
def test_entities_in_a_workbook_are_refused(member: str, tmp_path: Path) -> None:
    path = with_shared_strings(workbook(tmp_path / "list.xlsx", ["Tag", "IP"], ["K1", "10.0.0.1"]))
    root = members_of(path)[member].partition(b"?>")[2] or members_of(path)[member]
    start = root.lstrip()[:6].decode()
    with_sheet_xml(path, start, '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + start, member)
    with pytest.raises(InputError, match="EntitiesForbidden"):
        preview(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xls", xlsx_rows.OLE + b"\0" * 600 + "Workbook".encode("utf-16-le"), "old Excel format"),
        ("a.xlsx", xlsx_rows.OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("a.xlsx", b"", "empty"),
        ("a.csv", b" \r\n\r\n", "empty"),
        ("a.xlsx", b"PK\x03\x04" + b"\0" * 100, "not a whole workbook"),
        ("a.xls", b"<html><table><tr><td>IP</td></tr></table></html>", "a page or XML"),
        ("a.csv", b"\x00\x01\x02\x03\xff\xfe\xfd" * 20, "no row of headings"),
        ("a.csv", b"Tag;IP;Ort\nK1;\x00\x01;x\n", "neither UTF-8 nor utf-16"),
        ("a.csv", b"\x7fELF\x02\x01\x01" + b"\0" * 50, "binary|neither"),
        ("a.csv", b"Tag;IP;Ort\nK1;10.0.0.1;\x81\x8d\n", "neither UTF-8 nor cp1252"),
        ("a.csv", b'Tag;IP;Ort\nK1;10.0.0.1;"open\nK2;10.0.0.2;x\n', "without its partner"),
        ("a.csv", b"just a line of text\nand another\n", "no row of headings"),
        ("a.csv", b"Preis;Datum\n3;4\n", "no row of headings"),
        ("a.csv", b"Tag;IP\n" + b'K1;"' + b"x" * 200_000 + b'"\n', "not CSV"),
    ],
)
def test_what_is_no_list_gives_one_clear_line(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        preview(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_packed_file_of_another_kind_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a workbook of the xlsx kind"):
        preview(packed(tmp_path / "list.ods", "content.xml"))


def test_a_truncated_workbook_is_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", ["Tag", "IP"], ["K1", "10.0.0.1"])
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="not a whole workbook"):
        preview(path)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.xlsx", tmp_path):
        with pytest.raises(InputError, match=r"cannot be read|not a file"):
            preview(path)


def test_too_large_a_list_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assetctl.exchange import csv_rows

    path = text_file(tmp_path / "list.csv", "Tag;IP\n" + "K;10.0.0.1\n" * 20)
    monkeypatch.setattr(csv_rows, "MOST_ROWS", 20)
    with pytest.raises(InputError, match="split the list"):
        preview(path)
    monkeypatch.setattr(rows, "MOST_BYTES", 100)
    with pytest.raises(InputError, match="split the list"):
        preview(path)


@given(st.binary(max_size=400))
def test_arbitrary_bytes_give_a_preview_or_one_clear_line(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    for content in (raw, b"Tag;IP;Seriennummer\n" + raw, b"PK\x03\x04" + raw):
        path.write_bytes(content)
        try:
            shown: object = preview(path)
        except InputError as fault:
            shown = str(fault)
        assert not isinstance(shown, str) or "\n" not in shown


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_workbook_gives_a_preview_or_one_clear_line(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    good = tmp_path_factory.getbasetemp() / "good.xlsx"
    if not good.exists():
        with_shared_strings(workbook(good, ["Tag", "IP", "Standort"], ["K1", "10.0.0.1", "Halle"]))
    members = members_of(good)
    names = (SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml")
    for at, byte in changes:
        content = bytearray(members[names[at % len(names)]])
        content[at % len(content)] = byte
        members[names[at % len(names)]] = bytes(content)
    path = tmp_path_factory.getbasetemp() / "damaged.xlsx"
    pack(path, members)
    try:
        shown: object = preview(path)
    except InputError as fault:
        shown = str(fault)
    assert not isinstance(shown, str) or "\n" not in shown


@given(st.sampled_from(sorted(targets() - {"position"})), st.text(max_size=60))
def test_whatever_stands_in_a_cell_gives_a_value_of_its_type_or_a_reason(key: str, text: str) -> None:
    try:
        value = declared.parse(key, text)
    except ValueError as reason:
        value = None
        told = str(reason)
    assert told if value is None else is_of_type(vocabulary()[key], value)


def test_rejects_are_written_so_that_no_cell_can_act(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    evil = "=cmd|' /C calc'!A0"
    write_rejects(path, (Reject(7, "+x", evil, "not an IP address"), Reject(8, "", "\x1b[31m,\n", "@SUM(A1)")))
    with path.open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.reader(file))
    assert written == [
        ["row", "column", "value", "reason"],
        ["7", "'+x", "'" + evil, "not an IP address"],
        ["8", "", "\\x1b[31m,\\x0a", "'@SUM(A1)"],
    ]
    assert not list(tmp_path.glob("*.part"))


def test_rejects_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="choose another place"):
        write_rejects(tmp_path / "none" / "rejects.csv", ())


def test_nothing_heavy_is_loaded_with_the_module() -> None:
    import subprocess
    import sys

    code = "import sys; import assetctl.exchange.sheet; sys.exit(bool({'openpyxl', 'defusedxml'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_match_keys_are_those_that_find_a_device() -> None:
    from assetctl import standing

    assert sheet.MATCH_KEYS == standing.MATCH_KEYS


def test_what_a_spreadsheet_made_of_a_value_is_not_taken_for_it(tmp_path: Path) -> None:
    path = text_file(
        tmp_path / "de.csv",
        "AKS;Seriennummer;Firmware;Bemerkung\r\nP-1;1,23457E+12;01. Feb;geprüft 1. Feb\r\nP-2;12345E3;Feb 24;\r\n"
        "P-3;47110815;2.80;\r\n",
    )
    positions, rejects = positions_of(path)
    assert [one.declared for one in positions] == [
        {"notes_description": "geprüft 1. Feb"},
        {"serial_number": "12345E3"},
        {"serial_number": "47110815", "firmware_software_version": "2.80"},
    ]
    assert [(one.row, one.column) for one in rejects] == [(2, "Seriennummer"), (2, "Firmware"), (3, "Firmware")]


def test_a_date_is_no_version_and_no_name(tmp_path: Path) -> None:
    day = date(2026, 2, 1)
    path = workbook(tmp_path / "list.xlsx", ["Tag", "FW", "Notes", "IP"], ["P-1", day, day, "10.1.1.1"], [day, "1.2"])
    positions, rejects = positions_of(path)
    assert [(one.id, one.declared) for one in positions] == [("P-1", {"notes_description": "2026-02-01"})]
    assert [(one.row, one.column) for one in rejects] == [(2, "FW"), (3, "Tag")]


def test_a_sum_is_no_position_and_an_address_with_commas_is_one_mistake(tmp_path: Path) -> None:
    path = text_file(tmp_path / "list.csv", "Tag;IP\nP-1;10,20,1,12\nP-2;10.1.1.1, 10.1.1.2\nSumme:;2\n")
    positions, rejects = positions_of(path)
    assert [one.id for one in positions] == ["P-1", "P-2"]
    assert [(one.row, one.column, one.value) for one in rejects] == [
        (2, "IP", "10,20,1,12"),
        (3, "IP", "10.1.1.2"),
        (4, "Tag", "Summe:"),
    ]


def test_true_is_no_version_and_no_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", ["Tag", "FW", "Notes"], ["P-1", True, True], [False, "1.2", ""])
    positions, rejects = positions_of(path)
    assert [(one.id, one.declared) for one in positions] == [("P-1", {"notes_description": "yes"})]
    assert [(one.row, one.column) for one in rejects] == [(2, "FW"), (3, "Tag")]
