"""Rows and the way in and out of them; no row leaves this package."""
