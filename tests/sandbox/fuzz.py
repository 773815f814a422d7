"""Mutated messages against the decoder of the tester: ``python -m tests.sandbox.fuzz [COUNT] [SEED]``.

Every message must be accepted as well-formed or rejected with a WireError: no other exception, no
allocation beyond the cap. One that is accepted is then taken for the answer to two calls, which must give two answers,
or fewer of which the last ends the process, or a StudentFault. Mutations: random bytes, exchanged JSON tokens, lengths
that lie, truncation, additions.
The last line is ``fuzz N messages: A accepted, R rejected, 0 other``.
"""

from __future__ import annotations

import random
import re
import resource
import sys
from collections import Counter
from dataclasses import dataclass

import numpy as np

from autograder.model import Usage
from autograder.runner import exchange
from autograder.runner.child import wire
from autograder.runner.protocol import StudentFault
from autograder.testing import tensor

LIMITS = wire.WireLimits(payload_bytes=1 << 20)
TOKENS = (
    rb"1e999 -1 99999999999999999999 [] {} null true 1.5 NaN Infinity [[[[ ]]]] \xff \\ud800 "
    rb'"|O" "<U8" "|V8" "<M8[s]" "<f8" "$array" "$dict" "$tuple" "$text" "$floats" "$ints" "$float" "nan" "" '
    rb'{"$array":[0,2,3]} {"$array":[-1]} {"$array":[0,18446744073709551615]} {"$text":0} {"$tuple":3} {"$floats":1} '
    rb'{"$dict":[["a",1],["a",2]]} [0,1,2,3,4,5,6,7,8,9] "id" "value" 0 1 48'
).split()
TOKEN = re.compile(rb'-?\d+\.?\d*|"[^"]*"|null|true|\[\]|\{\}')


@dataclass
class Reader:
    """Gives bytes as a socket does; a request for more than the cap is a failure of the decoder."""

    data: bytes
    place: int = 0

    def __call__(self, count: int) -> bytes:
        if count > LIMITS.payload_bytes:
            raise AssertionError(f"the decoder asked for {count} bytes at once")
        part = self.data[self.place : self.place + count]
        if len(part) < count:
            raise wire.PeerClosedError("the peer closed")
        self.place += count
        return part


def seeds() -> list[bytes]:
    """Return honest messages of every kind of value."""
    x = np.arange(6.0).reshape(2, 3)
    values = (
        {"y": x, "z": [1, 2.5, "s", None, True], "t": (1, {"k": float("nan")})},
        {"flags": x > 2, "text": "ü" * 600, "losses": [0.5] * 40, "tokens": list(range(40))},
        {"class": "exception", "type": "ValueError", "text": "\u202e<b>", "path": "scratch/optim.py", "line": 3},
        {"results": [{"outputs": {"y": x}}, {"outputs": {"z": 1.5}}], "seconds": [0.5, 1.5]},
        {"results": [{"outputs": {}}, {"fault": {"class": "exception", "type": "E"}}], "seconds": [0.5, 1.5]},
        {"results": [], "seconds": []},
        {"results": [{"fault": {"class": "memory", "type": "MemoryError", "line": 1}}], "seconds": [0.5]},
        {"state": {"w": tensor(x, "bfloat16"), "n": tensor([3])}, "many": [tensor([True]), tensor([1j])]},
        None,
    )
    return [b"".join(map(bytes, wire.encode(wire.OUTPUTS, wire.new_id(), value))) for value in values]


def mutate(message: bytes, rng: random.Random) -> bytes:
    """Return a message with one kind of damage."""
    kind = rng.random()
    data = bytearray(message)
    if kind < 0.3:
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif kind < 0.75:  # exchange tokens of the JSON, with a length that is right again
        _, frame_kind, json_bytes, payload_bytes = wire.HEADER.unpack_from(message)
        text = message[wire.HEADER.size : wire.HEADER.size + json_bytes]
        for _ in range(rng.randint(1, 3)):
            matches = list(TOKEN.finditer(text))
            match = rng.choice(matches)
            text = text[: match.start()] + rng.choice(TOKENS) + text[match.end() :]
        payload = message[wire.HEADER.size + json_bytes :]
        return wire.HEADER.pack(wire.MAGIC, frame_kind, len(text), payload_bytes) + text + payload
    elif kind < 0.85:
        del data[rng.randrange(len(data)) :]
    elif kind < 0.95:  # lengths that lie
        lengths = [rng.choice((0, 1, 47, 2**16, 2**31, 2**32 - 1)), rng.choice((0, 1, 48, 2**20, 2**40, 2**63))]
        data[: wire.HEADER.size] = wire.HEADER.pack(wire.MAGIC, rng.randrange(8), *lengths)
    else:
        data += rng.randbytes(rng.randrange(1, 50))
    return bytes(data)


def fuzz(count: int, seed: int) -> Counter[str]:
    """Decode ``count`` mutated messages and count how it went; anything but a WireError is raised."""
    rng, messages = random.Random(seed), seeds()
    counts: Counter[str] = Counter()
    for _ in range(count):
        try:
            frame = wire.read_frame(Reader(mutate(rng.choice(messages), rng)), LIMITS)
        except wire.WireError:
            counts["rejected"] += 1
            continue
        counts["accepted"] += 1
        counts["answers" if answers_of(frame) else "faults"] += 1
    return counts


def answers_of(frame: wire.Frame) -> bool:
    """Whether a frame holds answers to two calls."""
    try:
        answers = exchange.interpret(
            exchange.Received(frame, Usage(1.0, 1.0, 30.0), ""), frame.request_id, 2, frozenset()
        )
    except StudentFault:
        return False
    if not (len(answers) == 2 or (len(answers) == 1 and exchange.ends(answers[0]))):
        raise AssertionError(f"two calls have {len(answers)} answers")
    if any(not 0 <= answer.usage.cpu_seconds <= 1 for answer in answers):
        raise AssertionError("a call took more than all of them")
    return True


def main() -> None:
    """Run from the command line."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    counts = fuzz(count, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
    print(f"memory grew by {grown_kib >> 10} MiB")
    print(f"of those accepted {counts['answers']} were answers, {counts['faults']} a fault of the student's")
    print(f"fuzz {count} messages: {counts['accepted']} accepted, {counts['rejected']} rejected, 0 other")


if __name__ == "__main__":
    main()
