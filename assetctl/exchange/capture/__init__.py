"""What a plant has recorded of its own traffic, read as if it had been asked.

A capture goes through in one pass: file -> packets -> frames -> datagrams and streams -> talks -> claims. One road
serves every protocol. What a device answered is kept as exchanges, exactly as a scan keeps them, and the protocol's own
probe then puts its questions to those exchanges: `answers` looks up what the device said to a question of the same
meaning, whoever put it, and sets the numbers by which the probe knows its answer. What the capture does not hold is
met with silence, or with the protocol's own word for "not here". So a capture says what a scan says, in the same keys
and forms, and is read again from its exchanges when a decoder learns more.

Everything is bounded: see `file`, `streams`, `talks` and `flows`.
"""
