"""How the tests call ``models``: plain data in, named plain data out."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray


# ---- Architectures ----

_MODULE_OF = {
    "alexnet_vgg": ("AlexNet", "VGG", "LocalResponseNorm"),
    "googlenet": ("GoogLeNet", "Inception", "AuxiliaryHead", "auxiliary_loss"),
    "resnet": ("ResNet", "Block", "resnet"),
    "topologies": ("DepthwiseSeparable", "DenseBlock", "SqueezeExcitation"),
    "unet": ("UNet", "dice_loss", "segmentation_loss"),
}


def _of_models(name: str) -> Any:
    """A class or function of ``models``, by its name."""
    import importlib

    module = next(module for module, names in _MODULE_OF.items() if name in names)
    return getattr(importlib.import_module(f"models.{module}"), name)


def _network(name: str, settings: dict[str, Any]) -> Any:
    """A new network; ``settings`` are the arguments of its constructor, with tuples in place of lists."""
    return _of_models(name)(**{key: tuple(of) if isinstance(of, list) else of for key, of in settings.items()})


def _in_order_of_use(network: Any, x: Any) -> list[Any]:
    """The layers with parameters of their own, in the order in which a forward pass in training first calls them."""
    import torch

    used: list[Any] = []

    def note(layer: Any, _inputs: Any) -> None:
        if all(layer is not other for other in used):
            used.append(layer)

    handles = [
        layer.register_forward_pre_hook(note)
        for layer in network.modules()
        if any(parameter is not None for parameter in layer._parameters.values())
    ]
    network.train()
    with torch.no_grad():
        network(x.clone())
    for handle in handles:
        handle.remove()
    return used


def _fill(layers: list[Any], rng: Any) -> None:
    """Give each layer new parameters and running statistics: the same numbers for the same layers in the same order."""
    import torch

    with torch.no_grad():
        for layer in layers:
            is_norm = getattr(layer, "running_mean", None) is not None
            for parameter in layer._parameters.values():
                if parameter is None:
                    continue
                draws = rng.standard_normal(parameter.numel()).reshape(tuple(parameter.shape))
                if parameter.ndim > 1:
                    draws *= np.sqrt(2 * parameter.shape[0] / parameter.numel())
                elif is_norm and parameter is layer.weight:
                    draws = 1 + 0.3 * draws
                else:
                    draws *= 0.2
                parameter.copy_(torch.from_numpy(np.ascontiguousarray(draws)))
            if is_norm:
                count = layer.running_mean.numel()
                layer.running_mean.copy_(torch.from_numpy(0.2 * rng.standard_normal(count)))
                layer.running_var.copy_(torch.from_numpy(rng.uniform(0.5, 1.5, count)))


def _numpy(tensor: Any) -> Array:
    return tensor.detach().numpy().copy()


def _outputs(result: Any) -> list[Any]:
    """What a network returned, as a list of tensors."""
    return [result] if hasattr(result, "detach") else list(result)


def sizes(*, network: str, settings: dict[str, Any], shape: list[int] | None = None) -> dict[str, Any]:
    """A network on the meta device (sizes without numbers).

    Returns:
        parameters: their number; shapes: of the outputs in training, by their place (only where ``shape`` is given).
    """
    from models.course.sizes import sizes_of

    found = sizes_of(lambda: _network(network, settings), shape)
    return {name: found[name] for name in ("parameters", "shapes") if name in found}


def compute(*, network: str, settings: dict[str, Any], x: Array, seed: int) -> dict[str, Any]:
    """A network in float64 with weights from ``seed``, in evaluation, in training, and in evaluation again.

    Returns:
        eval, train, eval_after: lists of outputs. After the pass in training, with upstream gradients from the seed:
        grad_input; grads: of each layer's parameters in the order of use, as flat arrays; buffers: running means and
        variances in the order of use; parameters: the number of all; x_unchanged.
    """
    import torch

    rng = np.random.default_rng(seed)
    made = _network(network, settings).double()
    layers = _in_order_of_use(made, torch.from_numpy(x.copy()))
    _fill(layers, rng)
    given = torch.from_numpy(x.copy())
    found: dict[str, Any] = {"parameters": sum(of.numel() for of in made.parameters())}
    made.eval()
    with torch.no_grad():
        found["eval"] = [_numpy(of) for of in _outputs(made(given))]
    made.train()
    inner = given.clone().requires_grad_()
    results = _outputs(made(inner * 1.0))
    found["train"] = [_numpy(of) for of in results]
    upstream = [torch.from_numpy(rng.standard_normal(tuple(of.shape))) for of in results]
    torch.autograd.backward(results, upstream)
    found["grad_input"] = _numpy(inner.grad)
    parameters = [of for layer in layers for of in layer._parameters.values() if of is not None]
    found["grads"] = [np.zeros(0) if of.grad is None else _numpy(of.grad).reshape(-1) for of in parameters]
    norms = [layer for layer in layers if getattr(layer, "running_mean", None) is not None]
    found["buffers"] = [_numpy(of) for layer in norms for of in (layer.running_mean, layer.running_var)]
    made.eval()
    with torch.no_grad():
        found["eval_after"] = [_numpy(of) for of in _outputs(made(given))]
    return found | {"x_unchanged": bool(np.array_equal(given.numpy(), x))}


def constant(*, network: str, settings: dict[str, Any], x: Array, value: float) -> dict[str, Any]:
    """The output in evaluation of a new network whose parameters are all ``value``: y."""
    import torch

    made = _network(network, settings).double().eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.fill_(value)
        return {"y": _numpy(made(torch.from_numpy(x.copy())))}


def fresh(*, network: str, settings: dict[str, Any], x: Array) -> dict[str, Any]:
    """The output in training of a new network with its own initial weights: y."""
    import torch

    torch.manual_seed(0)
    return {"y": _numpy(_network(network, settings).double()(torch.from_numpy(x.copy())))}


def repeated(*, network: str, settings: dict[str, Any], x: Array) -> dict[str, Any]:
    """Whether two passes of a new network give different outputs, by the place of the output, in training and after."""
    import torch

    made = _network(network, settings).double()
    given = torch.from_numpy(x.copy())
    found = {}
    with torch.no_grad():
        for mode in (True, False):
            made.train(mode)
            pairs = zip(_outputs(made(given)), _outputs(made(given)), strict=True)
            found["train" if mode else "eval"] = [not bool(torch.equal(one, other)) for one, other in pairs]
    return found


def loss(*, name: str, outputs: list[Array], target: Array, settings: dict[str, float]) -> dict[str, Any]:
    """A loss of ``models`` and its gradients: value, grads. One output is handed over alone, several as a tuple."""
    import torch

    tensors = [torch.from_numpy(of.copy()).requires_grad_() for of in outputs]
    given = tensors[0] if len(tensors) == 1 else tuple(tensors)
    value = _of_models(name)(given, torch.from_numpy(target.copy()), **settings)
    value.backward()
    return {"value": float(value.detach()), "grads": [_numpy(of.grad) for of in tensors]}


def learn(
    *,
    network: str,
    settings: dict[str, Any],
    x: Array,
    target: Array,
    x_test: Array,
    target_test: Array,
    steps: int,
    batch_size: int,
    lr: float,
    seed: int,
) -> dict[str, Any]:
    """Train a new network in float32 with Adam: accuracy on the test images, in evaluation."""
    import torch

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    made = _network(network, settings).train()
    images, classes = torch.from_numpy(x.astype(np.float32)), torch.from_numpy(target.copy())
    optimiser = torch.optim.Adam(made.parameters(), lr=lr)
    for _ in range(steps):
        batch = torch.from_numpy(rng.choice(len(x), batch_size, replace=False))
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(made(images[batch]), classes[batch]).backward()
        optimiser.step()
    made.eval()
    with torch.no_grad():
        guess = made(torch.from_numpy(x_test.astype(np.float32))).argmax(dim=1).numpy()
    return {"accuracy": float(np.mean(guess == target_test))}


# ---- Beyond 2-D ----


def _beyond_2d(kind, settings):
    """A new model of series or clips, by the name of its class."""
    from models import series, video

    module = video if kind in ("Conv2Plus1d", "VideoCNN") else series
    return getattr(module, kind)(**settings)


def _with_weights(model, weights):
    """The model with ``parameters()`` set from arrays in this order; names of submodules are free."""
    from models.course.weights import set_weights

    return set_weights(model, weights)


def beyond_2d(*, kind, settings, weights, x, grad_output, mode="train"):
    """Output, the input's gradient and ``grads`` of the parameters in order, in float64."""
    import torch

    model = _with_weights(_beyond_2d(kind, settings).double(), weights).train(mode == "train")
    tensor = torch.tensor(x, requires_grad=True)
    output = model(tensor)
    output.backward(torch.tensor(grad_output))
    grads = [parameter.grad.numpy() for parameter in model.parameters()]
    return {"output": output.detach().numpy(), "grad_x": tensor.grad.numpy(), "grads": grads}


def beyond_2d_output(*, kind, settings, weights, x, mode="eval"):
    """Output of one forward pass, in float64. A batch norm has the statistics of a new model: mean 0, variance 1."""
    import torch

    model = _with_weights(_beyond_2d(kind, settings).double(), weights).train(mode == "train")
    with torch.no_grad():
        return {"output": model(torch.tensor(x)).numpy()}


def beyond_2d_dropout(*, kind, settings, weights, x, seed):
    """The share of zeros in the output of one forward pass in training, and the output in eval mode."""
    import torch

    torch.manual_seed(seed)
    model = _with_weights(_beyond_2d(kind, settings).double(), weights)
    with torch.no_grad():
        trained = model.train()(torch.tensor(x)).numpy()
        evaluated = model.eval()(torch.tensor(x)).numpy()
    return {"zeros_in_training": float((trained == 0).mean()), "output": evaluated}


def tcn_influence(*, settings, weights, x):
    """How many steps of the input the last output step depends on, and what ``receptive_field`` says."""
    import torch

    model = _with_weights(_beyond_2d("TCN", settings).double(), weights)
    tensor = torch.tensor(x, requires_grad=True)
    model(tensor)[:, :, -1].sum().backward()
    steps = (tensor.grad != 0).any(dim=0).any(dim=0).nonzero()
    return {"influence": tensor.shape[-1] - int(steps.min()), "receptive_field": int(model.receptive_field)}


def meta_model(*, kind, settings, shape):
    """Number of parameters and shape of the output, on the meta device: no memory, no computing."""
    from models.course.sizes import sizes_of

    found = sizes_of(lambda: _beyond_2d(kind, settings), shape)
    return {"parameters": found["parameters"], "output_shape": found["shapes"][0]}


def stack_receptive_field(*, kernel_sizes, dilations):
    """receptive_field of a stack of convolutions."""
    from models.series import receptive_field

    return {"steps": int(receptive_field(kernel_sizes, dilations))}


def middle_channels(*, in_channels, out_channels, time_size=3, space_size=3):
    """mid_channels, as a whole number."""
    from models.video import mid_channels

    channels = mid_channels(in_channels, out_channels, time_size, space_size)
    return {"channels": channels}


def train_classifier(*, kind, settings, x, labels, new_x, batches, lr, seed):
    """Train with Adam and cross-entropy on the batches of indices; return the predicted classes of ``new_x``."""
    import torch

    torch.manual_seed(seed)
    model = _beyond_2d(kind, settings)
    x, labels = torch.tensor(x, dtype=torch.float32), torch.tensor(labels)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    for batch in torch.tensor(batches):
        loss = torch.nn.functional.cross_entropy(model(x[batch]), labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.eval()
    with torch.no_grad():
        return {"classes": model(torch.tensor(new_x, dtype=torch.float32)).argmax(dim=1).numpy()}


# ---- Practice ----


def _tensors(values):
    import torch

    return {name: torch.tensor(np.array(value)) for name, value in values.items()}


def _batches(images, labels, sizes):
    """Images (N, C, H, W) and labels (N,) in batches of the given sizes."""
    import torch

    return list(
        zip(torch.tensor(images).split(list(sizes)), torch.tensor(labels).long().split(list(sizes)), strict=True)
    )


def _set_global_generators(seed):
    """Code that draws from the global generators draws the same in each call, whatever was called before."""
    import random

    import torch

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global generator is meant
    torch.manual_seed(seed)


def _classifier(weights, dropout=0.0):
    """A small network: convolution, batch norm, ReLU, dropout, linear layer; dtype as the weights'."""
    import torch
    from torch import nn

    channels, in_channels = weights["0.weight"].shape[:2]
    classes, features = weights["5.weight"].shape
    model = nn.Sequential(
        nn.Conv2d(in_channels, channels, 3, padding=1),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Flatten(),
        nn.Linear(features, classes),
    ).to(torch.tensor(np.array(weights["0.weight"])).dtype)
    model.load_state_dict(_tensors(weights), strict=False)
    return model


def _state(module):
    """Parameters and running statistics as arrays."""
    return {
        name: value.detach().clone().double().numpy()
        for name, value in module.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def train_epochs(*, weights, images, labels, sizes, settings, epochs=1, stale=0.0):
    """Epochs of train_one_epoch with SGD on a small network; it starts in evaluation mode and with old gradients."""
    import torch

    from models.loops import train_one_epoch

    model = _classifier(weights)
    model.eval()
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, stale)
    seen = []
    model[5].register_forward_hook(lambda module, given, output: seen.append(str(output.dtype)))
    optimiser = torch.optim.SGD(model.parameters(), lr=settings["lr"], momentum=settings.get("momentum", 0.0))
    options, scaler = {}, None
    if "gamma" in settings:
        options["scheduler"] = torch.optim.lr_scheduler.ExponentialLR(optimiser, settings["gamma"])
    if "scale" in settings:
        options["scaler"] = scaler = torch.amp.GradScaler("cpu", init_scale=settings["scale"], growth_interval=3)
    if "max_norm" in settings:
        options["max_norm"] = settings["max_norm"]
    if settings.get("bfloat16"):
        options["autocast_dtype"] = torch.bfloat16
    results = [train_one_epoch(model, _batches(images, labels, sizes), optimiser, **options) for _ in range(epochs)]
    return {
        "state": _state(model),
        "loss": np.array([float(result["loss"]) for result in results]),
        "accuracy": np.array([float(result["accuracy"]) for result in results]),
        "lr": float(optimiser.param_groups[0]["lr"]),
        "scale": float(scaler.get_scale()) if scaler else 1.0,
        "logits": ", ".join(sorted(set(seen))),
        "weights": ", ".join(sorted({str(parameter.dtype) for parameter in model.parameters()})),
    }


def evaluated(*, weights, images, labels, sizes, training, dropout=0.0, bfloat16=False):
    """One evaluate of a small network that is in the given mode."""
    import torch

    from models.loops import evaluate

    model = _classifier(weights, dropout)
    model.train(training)
    _set_global_generators(1)
    seen, graphs = [], []

    model[5].register_forward_hook(lambda module, given, output: seen.append(str(output.dtype)))
    model[5].register_forward_hook(lambda module, given, output: graphs.append(output.requires_grad))
    options = {"autocast_dtype": torch.bfloat16} if bfloat16 else {}
    result = evaluate(model, _batches(images, labels, sizes), **options)
    return {
        "loss": float(result["loss"]),
        "accuracy": float(result["accuracy"]),
        "training": model.training,
        "graph": any(graphs),
        "grad_enabled": torch.is_grad_enabled(),
        "state": _state(model),
        "logits": ", ".join(sorted(set(seen))),
    }


def empty_epoch(*, weights, function):
    """What evaluate or train_one_epoch does if there is no batch."""
    import torch

    from models import loops

    model = _classifier(weights)
    arguments = (torch.optim.SGD(model.parameters(), lr=0.1),) if function == "train_one_epoch" else ()
    try:
        getattr(loops, function)(model, [], *arguments)
    except ValueError:
        return {"raised": "ValueError"}
    return {"raised": "nothing"}


# transfer


def _backbone(weights):
    """Three stages of convolution, batch norm and ReLU; the last also averages over the pixels."""
    import torch
    from torch import nn

    stages = []
    for number in range(3):
        channels, in_channels = weights[f"{number}.0.weight"].shape[:2]
        layers = [nn.Conv2d(in_channels, channels, 3, stride=1 + number // 2, padding=1), nn.BatchNorm2d(channels)]
        stages.append(nn.Sequential(*layers, nn.ReLU()))
    stages[2].extend([nn.AdaptiveAvgPool2d(1), nn.Flatten()])
    backbone = nn.Sequential(*stages).to(torch.tensor(np.array(weights["0.0.weight"])).dtype)
    backbone.load_state_dict(_tensors(weights), strict=False)
    return backbone


def fine_tune(*, backbone, head, images, labels, phases, epochs=2, rates=None, weight_decay=0.0):
    """Training in phases: each unfreezes so many stages, makes a new SGD of parameter_groups, and trains some epochs.

    The loop is the probe's own: training mode at each epoch's start, one batch an epoch.
    """
    import torch

    from models.transfer import TransferModel, parameter_groups

    stages = _backbone(backbone)
    classes, features = head["weight"].shape
    model = TransferModel(stages, features, classes).to(stages[0][0].weight.dtype)
    fresh = [tuple(model.head.weight.shape), tuple(model.head.bias.shape)]
    model.head.load_state_dict(_tensors(head))
    x, y = torch.tensor(images), torch.tensor(labels).long()
    rates = rates or {"head_lr": 0.5, "backbone_lr": 0.1, "decay": 0.5}
    states, logits = [], []
    for count in phases:
        if count is not None:
            model.unfreeze(count)
        optimiser = torch.optim.SGD(parameter_groups(model, **rates), lr=99.0, weight_decay=weight_decay)
        for _ in range(epochs):
            model.train()
            optimiser.zero_grad()
            output = model(x)
            logits.append(output.detach().clone().numpy())
            torch.nn.functional.cross_entropy(output, y).backward()
            optimiser.step()
        states.append({"backbone": _state(model.backbone), "head": _state(model.head)})
    model.eval()
    with torch.no_grad():
        final = model(x).numpy()
    return {
        "states": states,
        "logits": np.stack(logits),
        "final": final,
        "head_shape": str(fresh),
        "same_backbone": model.backbone is stages,
    }


def impossible_unfreeze(*, backbone, count):
    """What unfreeze does with a number of stages that there is not."""
    from models.transfer import TransferModel

    model = TransferModel(_backbone(backbone), 4, 3)
    try:
        model.unfreeze(count)
    except ValueError:
        return {"raised": "ValueError"}
    return {"raised": "nothing"}


# augmentation


def augmented(*, images, seeds, function, settings, training=True):
    """random_flip, random_crop or Augment with a new generator for each seed: (seeds, N, C, H, W), and the input."""
    import torch

    from models import augmentation

    x, results = torch.tensor(images), []
    for number, seed in enumerate(seeds):
        _set_global_generators(number)
        generator = torch.Generator().manual_seed(int(seed))
        if function == "Augment":
            module = augmentation.Augment(generator, **settings)
            results.append(module.train(training)(x).clone().numpy())
        else:
            results.append(getattr(augmentation, function)(x, generator, **settings).clone().numpy())
    return {"images": np.stack(results), "given": x.numpy()}


def two_epochs(*, images, seed, settings):
    """The same Augment called twice."""
    import torch

    from models.augmentation import Augment

    augment = Augment(torch.Generator().manual_seed(seed), **settings)
    return {"images": np.stack([augment(torch.tensor(images)).clone().numpy() for _ in range(2)])}


def mixed(*, images, labels, classes, alpha, seeds):
    """Mixup with a new generator for each seed: images (seeds, N, C, H, W) and targets (seeds, N, K)."""
    import torch

    from models.augmentation import mixup

    results = []
    for number, seed in enumerate(seeds):
        _set_global_generators(number)
        generator = torch.Generator().manual_seed(int(seed))
        results.append(mixup(torch.tensor(images), torch.tensor(labels).long(), classes, alpha, generator))
    return {
        "images": np.stack([x.clone().numpy() for x, _ in results]),
        "targets": np.stack([y.clone().numpy() for _, y in results]),
    }


# checkpoints


class _Training:
    """A training with everything that a checkpoint must hold: dropout, schedule, scaler, three global generators."""

    def __init__(self, weights, seed):
        import random

        import torch

        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - students use the global generator
        torch.manual_seed(seed)
        model = _classifier(weights, dropout=0.5)
        optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
        self.parts = {
            "model": model,
            "optimiser": optimiser,
            "scheduler": torch.optim.lr_scheduler.StepLR(optimiser, 2, gamma=0.5),
            "scaler": torch.amp.GradScaler("cpu", init_scale=16.0, growth_interval=3),
            "generator": torch.Generator().manual_seed(seed),
        }

    def epochs(self, count, images, labels):
        import random

        import torch

        model, optimiser, scheduler, scaler, generator = self.parts.values()
        model.train()
        for _ in range(count):
            order = torch.randperm(len(images), generator=generator)
            for chosen in order.split(4):
                noise = np.random.standard_normal() + random.random()  # noqa: NPY002, S311 - as above
                optimiser.zero_grad()
                loss = torch.nn.functional.cross_entropy(model(images[chosen] + 0.1 * noise), labels[chosen])
                scaled = scaler.scale(loss)  # two lines: one would be the reference's
                scaled.backward()
                scaler.step(optimiser)
                scaler.update()
            scheduler.step()

    def result(self):
        parts = self.parts
        return {
            "state": _state(parts["model"]),
            "lr": float(parts["optimiser"].param_groups[0]["lr"]),
            "scale": float(parts["scaler"].get_scale()),
        }


def resumed(*, weights, images, labels, epochs, left_out=()):
    """A training undisturbed, one that saves a checkpoint, and one that loads it in a fresh state and goes on."""
    import tempfile
    from pathlib import Path

    import torch

    from models.checkpoints import load_checkpoint, save_checkpoint

    before, after = epochs
    x, y = torch.tensor(images), torch.tensor(labels).long()
    undisturbed = _Training(weights, 1)
    undisturbed.epochs(before + after, x, y)
    saving = _Training(weights, 1)
    saving.epochs(before, x, y)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.pt"
        given = {name: part for name, part in saving.parts.items() if name not in left_out}
        save_checkpoint(path, epoch=before, **given)
        torch.load(path, weights_only=True)
        saving.epochs(after, x, y)
        resuming = _Training({name: np.zeros_like(value) for name, value in weights.items()}, 2)
        parts = {name: part for name, part in resuming.parts.items() if name not in left_out}
        epoch = load_checkpoint(path, **parts)
        loaded = resuming.result()
        if not left_out:
            resuming.epochs(after, x, y)
    return {
        "undisturbed": undisturbed.result(),
        "saving": saving.result(),
        "resumed": resuming.result(),
        "loaded": loaded,
        "epoch": int(epoch),
    }


class _Program:
    """An object whose pickle makes a folder when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        import os

        return os.mkdir, (self.path,)


def hostile_checkpoint(*, weights):
    """load_checkpoint of a file that holds a program: did it run?"""
    import tempfile
    from pathlib import Path

    import torch

    from models.checkpoints import load_checkpoint, save_checkpoint

    parts = _Training(weights, 1).parts
    with tempfile.TemporaryDirectory() as folder:
        path, trace = Path(folder) / "checkpoint.pt", Path(folder) / "ran"
        save_checkpoint(path, epoch=3, **parts)
        content = torch.load(path, weights_only=True)
        torch.save({**content, "note": _Program(str(trace))}, path)
        try:
            load_checkpoint(path, **parts)
        except Exception:  # noqa: BLE001 - any refusal is right
            return {"refused": True, "ran": trace.exists()}
        return {"refused": False, "ran": trace.exists()}


def best_of(*, metrics, size):
    """keep_best after each epoch of a model whose weights are the epoch's number: what is kept, and the bests."""
    import math
    import tempfile
    from pathlib import Path

    import torch

    from models.checkpoints import keep_best

    model, best, bests = torch.nn.Linear(size, 1), -math.inf, []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "best.pt"
        for epoch, metric in enumerate(metrics):
            torch.nn.init.constant_(model.weight, float(epoch))
            best = keep_best(path, model, float(metric), best)
            bests.append(float(best))
        kept = torch.load(path, weights_only=True)
    return {"bests": np.array(bests), "kept": kept["weight"].numpy()}


# seeds


def _draws():
    import random

    import torch

    return [random.random(), float(np.random.random()), float(torch.rand(()))]  # noqa: NPY002, S311 - global


def seeded(*, seeds):
    """Three numbers of each global generator after seed_everything: random, numpy, torch, for each seed."""
    from models.seeding import seed_everything

    found = []
    for number, seed in enumerate(seeds):
        _set_global_generators(number)
        seed_everything(int(seed))
        found.append(_draws())
    return {"draws": np.array(found)}


def seeded_workers(*, base_seeds):
    """The same in workers to which the loader gave these seeds."""
    import torch

    from models.seeding import seed_worker

    found = []
    for number, seed in enumerate(base_seeds):
        _set_global_generators(number)
        torch.manual_seed(int(seed))
        seed_worker(number)
        found.append(_draws())
    return {"draws": np.array(found)}


def loaded(*, size, batch_size, seed, epochs, disturbed):
    """The order of samples in each epoch, the batches' sizes, and whether worker_init_fn seeds numpy."""
    import torch

    from models.seeding import make_loader

    loader = make_loader(torch.utils.data.TensorDataset(torch.arange(size)), batch_size, seed)
    orders, sizes = [], []
    for epoch in range(epochs):
        _set_global_generators(disturbed + epoch)
        batches = [batch[0] for batch in loader]
        orders.append(torch.cat(batches).numpy())
        sizes.append([len(batch) for batch in batches])
    _set_global_generators(1)
    torch.manual_seed(7)
    loader.worker_init_fn(0)
    first = _draws()[1]
    _set_global_generators(2)
    torch.manual_seed(7)
    loader.worker_init_fn(0)
    return {"orders": np.stack(orders), "sizes": np.array(sizes), "worker_seeded": first == _draws()[1]}


# TensorBoard


class _Recorder:
    """Has the methods of SummaryWriter that log_epoch uses; keeps what was written."""

    def __init__(self):
        self.scalars, self.histograms, self.images, self.graphs, self.calls = {}, {}, {}, 0, []

    def add_scalar(self, tag, scalar_value, global_step=None, **_):
        self.scalars[f"{tag} {global_step}"] = float(scalar_value)
        self.calls.append("scalar")

    def add_histogram(self, tag, values, global_step=None, **_):
        detached = values.detach().clone().numpy() if hasattr(values, "detach") else np.array(values)
        self.histograms[f"{tag} {global_step}"] = detached
        self.calls.append("histogram")

    def add_images(self, tag, img_tensor, global_step=None, **_):
        self.images[f"{tag} {global_step}"] = np.array(img_tensor)
        self.calls.append("images")

    def add_graph(self, model, input_to_model=None, **_):
        model(input_to_model)  # fails if the input does not fit
        self.graphs += 1
        self.calls.append("graph")

    def flush(self):
        self.calls.append("flush")

    def close(self):
        self.calls.append("close")


def logged(*, weights, images, metrics, epochs):
    """log_epoch for several epochs: scalars and histograms by tag and step, images, the number of graphs."""
    import torch

    from models.tracking import log_epoch

    writer, model = _Recorder(), _classifier(weights)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 0.5)
    for epoch in range(epochs):
        log_epoch(writer, epoch, metrics[epoch], model, torch.tensor(images))
    return {
        "scalars": writer.scalars,
        "histograms": writer.histograms,
        "images": writer.images,
        "graphs": writer.graphs,
        "flushed": writer.calls[-1] == "flush",
        "closed": "close" in writer.calls,
    }


# ---- Budgets: sums only, so that what is returned costs nothing ----


def _cost(made: Any, x: Any) -> dict[str, Any]:
    """Forward and backward in float32."""
    given = x.requires_grad_()
    total = made(given).square().mean()
    total.backward()
    return {"total": float(total.detach()), "grad": float(given.grad.square().sum())}


def depthwise_cost(*, x: Array) -> dict[str, Any]:
    """A DepthwiseSeparable block with as many outputs as inputs."""
    import torch

    made = _network("DepthwiseSeparable", {"in_channels": x.shape[1], "out_channels": x.shape[1]})
    given = torch.from_numpy(x.astype(np.float32))
    _fill(_in_order_of_use(made, given[..., :4, :4]), np.random.default_rng(7))
    return _cost(made, given)


def causal_conv_cost(*, x: Array, weight: Array, bias: Array, dilation: int) -> dict[str, Any]:
    """A CausalConv1d with given weights."""
    import torch
    from models.course.weights import set_weights
    from models.series import CausalConv1d

    made = CausalConv1d(weight.shape[1], weight.shape[0], weight.shape[2], dilation)
    set_weights(made, [weight, bias])
    return _cost(made, torch.from_numpy(x.astype(np.float32)))
