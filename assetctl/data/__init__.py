"""Tables that ship with assetctl. Nothing but data; SOURCES.toml says where each comes from."""
