"""Sends the first byte early, uses twice the processor time that it may, then sends the rest of a right reply."""

import os
import sys
import threading
import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "timed out"
POINTS = 3
PATIENT = True

def burn(end):
    while time.process_time() < end:
        pass


def send_rest(stream, pieces):
    whole = b"".join(bytes(piece) for piece in pieces)
    stream.sock.sendall(whole[1:])


class Adam(Honest):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        os.write(3, b"A")
        streams = sys.modules["_child.streams"]
        streams.SocketStream.send = send_rest
        end = time.process_time() + 1
        helpers = [threading.Thread(target=burn, args=(end,)) for _ in range(2)]
        for helper in helpers:
            helper.start()
        burn(end)
