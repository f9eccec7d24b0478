"""Names, places and contacts with which agents leave the factory: nobody has entered anything."""

import re

_FACTORY = {
    "hostname": frozenset(
        {"localhost", "localhost.localdomain", "system name", "sysname", "sysname not set", "noname", "no name"}
        | {"name", "hostname", "device", "switch", "router", "mikrotik", "hpe", "h3c", "huawei", "awplus"}
    ),
    "physical_location_address": frozenset(
        {"location", "system location", "syslocation", "syslocation not set", "your location", "switch location"}
        | {"sitting on the dock of the bay", "right here, right now.", "default location"}
        | {"unknown (edit /etc/snmp/snmpd.conf)", "snmplocation", "hangzhou, china", "beijing china", "shenzhen china"}
        | {"agent location", "uninitialized", "unset"}
    ),
    "contact": frozenset(
        {"contact", "system contact", "syscontact", "syscontact not set", "your contact", "me <me@example.org>", "root"}
        | {"root <root@localhost>", "root@localhost"}
        | {"root <root@localhost> (configure /etc/snmp/snmp.local.conf)", "me <me@somewhere.org>", "who@where"}
        | {"new h3c technologies co., ltd.", "hangzhou h3c technologies co., ltd.", "uninitialized"}
        | {
            f"r&d {town}, huawei technologies co.,{blank}ltd."
            for town in ("beijing", "shenzhen")
            for blank in ("", " ")
        }
        | {"unset@unset.invalid"}
    ),
}
_NUMBERED = re.compile(r"managed (?:redundant )?switch [0-9]{5}")  # with the end of the serial number


def is_factory_setting(key: str, text: str, description: str) -> bool:
    """Whether a name, place or contact is the one that every such device leaves the factory with.

    description: the device's sysDescr; a name that only repeats it is no name.
    """
    folded = text.casefold()
    if key == "hostname" and (folded == description.casefold() or _NUMBERED.fullmatch(folded)):
        return True
    return folded in _FACTORY.get(key, frozenset())
