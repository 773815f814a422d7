"""Ends its process when imported."""

import os

EXPECT = "crashed"
POINTS = 0

os._exit(0)
