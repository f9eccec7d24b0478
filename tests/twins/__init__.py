"""Fragile twins: simulated devices with the limits that real ones have, each of which knows its own harm.

A public benchmark (`make twins`) and a test. A twin models one limit after the source that it names; it is no copy of
a product. What harms it is decided by what reaches it, and a harmed twin answers nobody any more.
"""
