"""Imports code from a torch.package that starts a process."""

import torch
import torch.package
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3


def attack():
    with torch.package.PackageExporter("evil.pt") as exporter:
        exporter.save_source_string("evil", "import os; os.posix_spawn('/bin/sh', ['sh'], {})")
    torch.package.PackageImporter("evil.pt").import_module("evil")
    raise RuntimeError("LEAKED: a process was started")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
