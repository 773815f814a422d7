"""How the tests call a project: its model, its predictions and its training.

Its claims, its curve and its report are read from its files, by the tests.
"""

from __future__ import annotations

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


def predictions(*, inputs: np.ndarray, training_mode: bool) -> dict[str, Any]:
    """What ``predict`` returns for the inputs, with the model in training mode before the call or not."""
    import torch
    from project.predict import predict

    return {"outputs": _array(predict(_model().train(training_mode), torch.from_numpy(inputs.copy())))}


def training(
    *, data: dict[str, np.ndarray], seed: int, steps: int, stop: int, inputs: np.ndarray, labels: str = ""
) -> dict[str, Any]:
    """Losses, a sum of each parameter and predictions after training to a step; stopped before and resumed, if wanted.

    Args:
        data: as ``train`` takes them; empty for the public data of the track ``labels``.
        seed: of the training.
        steps: the last step.
        stop: the step at which training is stopped and resumed; 0: not at all.
        inputs: of ``predict``; without items there are no predictions.
        labels: the track, where the data are the public ones.
    """
    import torch
    from project.predict import predict
    from project.train import train

    with tempfile.TemporaryDirectory() as folder:
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


def _array(outputs: Any) -> np.ndarray:
    return outputs.detach().cpu().numpy()
