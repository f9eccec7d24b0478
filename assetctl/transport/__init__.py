"""The only code with sockets and child processes. Every function takes a Permit or a Lease, but for `office`, which
speaks with one server that the user names and with no device."""
