"""Asks one SNMP agent on loopback and prints what was claimed as JSON: for agents in a namespace of their own.

Arguments: port, community, depth questions. Each line of the output is key, value, kind and local key.
"""

import json
import sys

from assetctl.secrets.credentials import Community
from tests.live.test_snmp_peers import talk_to


def main(port: str, community: str, *depth: str) -> None:
    done = talk_to(int(port), Community("ro", "v2c", community.encode()), depth=frozenset(depth))
    for claim in done.claims:
        print(json.dumps([claim.key, claim.value, claim.kind, claim.local_key]))


if __name__ == "__main__":
    main(*sys.argv[1:])
