from ipaddress import ip_address

import pytest

from assetctl.errors import SafetyStop
from assetctl.scope import Vantage
from assetctl.transport import route


def test_every_target_is_held_against_the_vantage_not_only_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system says of its routes is replaced, as a test machine has only one."""
    sources = {"10.1.0.1": "10.1.0.9", "10.1.0.2": "10.1.0.9", "10.2.0.1": "10.2.0.9"}
    monkeypatch.setattr(route, "source_to", lambda ip: ip_address(sources[str(ip)]))
    monkeypatch.setattr(route, "interface_of", lambda source: "cell1" if str(source).startswith("10.1.") else "cell2")
    same = route.taken_for(Vantage("plant"), map(ip_address, ("10.1.0.1", "10.1.0.2")))
    assert same.name == "cell1/10.1.0.9"
    with pytest.raises(SafetyStop, match="one after another"):
        route.taken_for(Vantage("plant"), map(ip_address, ("10.1.0.1", "10.2.0.1")))
    with pytest.raises(SafetyStop, match="the scope says cell1"):
        route.taken_for(Vantage("plant", interface="cell1"), map(ip_address, ("10.1.0.1", "10.2.0.1")))
