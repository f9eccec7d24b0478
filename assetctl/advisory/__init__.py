"""Advisories, offline: what makers and CISA publish, and which assets of the inventory it means."""
