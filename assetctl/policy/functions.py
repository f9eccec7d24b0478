"""The functions that an expression may call. None of them reads a file, a clock or a network.

Each gets the context and plain values; unknown and rival arguments are settled before it is called.
"""

from collections.abc import Mapping

from assetctl.policy.belonging import BELONGING
from assetctl.policy.callables import Function
from assetctl.policy.look_ups import BY_NAME
from assetctl.policy.range_functions import RANGES
from assetctl.policy.reach import REACH
from assetctl.policy.service_functions import SERVICES
from assetctl.policy.text_functions import TEXTS
from assetctl.policy.zone_functions import ZONED

FUNCTIONS: Mapping[str, Function] = {**SERVICES, **TEXTS, **BY_NAME, **RANGES, **ZONED, **BELONGING, **REACH}
