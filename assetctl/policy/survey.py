"""A plant at one time: its views, and which of them others mean by an address or a name."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from assetctl.model import Zone
from assetctl.policy.plant import Plant
from assetctl.policy.view import View

KNOWN_BY = ("mac_address", "bridge_mac_address", "lldp_chassis_id", "ip_address", "hostname")
"""What others call a device by."""


class Survey:
    """A plant with its views, for one judgement at one time."""

    __slots__ = ("_arranged", "_known", "conduits", "memo", "now", "parts_of", "plant", "standing", "views", "zones")

    def __init__(self, plant: Plant, now: datetime) -> None:
        self.plant = plant
        self.now = now
        positions = {(position.realm, position.id): position for position in plant.positions}
        self.zones = {(zone.realm, zone.id): zone for zone in plant.zones}
        self.conduits = {conduit.id: conduit for conduit in plant.conduits}
        self.memo: dict[str, Any] = {}  # what is worked out once for all subjects
        self._arranged: list[View] = []  # whose facts were looked at since the last time that all was forgotten
        self.views = {
            asset.id: View(asset, positions.get((asset.realm, asset.position or "")), now, self._arranged)
            for asset in sorted(plant.assets, key=lambda asset: asset.id)
        }
        for view in self.views.values():
            view.root = self._root(view)
        self.parts_of = Counter(view.asset.parent for view in self.views.values() if view.asset.parent)
        self.standing = {(v.asset.realm, v.asset.position): v for v in self.views.values() if v.asset.position}
        self._known: dict[tuple[str, str, str], list[View]] | None = None

    def forget(self) -> None:
        """Let go of what was worked out from the facts of assets; what is asked again is worked out anew."""
        for view in self._arranged:
            view.forget()
        self._arranged.clear()

    def holders(self, realm: str, key: str, value: str) -> list[View]:
        """The assets of a realm that have a value among their `KNOWN_BY` facts, in whatever upper or lower case."""
        if self._known is None:
            self._known = defaultdict(list)
            for view in self.views.values():
                for name, told in {(f.key, str(f.value).casefold()) for f in view.facts if f.key in KNOWN_BY}:
                    self._known[view.asset.realm, name, told].append(view)
        return self._known.get((realm, key, value.casefold()), [])

    def zone_of(self, view: View) -> Zone | None:
        """The zone of an asset; a part lies where its device lies."""
        zone = view.asset.zone or view.root.asset.zone
        return self.zones.get((view.asset.realm, zone)) if zone else None

    def _root(self, view: View) -> View:
        seen = {view.asset.id}
        while view.asset.parent in self.views and view.asset.parent not in seen:
            seen.add(view.asset.parent)
            view = self.views[view.asset.parent]
        return view
