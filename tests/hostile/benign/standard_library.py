"""Uses much of the standard library."""

import collections
import csv
import decimal
import hashlib
import io
import itertools
import json
import pickle
import platform
import re
import sqlite3
import statistics
import unittest
import uuid
import zlib
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        assert pickle.loads(pickle.dumps([1])) == [1]
        assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)
        assert zlib.decompress(zlib.compress(b"x")) == b"x"
        assert statistics.mean([1, 2, 3]) == 2
        hashlib.sha256(b"x").hexdigest()
        csv.writer(io.StringIO()).writerow([1])
        json.dumps(collections.Counter("abc"))
        re.findall("a", "banana")
        list(itertools.product("ab", repeat=2))
        platform.platform()
        uuid.uuid4()
        decimal.Decimal("0.1")
        unittest.TestCase().assertEqual(1, 1)
        super().step()
