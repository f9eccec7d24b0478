"""The attributes of the CISA guidance as columns of the assets, and how complete they are."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from assetctl.facts import vocabulary
from assetctl.report.charts import Chart, bars
from assetctl.report.index import PRIORITIES, Entry, attributes
from assetctl.report.table import Column, Kind, Row, Table, table

_TITLES: Mapping[str, Column] = {
    "active_supported_communication_protocols": Column("Protocols", width=22, page=False),
    "asset_criticality": Column("Criticality", width=12, page=False),
    "asset_number": Column("Asset number", Kind.CODE, 16, page=False),
    "asset_role_type": Column("Role", width=14),
    "hostname": Column("Host name", width=20, page=False),
    "ip_address": Column("Address", Kind.CODE, 18),
    "logging": Column("Logging", width=16, page=False),
    "mac_address": Column("MAC address", Kind.CODE, 19, page=False),
    "manufacturer": Column("Manufacturer", width=22),
    "model": Column("Model", width=24),
    "operating_system": Column("Operating system", width=20, page=False),
    "physical_location_address": Column("Location", width=22, page=False),
    "ports_services": Column("Ports and services", Kind.CODE, 30, page=False),
    "user_accounts": Column("User accounts", width=20, page=False),
    "backup_frequency_type": Column("Backup", width=16, page=False),
    "baseline_image": Column("Baseline image", width=18, page=False),
    "department_owner": Column("Department or owner", width=20, page=False),
    "distributor": Column("Distributor", width=18, page=False),
    "firmware_software_version": Column("Firmware", Kind.CODE, 14),
    "os_version": Column("Operating system version", Kind.CODE, 16, page=False),
    "physical_or_virtual": Column("Physical or virtual", width=12, page=False),
    "vlan": Column("VLAN", Kind.CODE, 10, page=False),
    "antivirus_endpoint_protection": Column("Endpoint protection", width=18, page=False),
    "date_of_manufacture": Column("Date of manufacture", width=14, page=False),
    "hypervisor": Column("Hypervisor", width=16, page=False),
    "local_time_zone": Column("Time zone", width=14, page=False),
    "location_within_hypervisor": Column("Place in the hypervisor", width=18, page=False),
    "network_monitoring": Column("Network monitoring", width=18, page=False),
    "notes_description": Column("Notes", width=30, page=False),
    "primary_communication_method": Column("Communication", width=16, page=False),
    "serial_number": Column("Serial number", Kind.CODE, 20, page=False),
    "time_source": Column("Time source", width=18, page=False),
}
_MEANINGS = {
    "ports_services": "ports found open, with the service behind them",
    "active_supported_communication_protocols": "protocols that spoke on its ports",
}
_ATTRIBUTES = (
    Column("Attribute", Kind.CODE, 40),
    Column("Priority", width=10),
    Column("Column of Assets", width=24),
    Column("Assets with a value", Kind.NUMBER, 18),
    Column("Assets without", Kind.NUMBER, 18),
    Column("Meaning", width=70),
)
_CHARTS = {
    "high": "Completeness: the 14 attributes of high priority",
    "medium": "Completeness: the 8 of medium priority",
    "low": "Completeness: the 10 of low priority",
}


def names() -> Iterator[str]:
    """All attributes in the order of the guidance: by priority, then by name."""
    for priority in PRIORITIES:
        yield from attributes(priority)


def columns() -> tuple[Column, ...]:
    """One column for each attribute, in that order."""
    return tuple(_TITLES[name] for name in names())


def completeness(entries: Sequence[Entry]) -> Table:
    """How many assets have a value for each attribute."""
    counts = _counted(entries)
    meanings = {key.name: key.meaning for key in vocabulary().values()} | _MEANINGS

    def rows() -> Iterator[Row]:
        for priority in PRIORITIES:
            held = [
                (name, priority, _TITLES[name].title, counts[name], len(entries) - counts[name], meanings[name])
                for name in attributes(priority)
            ]
            yield from sorted(held, key=lambda row: (row[4], row[0]))

    purpose = "How many assets have a value for each attribute of the CISA guidance, by its priority."
    return table("attributes", "Attributes", purpose, _ATTRIBUTES, rows, empty="")


def charts(entries: Sequence[Entry]) -> tuple[Chart, ...]:
    """The same as bars: a full bar means that every asset has a value."""
    counts = _counted(entries)
    return tuple(
        bars(
            f"complete-{priority}",
            _CHARTS[priority],
            ((_TITLES[name].title, counts[name]) for name in attributes(priority)),
            most=99,
            whole=len(entries),
        )
        for priority in PRIORITIES
    )


def _counted(entries: Sequence[Entry]) -> Counter[str]:
    return Counter(name for entry in entries for name in entry.filled)
