"""Laws of the readers of files that people write."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.documents import MOST_BYTES, MOST_DEPTH, MOST_VALUES, plain_toml, read_text_lines, read_toml, read_yaml
from assetctl.errors import InputError


def _file(tmp_path: Path, content: str | bytes, name: str = "f.yaml") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _refused(read, path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    return str(caught.value)


def test_every_yaml_scalar_stays_the_text_in_the_file(tmp_path):
    written = ["0123", "1e3", "no", "null", "~", "1.10", "00:1B:1B:00:00:01", "12:30:45", "2024-01-02", "0x1F", "1_000"]
    path = _file(tmp_path, "values:\n" + "".join(f"  - {one}\n" for one in written) + "010: yes\nempty:\n")
    assert read_yaml(path).root == {"values": written, "010": "yes", "empty": ""}


@given(
    st.dictionaries(st.text(st.characters(exclude_categories=("C",)), max_size=20), st.text(max_size=20), max_size=5)
)
def test_what_ruamel_writes_as_text_is_read_as_the_same_text(tmp_path_factory, values):
    from ruamel.yaml import YAML
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString as Quoted

    path = tmp_path_factory.mktemp("y") / "f.yaml"
    values = {k: v for k, v in values.items() if not any(0xD800 <= ord(c) < 0xE000 for c in v)}
    with path.open("wb") as file:
        YAML().dump({Quoted(k): Quoted(v) for k, v in values.items()}, file)
    assert read_yaml(path).root == values


def test_values_know_their_line(tmp_path):
    document = read_yaml(_file(tmp_path, "a: 1\nb:\n  - c: 2\n    d: 3\n"))
    assert document.place(("b", 0, "d")).endswith("f.yaml:4")
    assert document.place(("b", 0, "missing")).endswith("f.yaml:3")
    assert document.place(("missing",)).endswith("f.yaml")


def test_toml_values_know_their_line(tmp_path):
    document = read_toml(_file(tmp_path, 'a = 1\n[b]\nc = 2\n[[n]]\nr = 1\n[[n]]\nr = """\nx = 2"""\n'))
    assert document.place(("b", "c")).endswith(":3")
    assert document.place(("n", 1, "r")).endswith(":7")
    assert document.place(("n", 1, "x")).endswith(":6"), "a line inside a text is no key"


@pytest.mark.parametrize("content", ["", "# only a comment\n", "---\n", "---\n...\n", "\ufeff"])
def test_an_empty_yaml_file_holds_nothing(tmp_path, content):
    assert read_yaml(_file(tmp_path, content)).root == {}


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("a: 1\na: 2\n", 2, "a second time"),
        ("a: {b: 1, b: 2}\n", 1, "a second time"),
        ("a: &x 1\n", 1, "anchor"),
        ("a: 1\nb: *x\n", 2, "alias"),
        ("a: !!python/object:os.system x\n", 1, "tag"),
        ("a: !!str 1\n", 1, "tag"),
        ("a: ! 1\n", 1, "tag"),
        ("%TAG ! tag:x,2000:\n---\na: !y 1\n", 3, "tag"),
        ("? [a]\n: 1\n", 1, "as a key"),
        ("? {a: 1}\n: 1\n", 1, "as a key"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a:\n\tb: 1\n", 2, "YAML is expected"),
        ("a: b: c\n", 1, "YAML is expected"),
        ("a: 'x\n", 2, "YAML is expected"),
        ("a: [1, 2\n", 2, "YAML is expected"),
        ("a: 3\nb: \x01\n", 2, "control character"),
        ('a: "\\ud800"\n', 1, "half a character"),
        ("[" * 1000, 1, "deep"),
        ("- " * 1000, 1, "deep"),
    ],
)
def test_yaml_that_is_more_than_plain_is_refused_with_its_line(tmp_path, content, line, said):
    path = _file(tmp_path, content)
    message = _refused(read_yaml, path)
    assert message.startswith(f"{path}:{line}: ")
    assert said in message
    assert "\n" not in message


def test_an_escape_beyond_unicode_is_refused(tmp_path):
    assert "does not exist" in _refused(read_yaml, _file(tmp_path, 'a: "\\UFFFFFFFF"\n'))


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor(tmp_path):
    bomb = 'a: &a ["x","x"]\n' + "".join(
        f"{c}: &{c} [*{p},*{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
    )
    started = time.process_time()
    assert "anchor" in _refused(read_yaml, _file(tmp_path, bomb))
    assert time.process_time() - started < 1


def test_depth_is_allowed_up_to_the_limit(tmp_path):
    at_limit = "[" * MOST_DEPTH + "]" * MOST_DEPTH
    assert read_yaml(_file(tmp_path, at_limit)).root
    assert "deep" in _refused(read_yaml, _file(tmp_path, f"[{at_limit}]"))
    assert read_toml(_file(tmp_path, "a = " + at_limit[1:-1])).root
    assert "deep" in _refused(read_toml, _file(tmp_path, f"a = [{at_limit}]"))


def test_the_number_of_values_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("assetctl.documents.yaml_tree.MOST_VALUES", 100)
    assert len(read_yaml(_file(tmp_path, "- a\n" * 100)).root) == 100
    assert "split the file" in _refused(read_yaml, _file(tmp_path, "- a\n" * 102))
    assert MOST_VALUES >= 100_000


@pytest.mark.parametrize("read", [read_yaml, read_toml, read_text_lines])
class TestEveryReader:
    def test_refuses_what_is_not_there(self, read, tmp_path):
        assert "cannot be read: No such file" in _refused(read, tmp_path / "absent")

    def test_refuses_a_directory(self, read, tmp_path):
        assert "a directory was found" in _refused(read, tmp_path)

    def test_refuses_a_pipe_without_waiting(self, read, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        assert "pipe" in _refused(read, tmp_path / "pipe")

    def test_refuses_a_name_that_no_file_can_have(self, read):
        assert "cannot be read" in _refused(read, Path("a\0b"))

    def test_refuses_what_it_may_not_read(self, read, tmp_path):
        path = _file(tmp_path, "a: 1")
        path.chmod(0)
        unreadable = path if os.getuid() else Path("/proc/self/mem")  # root reads any file, but not this one
        assert "cannot be read" in _refused(read, unreadable)

    def test_refuses_binary(self, read, tmp_path):
        assert "binary" in _refused(read, _file(tmp_path, b"\x7fELF\0\0\1"))

    def test_refuses_utf_16(self, read, tmp_path):
        assert "UTF-16" in _refused(read, _file(tmp_path, "a: 1".encode("utf-16")))

    def test_refuses_other_encodings_with_the_line(self, read, tmp_path):
        path = _file(tmp_path, "# x\n# Müller\n".encode("latin-1"))
        assert _refused(read, path).startswith(f"{path}:2: UTF-8 text is expected, byte 0xfc")

    def test_refuses_more_than_its_limit(self, read, tmp_path):
        most = plain_toml.MOST_BYTES if read is read_toml else MOST_BYTES
        full = ("#" * 1023 + "\n") * (most // 1024)
        assert read(_file(tmp_path, full)) is not None
        assert f"at most {most} bytes" in _refused(read, _file(tmp_path, full + "#"))

    def test_reads_past_a_byte_order_mark(self, read, tmp_path):
        assert read(_file(tmp_path, "\ufeff# Müller\n")) is not None


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("a = 1\nb =\n", 2),
        ("a = [1,\n", 2),
        ("a = 1\na = 2\n", 2),
        ("[a]\n[a]\n", 2),
        ("a = x\n", 1),
        ("a = '''x\n", 2),
    ],
)
def test_broken_toml_is_refused_with_its_line(tmp_path, content, line):
    path = _file(tmp_path, content)
    message = _refused(read_toml, path)
    assert message.startswith(f"{path}:{line}: TOML is expected")
    assert "\n" not in message


@pytest.mark.parametrize(
    "content",
    ["a = " + "9" * 10_000, ".".join("a" * 400_000) + " = 1", "a = " + "[" * 100_000, "a = " + "{a=" * 100_000],
    ids=["digits", "key", "lists", "tables"],
)
def test_toml_that_would_cost_too_much_is_refused_at_once(tmp_path, content):
    started = time.process_time()
    message = _refused(read_toml, _file(tmp_path, content))
    assert time.process_time() - started < 5
    assert len(message) < 400


def test_lines_are_those_of_an_editor(tmp_path):
    assert read_text_lines(_file(tmp_path, "a\r\nb\n\nc\u2028d")) == ("a", "b", "", "c\u2028d")
    assert read_text_lines(_file(tmp_path, "")) == ()


@given(st.binary(max_size=200))
def test_any_bytes_give_a_document_or_an_input_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("b") / "f"
    path.write_bytes(content)
    for read in (read_yaml, read_toml, read_text_lines):
        try:
            read(path)
        except InputError as error:
            assert str(path) in str(error)  # noqa: PT017


@given(st.text(st.sampled_from("ab:-?[]{},&*!|>'\"%@`# \n\t\\<0"), max_size=60))
def test_any_yaml_signs_give_text_lists_and_mappings_or_an_input_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("s") / "f"
    path.write_text(content)

    def check(value):
        match value:
            case dict():
                assert all(type(key) is str for key in value)
                for inner in value.values():
                    check(inner)
            case list():
                for inner in value:
                    check(inner)
            case _:
                assert type(value) is str

    try:
        check(read_yaml(path).root)
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize("content", ["a = 1\na = 2", "[a]\n[a]", "a = {}\na.b = 1", "a = []\n[[a]]"])
def test_what_stands_twice_in_toml_is_called_so(tmp_path, content):
    said = _refused(read_toml, _file(tmp_path, content, "f.toml"))
    assert said.startswith(
        f"{tmp_path / 'f.toml'}:2: TOML is expected, a key or table stands there for the second time"
    )
