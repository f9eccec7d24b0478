"""What the rules say of the reference plant, worked out by hand from its data and the catalogue of checks.

A table here is never filled in from what the program answers. Where both differ, one of them is wrong.
"""

from collections.abc import Mapping

LOST = "hmi-filling-2"
"""The device that nobody registered goes by its name."""

FAILURES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "an OPC UA server lets anybody in": (("AUT-001", "=N1+A3-K4"), ("OPC-003", "=N1+A3-K4")),
    "two switches have one host key": (("AUT-004", "=N1+A3-SW1"), ("AUT-004", "=N1+A3-SW2")),
    "the collector's host opened a page in the press cell": (("CON-001", "dmz"), ("CON-001", "cell-press")),
    "an office computer took an engineering station over, past the jump host": (
        ("CON-002", "c-recovery"),
        ("CON-008", "flow 10.10.5.22 to 10.10.3.21 tcp/3389"),
    ),
    "the mirror called the historian, not the other way round": (("CON-003", "c-history"),),
    "nobody prints": (("CON-004", "c-print"),),
    "S7 passes to the safety cell in clear": (("CON-007", "c-safety"),),
    "a boundary device that does not exist": (("CON-011", "c-filling"),),
    "the office firewall can be managed from the office": (("CON-012", "c-office-dmz"),),
    "a foreign master": (("CON-014", "=P1+A1-K2"),),
    "a controller past its end of support": (("EOL-001", "=P1+A1-K3"),),
    "a panel that nobody registered": tuple((check, LOST) for check in ("INV-001", "INV-003", "INV-004", "INV-013")),
    "the same panel, which nobody approved": (("CHG-001", LOST),),
    "a drive that is gone": tuple((check, "=F1+A2-T3") for check in ("CHG-002", "INV-002", "INV-017")),
    "a firmware that was not approved": (("CHG-003", "=F1+A1-K2"),),
    "a module that is not the approved one": (("CHG-003", "=F1+A1-K1 slot/3"), ("PLC-005", "=F1+A1-K1")),
    "two drives with one name": (("INV-009", "=P1+A2-T3"), ("INV-009", "=P1+A2-T4")),
    "no sensor sees the filling cell": (("MON-001", "cell-filling"),),
    "a camera that only the switch knows": (("NET-001", "=P1+A1-SW1"),),
    "two stations with one address": (("NET-007", "=P1+A2-K1"),),
    "a port in the default VLAN": (("NET-008", "=P1+A1-SW1"),),
    "an endpoint without security": (("OPC-001", "=P1+A1-K2"),),
    "an old firmware, known to be exploited, with a fix": tuple(
        (check, "=P1+A1-K2") for check in ("PLC-001", "VUL-001", "VUL-003", "VUL-004")
    ),
    "a key switch that lets programs be loaded": (("PLC-002", "=F1+A1-K1"), ("PLC-007", "=F1+A1-K1")),
    "a controller without protection": (("PLC-003", "=P1+A1-K3"),),
    "a factory community over version 2c": (("SNM-001", "=F1+A1-SW1"), ("SNM-002", "=F1+A1-SW1")),
    "an outdated key exchange": (("SSH-002", "=F1+A1-FW1"),),
    "Telnet": (("SVC-002", "=P1+A2-K3"),),
    "SMB version 1": (("SVC-005", "=N1+A3-K7"),),
    "a remote desktop before the user is checked": (("SVC-006", "=N1+A3-K5"),),
    "a screen without a password, opened without approval": tuple(
        (check, "=F1+A1-P1") for check in ("CHG-004", "SVC-007", "SVC-022")
    ),
    "time from a controller": (("TIM-005", "=P1+A1-P2"),),
    "an expired certificate": (("TLS-001", "=P1+A1-P1"), ("TLS-009", "=P1+A1-P1")),
    "TLS 1.0": (("TLS-005", "=N1+A1-K2"),),
    "a wireless device among wired ones": (("ZON-005", "=F1+A2-K2"),),
    "a zone without a target for resource availability": (("ZON-008", "enterprise"),),
    "a meter of the filling cell in the VLAN of the press": (("ZON-010", "cell-press"), ("ZON-010", "cell-filling")),
    "a workstation that routes": (("ZON-012", "=N1+A3-K6"),),
    "a database on a control server": (("ZON-014", "=N1+A3-K5"),),
}
"""What is wrong on purpose -> the checks that must fail, and on what: position, name, zone, conduit or flow."""

UNKNOWNS: Mapping[str, tuple[str, str, str]] = {
    "asked 40 days ago, and silent since": ("SVC-002", "=F1+A2-T3", "stale"),
    "nothing came back from the port": ("SVC-002", "=F1+A2-T2", "filtered"),
    "something answers and says nothing": ("SVC-002", "=P1+A2-K4", "not-identified"),
    "asked from within its zone only": ("SVC-011", "=P1+A1-K1", "needs-other-vantage"),
    "no sensor sees the zone": ("CON-001", "cell-filling", "no-flow-coverage"),
    "the certificate was not read": ("TLS-001", "=P1+A1-P2", "not-probed"),
    "nobody allowed to try": ("AUT-001", "=P1+A1-K2", "not-permitted"),
    "S7 and OPC UA tell different versions": ("PLC-001", "=P1+A1-K1", "sources-disagree"),
    "a version that cannot be compared with the advisory's": ("VUL-001", "=F1+A1-K3", "undecided"),
    "no list of gateways": ("NET-003", "=P1+A2-K1", "not-declared"),
    "a clock without a time zone": ("TIM-001", "=N1+A3-K1", "not-comparable"),
    "looked at once": ("PLC-006", "=F1+A1-SW1", "not-covered"),
    "a protocol that may be protected or not": ("CON-007", "c-history", "not-identified"),
    "the approved state of a drive that is gone": ("CHG-003", "=F1+A2-T3", "not-covered"),
    "the switch port of what passes frames on": ("NET-002", "=P1+A1-FW1", "not-covered"),
    "gone before the switches were read": ("NET-002", "=F1+A2-T3", "stale"),
}
"""Why it is open -> check, subject and the code of the reason."""

WAIVERS: Mapping[str, tuple[str, int]] = {
    **dict.fromkeys(("W-101", "W-102", "W-103", "W-104", "W-105"), ("live", 1)),
    **dict.fromkeys(("W-201", "W-202", "W-203", "W-204", "W-205"), ("expiring", 1)),
    **dict.fromkeys(("W-301", "W-302", "W-303", "W-305"), ("expired", 1)),
    "W-304": ("expired", 2),
    **dict.fromkeys(("W-401", "W-402", "W-403", "W-404", "W-405"), ("revoked", 1)),
    **dict.fromkeys(("W-501", "W-502", "W-503", "W-504", "W-505"), ("live, unused", 0)),
}
"""Waiver -> its state, and how many failures it speaks of."""

NOT_COUNTING: Mapping[str, str] = {
    "AT-06": "document",
    "AT-23": "valid until",
    "AT-24": "document",
    "AT-25": "changed",
    "AT-26": "reviewer",
    "AT-27": "reviewed",
    "AT-28": "not there",
}
"""Attestation -> a word of why it does not count. AT-06 is a no, which stands against its row all the same."""

CONFIRMED = (("SVC-002", "=P1+A2-K3"), ("CON-011", "c-filling"), ("MON-001", "cell-filling"))
REJECTED = (("TLS-005", "=N1+A1-K2"), ("CON-003", "c-history"))
"""What the assessor decides before the levels are worked out."""

VERDICTS = {
    "-": "no target",
    "R": "reached",
    "G": "gap",
    "I": "gap if the indications hold",
    "U": "undetermined",
}

# For each FR: target, attested or evidenced up to / not contradicted: confirmed / if all indications hold, verdict.
LEVELS = """
                   IAC        UC         SI         DC         RDF        TRE        RA
enterprise         1,0/4/0,I  1,0/4/4,U  1,0/4/4,U  1,0/4/4,U  1,0/4/0,I  1,0/4/4,U  0,0/4/0,-
dmz                2,0/4/4,U  2,0/4/4,U  1,0/4/4,U  2,0/4/4,U  2,0/4/0,I  1,1/4/4,R  1,0/4/0,I
supervision        2,0/4/0,I  2,0/4/0,I  2,0/4/4,U  2,0/4/0,I  2,0/0/0,G  2,1/1/1,G  2,0/4/0,I
cell-press         2,0/0/0,G  2,0/4/0,I  2,0/4/1,I  2,0/0/0,G  2,0/4/0,I  2,0/4/4,U  2,0/0/0,G
cell-press-safety  3,0/4/4,U  3,0/4/4,U  3,0/4/2,I  1,0/4/3,U  3,0/4/4,U  2,2/4/4,R  2,0/4/4,U
cell-filling       1,0/4/0,I  2,0/4/0,I  1,0/4/1,U  1,0/4/0,I  2,0/0/0,G  1,0/1/1,U  2,0/4/0,I
c-office-dmz       1,0/4/4,U  0,0/4/4,-  0,0/4/4,-  1,0/4/4,U  1,0/4/0,I  0,0/4/4,-  0,0/4/0,-
c-print            0,0/4/4,-  0,0/4/4,-  0,0/4/4,-  0,0/4/4,-  1,0/4/4,U  0,0/4/4,-  0,0/4/0,-
c-dmz-supervision  2,0/4/4,U  0,0/4/4,-  0,0/4/4,-  2,2/4/4,R  2,1/4/4,U  0,0/4/4,-  0,0/4/4,-
c-history          2,0/4/4,U  0,0/4/4,-  0,0/4/4,-  2,0/4/4,U  2,0/4/4,U  0,0/4/4,-  0,0/4/4,-
c-press            2,0/4/4,U  0,0/4/4,-  0,0/4/4,-  2,0/4/4,U  2,2/4/4,R  0,0/4/4,-  0,0/4/4,-
c-filling          2,0/4/4,U  0,0/4/4,-  0,0/4/4,-  2,0/4/4,U  2,0/0/0,G  0,0/4/4,-  0,0/4/4,-
c-safety           0,0/4/4,-  0,0/4/4,-  3,0/4/2,I  1,0/4/3,U  3,0/4/4,U  0,0/4/4,-  0,0/4/4,-
c-recovery         0,0/4/0,-  0,0/4/4,-  0,0/4/4,-  0,0/4/4,-  2,0/4/0,I  0,0/4/4,-  0,0/4/0,-
"""

COUNTS: Mapping[tuple[str, str], tuple[int, int, int, int, int, int]] = {
    ("dmz", "TRE"): (1, 1, 0, 0, 1, 1),
    ("supervision", "TRE"): (2, 1, 0, 0, 1, 0),
    ("cell-press", "TRE"): (2, 0, 0, 0, 0, 0),
    ("cell-press-safety", "TRE"): (2, 2, 0, 1, 2, 1),
    ("cell-press-safety", "IAC"): (22, 0, 1, 0, 1, 0),
    ("c-dmz-supervision", "DC"): (4, 4, 0, 0, 4, 0),
    ("c-dmz-supervision", "RDF"): (6, 5, 0, 1, 5, 0),
    ("c-press", "RDF"): (6, 6, 0, 1, 6, 0),
}
"""Rows up to the target, of them met, not applicable, by evidence, attested and independently reviewed."""
