"""The gate, the limits and the ledger: what may leave, how fast, and the record of it."""
