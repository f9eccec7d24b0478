"""Files of advisories, catalogues and life cycles: what is read, and what becomes of broken and hostile ones."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetctl.advisory import csaf, eol, kev
from assetctl.advisory.records import Advisory, Catalogue, Status
from assetctl.documents import read_json
from assetctl.errors import InputError

FOLDER = Path(__file__).resolve().parents[1] / "labelled" / "advisories"
WAGO = json.loads((FOLDER / "vde-2026-902.json").read_text("utf-8"))

KEV = {
    "title": "CISA Catalog of Known Exploited Vulnerabilities",
    "catalogVersion": "2026.01.13",
    "dateReleased": "2026-01-13T15:00:00.1234Z",
    "count": 1,
    "vulnerabilities": [
        {
            "cveID": "CVE-2026-90101",
            "vendorProject": "Siemens",
            "product": "SIMATIC S7-1500",
            "vulnerabilityName": "made up",
            "dateAdded": "2026-01-02",
            "shortDescription": "made up",
            "requiredAction": "Apply mitigations",
            "dueDate": "2026-01-23",
            "knownRansomwareCampaignUse": "Known",
        }
    ],
}


def written(folder: Path, document: object, name: str = "a.json") -> Path:
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return path


def advisory(folder: Path, change: Callable[[dict[str, Any]], object]) -> Advisory:
    document = copy.deepcopy(WAGO)
    change(document)
    return csaf.read_file(written(folder, document))


def catalogue(path: Path) -> Catalogue:
    return kev.read(read_json(path))


def test_firmware_on_hardware_is_the_device_with_the_version_of_the_firmware() -> None:
    found = {product.id: product for product in csaf.read_file(FOLDER / "vde-2026-902.json").products}
    whole = found["CSAFPID-32111"]
    assert whole.naming.maker == "WAGO"
    assert whole.naming.names == ("Controller PFC200 (750-82xx/xxx-xxx)",)
    assert whole.versions == "<=FW22 Patch 1"


def test_remedies_of_groups_count_for_their_products() -> None:
    found = csaf.read_file(FOLDER / "vde-2026-901.json")
    assert found.vulnerabilities[0].fixes == frozenset(found.vulnerabilities[0].status[Status.AFFECTED])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda d: d["document"].update(csaf_version="2.1"),
            "document.csaf_version: \"2.0\" is expected, '2.1' was found",
        ),
        (lambda d: d["document"]["tracking"].update(id=""), "tracking.id: a text is expected"),
        (
            lambda d: d["document"]["tracking"].update(current_release_date="soon"),
            "a date such as 2026-01-31 is expected",
        ),
        (lambda d: d["product_tree"]["branches"][0].update(category="maker"), "is no category of CSAF 2.0"),
        (
            lambda d: d["product_tree"]["relationships"][0].update(product_reference="X"),
            "rests on a product that is not",
        ),
        (lambda d: d["vulnerabilities"][0].update(cve="CVE-1"), "a number such as CVE-2024-12345 is expected"),
        (lambda d: d["vulnerabilities"][0]["product_status"].update(fixed=["X"]), "is not in the product tree"),
        (lambda d: d["vulnerabilities"][0]["product_status"].update(broken=[]), "no product status of CSAF 2.0"),
        (lambda d: d.update(vulnerabilities="none"), "vulnerabilities: a list is expected, a text was found"),
        (lambda d: d["product_tree"].update(branches=[1]), "branches[0]: an object is expected, a number was found"),
    ],
)
def test_a_document_that_cannot_be_relied_on_is_refused_with_its_place(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    with pytest.raises(InputError) as refused:
        advisory(tmp_path, change)
    assert str(refused.value).startswith(f"{tmp_path / 'a.json'}: ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_relationships_that_rest_on_each_other_are_refused(tmp_path: Path) -> None:
    def circle(document: dict[str, Any]) -> None:
        first, second = document["product_tree"]["relationships"][:2]
        first["product_reference"] = second["full_product_name"]["product_id"]
        second["product_reference"] = first["full_product_name"]["product_id"]

    with pytest.raises(InputError, match="rests on a product that is not there, or on itself"):
        advisory(tmp_path, circle)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"document": {"csaf_version": "2.0"', ":1: JSON is expected"),
        ('{"a": 1, "a": 2}', "the key 'a' a second time"),
        ('{"a": NaN}', "NaN, which is no number of JSON"),
        ("[" * 100_000, "nested at most"),
        ('{"a":' * 90 + "1" + "}" * 90, "nested at most 64 deep"),
        ('{"a": 1}', "a CSAF document is expected"),
        ("9" * 10_000, "JSON is expected"),
        ("\0", "binary data was found"),
    ],
)
def test_broken_json_is_one_line_with_file_and_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        csaf.read_file(written(tmp_path, text))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_too_large_is_refused_before_it_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(csaf.MOST_BYTES + 2)
    with pytest.raises(InputError, match="at most 16777216 bytes are read"):
        csaf.read_file(path)


def _ways(value: object, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(found for key, one in inner for found in _ways(one, (*way, key)))]


ALL_WAYS = _ways(WAGO)[1:]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(ALL_WAYS), st.sampled_from([None, 0, -1, 1.5, True, "", "x" * 5000, [], {}, [[]], ["x"], {"a": 1}])
)
def test_a_document_with_anything_anywhere_is_read_or_refused(way: tuple[Any, ...], instead: object) -> None:
    document = copy.deepcopy(WAGO)
    place: Any = document
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = instead
    said = ""
    try:
        csaf.read(_document(document))
    except InputError as error:
        said = str(error)
    assert not said or said.startswith("a.json: ")


def _document(root: object) -> Any:
    from assetctl.documents import Document

    return Document(Path("a.json"), root, "00")


def test_the_catalogue_is_read_with_its_dates_and_makers(tmp_path: Path) -> None:
    found = catalogue(written(tmp_path, KEV))
    entry = found.entries[0]
    assert (found.version, str(found.released.date())) == ("2026.01.13", "2026-01-13")
    assert (entry.cve, entry.maker, str(entry.due), entry.ransomware) == (
        "CVE-2026-90101",
        "Siemens",
        "2026-01-23",
        True,
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"count": 7}, "7 entries are announced, 1 were found"),
        ({"dateReleased": "13.01.2026"}, "a date such as 2026-01-31 is expected"),
        ({"vulnerabilities": KEV["vulnerabilities"] * 2, "count": 2}, "stands there twice"),
        ({"vulnerabilities": [{"cveID": "none", "dateAdded": "2026-01-01"}]}, "a number such as CVE-2024-12345"),
        ({"vulnerabilities": [{"cveID": "CVE-2026-0001"}]}, "dateAdded: a date is expected"),
    ],
)
def test_a_catalogue_that_cannot_be_relied_on_is_refused(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as refused:
        catalogue(written(tmp_path, KEV | change))
    assert said in str(refused.value)


LIST = "maker,product,end_of_sale,end_of_support,source\n"


def test_a_life_cycle_list_reads_the_same_from_csv_and_yaml(tmp_path: Path) -> None:
    row = "SIEMENS AG,6ES7 3??-*,2023-10-01,2033-10-01,letter of 2022"
    text = "- maker: Siemens\n  product: 6ES7 3??-*\n  end_of_sale: 2023-10-01\n  end_of_support: 2033-10-01\n"
    one = eol.read_file(written(tmp_path, LIST + row + "\n", "a.csv"))[0]
    two = eol.read_file(written(tmp_path, text + "  source: letter of 2022\n", "a.yaml"))[0]
    assert (one.maker, one.product, one.end_of_sale, one.end_of_support) == (
        two.maker,
        two.product,
        two.end_of_sale,
        two.end_of_support,
    )
    assert one.place == "a.csv:2"  # kept without the folders of this machine


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LIST + "Siemens,6ES7 3*,,,letter\n", ":2: end_of_sale or end_of_support is expected"),
        (LIST + "Siemens,*,,2033-10-01,letter\n", ":2: product: a pattern that fits everything"),
        (LIST + "Siemens,6ES7 3*,,01.10.2033,letter\n", ":2: end_of_support: a date such as 2030-12-31"),
        (LIST + "Siemens,6ES7 3*,2034-01-01,2033-10-01,letter\n", "lies before end_of_sale"),
        (LIST + "Siemens,6ES7 3*,,2033-10-01,\n", "source: a text of 1 to 300 characters"),
        (LIST + "Siemens,6ES7 3*\n", ":2: 5 cells are expected, 2 were found"),
        ("maker,produkt\nSiemens,X\n", "did you mean"),
        (LIST, "at least one row is expected"),
        (LIST + '"Siemens,6ES7', "CSV is expected"),
        (LIST + "Siemens,6ES7 3*,,9999-12-31,letter\n", "a date from 1970-01-01 to 2100-12-31"),
    ],
)
def test_a_life_cycle_row_that_says_nothing_sure_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        eol.read_file(written(tmp_path, text, "a.csv"))
    assert said in str(refused.value)
