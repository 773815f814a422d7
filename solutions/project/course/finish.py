"""``python -m project.course.finish --seed 7``: train, and write what is submitted beside the code.

It trains on the public data with ``config.toml``, and writes ``weights.safetensors``, ``runs/``, ``results.json`` and
``environment.txt`` into the folder ``project``. The report is yours to write.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import torch

import project
from project.course.data import TRACKS, public_split
from project.course.metrics import measure
from project.course.weights import save_weights

EARLY_STEPS = 30
MOST_SEED = 2**31


def training_data(track: str) -> dict[str, torch.Tensor]:
    """Return the public data as :func:`project.train.train` takes them."""
    training, validation = public_split(track, "training"), public_split(track, "validation")
    return {
        "inputs": torch.from_numpy(training.inputs),
        "targets": torch.from_numpy(training.targets),
        "validation_inputs": torch.from_numpy(validation.inputs),
        "validation_targets": torch.from_numpy(validation.targets),
    }


def finish(folder: Path, seed: int, device: str) -> dict[str, Any]:
    """Train, write the files, and return what is in ``results.json``."""
    from project.predict import predict  # the student's files: whoever imports this module for its data needs none
    from project.train import train

    config = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
    track, data = config["track"], training_data(config["track"])
    test = public_split(track, "test")

    def measured(model: torch.nn.Module) -> dict[str, Any]:
        found = measure(track, predict(model, torch.from_numpy(test.inputs)).numpy(), test.targets)
        return {"value": round(found.value, 6), "error": round(found.error, 6)}

    with tempfile.TemporaryDirectory() as early_dir:  # on the CPU, where it can be repeated anywhere
        early_model, early_losses = train(config, data, "cpu", early_dir, seed, steps=EARLY_STEPS)
        early = {**measured(early_model), "losses": [round(loss, 6) for loss in early_losses]}
    runs = folder / "runs"
    shutil.rmtree(runs, ignore_errors=True)
    start = time.perf_counter()
    model, losses = train(config, data, device, str(runs), seed)
    seconds = time.perf_counter() - start
    for checkpoint in runs.rglob("*.pt"):
        checkpoint.unlink()  # the weights are in a file of their own
    results = {
        "track": track,
        "metric": TRACKS[track].metric,
        "split": "test",
        **measured(model),
        "seed": seed,
        "steps": len(losses),
        "early": {"steps": EARLY_STEPS, **early},
        "device": device,
        "seconds": round(seconds, 1),
    }
    (folder / "weights.safetensors").write_bytes(save_weights(model))
    (folder / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
    lines = [f"{name}=={version}" for name, version in versions.items()] + [f"platform: {platform.platform()}"]
    (folder / "environment.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return results


def main() -> None:
    """Read the command line, and show the results."""
    parser = argparse.ArgumentParser(description="Train, and write weights, logs, claims and versions.")
    parser.add_argument("--seed", type=int, default=7, help="decides everything that is random")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    chosen = parser.parse_args()
    if not 0 <= chosen.seed < MOST_SEED:
        parser.error(f"--seed {chosen.seed}: must be from 0 to {MOST_SEED - 1}")
    results = finish(Path(project.__file__).parent, chosen.seed, chosen.device)
    sys.stdout.write(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
