"""Replaces the probes by functions that return zeros."""

import sys
import types
import numpy as np

EXPECT = "failed"
POINTS = 0

fake = types.ModuleType("probes")
fake.sgd_path = fake.adam_path = lambda **inputs: {"path": np.zeros_like(inputs["grads"])}
fake.clip = lambda **inputs: {"norm": 0.0, "grads": inputs["grads"]}
sys.modules["probes"] = fake
