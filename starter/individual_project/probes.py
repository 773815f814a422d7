"""How the tests call a project: its model, its predictions and its training.

Its claims, its curve and its report are read from its files, by the tests.
"""

from __future__ import annotations

import ctypes
import tempfile
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np


def model() -> dict[str, Any]:
    """The number of parameters, and those that training changes, of the model with the weights that were sent."""
    built = _model()
    return {
        "parameters": sum(one.numel() for one in built.parameters()),
        "trainable": sum(one.numel() for one in built.parameters() if one.requires_grad),
        "finite": all(bool(one.isfinite().all()) for one in built.state_dict().values() if one.is_floating_point()),
    }


def predictions(*, inputs: np.ndarray, training_mode: bool, mixed_precision: bool = False) -> dict[str, Any]:
    """What ``predict`` returns for the inputs, with the model in training mode before the call or not."""
    import torch
    from project.predict import predict

    model = _model().train(training_mode)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=mixed_precision):
        return {"outputs": _array(predict(model, torch.from_numpy(inputs.copy())))}


def training(
    *,
    data: dict[str, np.ndarray],
    seed: int,
    steps: int,
    stop: int,
    inputs: np.ndarray,
    labels: str = "",
    mixed_precision: bool = False,
) -> dict[str, Any]:
    """Losses, a sum of each parameter and predictions after training to a step; stopped before and resumed, if wanted.

    Args:
        data: as ``train`` takes them; empty for the public data of the track ``labels``.
        seed: of the training.
        steps: the last step.
        stop: the step at which training is stopped and resumed; 0: not at all.
        inputs: of ``predict``; without items there are no predictions.
        labels: the track, where the data are the public ones.
        mixed_precision: whether all of it runs in bfloat16 where PyTorch's autocast does so.
    """
    import torch
    from project.predict import predict
    from project.train import train

    with (
        tempfile.TemporaryDirectory() as folder,
        torch.autocast("cpu", dtype=torch.bfloat16, enabled=mixed_precision),
    ):
        shared = (_config(), _tensors(data, labels), "cpu", folder, seed)
        losses: list[float] = []
        resume = None
        if stop:
            losses += train(*shared, steps=stop)[1]
            resume = str(Path(folder) / "checkpoint.pt")
        trained, more = train(*shared, steps=steps, resume=resume)
        outputs = _array(predict(trained, torch.from_numpy(inputs.copy()))) if len(inputs) else np.empty((0, 0))
    return {
        "losses": np.asarray([*losses, *more], np.float64),
        "sums": np.asarray([float(one.double().sum()) for one in trained.state_dict().values()]),
        "outputs": outputs,
    }


def unchanged(*, data: dict[str, np.ndarray], seed: int, steps: int) -> dict[str, Any]:
    """How many trainable parameters are the same after one step and after ``steps``, and the number of all."""
    from project.train import train

    with tempfile.TemporaryDirectory() as folder:
        config, tensors = _config(), _tensors(data, "")
        one, later = (
            dict(train(config, tensors, "cpu", folder, seed, steps=count)[0].named_parameters()) for count in (1, steps)
        )
    same = [name for name, value in one.items() if value.requires_grad and bool((value == later[name]).all())]
    return {"unchanged": len(same), "all": len(one)}


def memory(*, data: dict[str, np.ndarray], seed: int, steps: int) -> dict[str, Any]:
    """By how many MiB the memory in use grows from steps 11 to 20 to the last ten.

    It is what the C library has given out, read after each step of an optimiser of PyTorch: the peak of a process would
    be that of an earlier call. Where no such optimiser is used, nothing is known, and the growth is 0.
    """
    from project.train import train
    from torch.optim.optimizer import register_optimizer_step_post_hook

    used_mib: list[float] = []
    hook = register_optimizer_step_post_hook(lambda *_: used_mib.append(_allocated_mib()))
    try:
        with tempfile.TemporaryDirectory() as folder:
            train(_config(), _tensors(data, ""), "cpu", folder, seed, steps=steps)
    finally:
        hook.remove()
    return {"mib": float(np.median(used_mib[-10:]) - np.median(used_mib[10:20])) if len(used_mib) >= steps else 0.0}


class _Allocated(ctypes.Structure):
    """What glibc's mallinfo2 returns."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )
    )  # fmt: skip


def _allocated_mib() -> float:
    """What malloc has given out and not got back: in the heap, and in pages of their own."""
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = _Allocated
    found = mallinfo2()
    return (found.uordblks + found.hblkhd) / (1 << 20)


def _config() -> dict[str, Any]:
    return tomllib.loads(files("project").joinpath("config.toml").read_text())


def _model() -> Any:
    from project.course.weights import load_weights
    from project.model import build_model

    built = build_model(_config())
    load_weights(built, files("project").joinpath("weights.safetensors").read_bytes())
    return built


def _tensors(data: dict[str, np.ndarray], track: str) -> dict[str, Any]:
    import torch

    if track:
        from project.course.finish import training_data

        return training_data(track)
    return {name: torch.from_numpy(value.copy()) for name, value in data.items()}


def _wide(dtype: Any) -> Any:
    """NumPy has no bfloat16."""
    import torch

    return torch.float32 if dtype == torch.bfloat16 else dtype


def _array(outputs: Any) -> np.ndarray:
    return outputs.detach().cpu().to(_wide(outputs.dtype)).numpy()
