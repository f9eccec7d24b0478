"""A fake plant on loopback, for `assetctl demo`."""
