"""The only code with sockets and child processes. Every function takes a Permit or a Lease."""
