"""A server of the office that answers anything at all: bounded, in one line, and nothing of it is believed unread."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from assetctl.errors import AssetctlError, EnvironmentFault, InputError, SecretFault
from assetctl.exchange.out_netbox_objects import objects
from assetctl.transport import office as module
from assetctl.transport.office import Office, office
from assetctl.work import pushing
from tests.unit.export_plants import cell, outgoing

STATUS = b'{"netbox-version": "4.7.0"}'


@contextmanager
def answering(say: Callable[[str], tuple[int, bytes]]) -> Iterator[Office]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = say(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield office(f"http://127.0.0.1:{server.server_address[1]}", "Token x", lambda ip: "")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (200, b"<html>\x1b[31m", EnvironmentFault, "no JSON"),
        (200, b"[" * 200_000, EnvironmentFault, "no JSON"),
        (200, b"\xff\xfe", EnvironmentFault, "no JSON"),
        (200, b"", InputError, "no NetBox"),
        (200, b"[]", InputError, "no NetBox"),
        (200, b'{"netbox-version": "\x1b[31m4"}', EnvironmentFault, "no JSON"),
        (200, b'{"netbox-version": ["4.7"]}', InputError, "no NetBox"),
        (200, b'{"netbox-version": "4.2.11"}', InputError, "older"),
        (401, b"{}", SecretFault, "401"),
        (403, b"{}", SecretFault, "403"),
        (404, b'{"detail": "Not\\nfound\\u202e"}', InputError, "404"),
        (503, b'{"a": "b"}', EnvironmentFault, "503"),
    ],
)
def test_whatever_is_answered_at_first_is_one_line(
    status: int, body: bytes, kind: type[AssetctlError], says: str
) -> None:
    with answering(lambda path: (status, body)) as there, pytest.raises(kind, match=says) as fault:
        pushing.compared(there, objects(outgoing(cell())))
    assert str(fault.value).isprintable()
    assert "Token x" not in str(fault.value)
    assert "Token x" not in repr(there)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"results": {}}',
        b'{"results": [1]}',
        b'{"results": [{"name": "x"}]}',
        b'{"results": [{"id": "1"}]}',
        b'{"results": [{"id": true}]}',
    ],
)
def test_a_list_that_is_none_ends_it(body: bytes) -> None:
    say = answering(lambda path: (200, STATUS if "status" in path else body))
    with say as there, pytest.raises(EnvironmentFault, match="is this a NetBox"):
        pushing.compared(there, objects(outgoing(cell())))


def test_a_list_without_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "MOST_PAGES", 3)
    asked: list[str] = []

    def say(path: str) -> tuple[int, bytes]:
        asked.append(path)
        return 200, STATUS if "status" in path else b'{"next": "http://192.0.2.1/", "results": [{"id": 1}]}'

    with answering(say) as there, pytest.raises(EnvironmentFault, match="does not end"):
        pushing.compared(there, objects(outgoing(cell())))
    assert len(asked) == 4


def test_an_answer_without_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 100_000)
    with answering(lambda path: (200, b" " * 300_000)) as there, pytest.raises(EnvironmentFault, match="does not end"):
        there.ask("/api/status/")


def test_records_of_any_shape_break_nothing() -> None:
    """Fields that are missing or of another kind are as if they were other values."""
    odd = (
        b'{"results": [{"id": 1, "name": ["x"], "site": 3, "slug": null, "address": "x", "comments": {}, "cable": 1}]}'
    )
    with answering(lambda path: (200, STATUS if "status" in path else odd)) as there:
        found = pushing.compared(there, objects(outgoing(cell())))
    assert found.steps
    assert all(isinstance(row["old"], str) for row in pushing.rows(found))


def test_a_closed_door_is_one_line() -> None:
    there = office("http://127.0.0.1:1", "Token x", lambda ip: "")
    with pytest.raises(EnvironmentFault, match="no answer could be had") as fault:
        there.ask("/api/status/")
    assert "\n" not in str(fault.value)


def test_only_the_export_that_names_its_server_knows_the_way_to_it() -> None:
    """What scans has no connection but those that the gate permits."""
    folder = Path(module.__file__).parents[1]
    users = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*.py") if "transport.office" in path.read_text()
    }
    assert users == {"work/pushing.py"}
    users = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*.py") if "import pushing" in path.read_text()
    }
    assert users == {"cli/exports.py"}
