"""What one call of the program reads once, and what it reads again."""

from pathlib import Path

from assetctl.cli.app import App

ROW = "  - {id: P-%d, match: {ip_address: 10.0.0.%d}}\n"


def test_a_register_is_read_again_only_when_it_was_written_since(tmp_path: Path) -> None:
    (tmp_path / "assetctl.toml").write_text('[files]\nregister = "register.yaml"\n')
    register = tmp_path / "register.yaml"
    register.write_text("schema: 1\npositions:\n" + ROW % (1, 1))
    app = App(config=tmp_path / "assetctl.toml")
    first = app.register
    assert app.register is first
    register.write_text("schema: 1\npositions:\n" + ROW % (1, 1) + ROW % (2, 2))
    assert [one.id for one in app.register] == ["P-1", "P-2"]
