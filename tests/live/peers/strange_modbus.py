"""A Modbus device that is in trouble: it resets in mid-exchange, or it slows down. Arguments: address, which.

It gives its identification one object at a time, so that a scanner has many questions for it.
"""

import socket
import struct
import sys
import time

TEXTS = {
    0: b"Frail",
    1: b"F-1",
    2: b"1.0",
    3: b"http://frail.example",
    4: b"Frail One",
    5: b"F",
    6: b"mixer",
    0x80: b"x",
}
LAST = {1: 2, 2: 6, 3: 0x80}
SLOW_FROM, SLOW_S = 4, 0.7


def answer(request: bytes) -> bytes:
    """One object, and where to go on."""
    read_code, wanted = request[9], request[10]
    following = [number for number in TEXTS if wanted < number <= LAST[read_code]]
    more, after = (0xFF, following[0]) if following else (0, 0)
    body = bytes((0x2B, 0x0E, read_code, 0x83, more, after, 1, wanted, len(TEXTS[wanted]))) + TEXTS[wanted]
    return request[:4] + struct.pack(">H", len(body) + 1) + request[6:7] + body


def serve(made: socket.socket, which: str) -> None:
    """One connection: answers in good order until the trouble begins."""
    count = 0
    while request := made.recv(260):
        count += 1
        if which == "resets" and count == 2:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            made.close()
            return
        if which == "slows" and count >= SLOW_FROM:
            time.sleep(SLOW_S)
        made.sendall(answer(request))
    made.close()


with socket.create_server((sys.argv[1], 502)) as server:
    while True:
        serve(server.accept()[0], sys.argv[2])
