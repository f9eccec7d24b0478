"""Comparing the inventory with a golden file."""
