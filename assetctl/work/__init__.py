"""One file per use: joins what must not know each other."""
