"""A seeded injector of faults: any command, at any moment, under any fault, and what must be true afterwards."""
