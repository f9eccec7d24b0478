"""snap7's server: 1.4.1 is the C library, 3.x the pure Python one with malformed lists. Argument: address."""

import sys
import threading

from snap7.server import Server

server = Server(log=False) if "log" in Server.__init__.__code__.co_varnames else Server()
if hasattr(server, "start_to"):
    server.start_to(sys.argv[1], 102)
threading.Event().wait()
