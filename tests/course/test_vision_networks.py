"""The reference networks of s11_vision beside torchvision's: published numbers of parameters, and the same weights."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the reference of s11_vision is written in PyTorch, which is not installed")

SOLUTIONS = Path(__file__).parents[2] / "solutions"

# "num_params" of IMAGENET1K_V1 in torchvision 0.28.0: torchvision/models/alexnet.py, googlenet.py, resnet.py, vgg.py;
# they are also on the page of each model in docs.pytorch.org/vision/stable/models.html
PUBLISHED = {
    "alexnet": 61_100_840,
    "googlenet": 6_624_904,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "vgg11": 132_863_336,
    "vgg13": 133_047_848,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "vgg11_bn": 132_868_840,
    "vgg13_bn": 133_053_736,
    "vgg16_bn": 138_365_992,
    "vgg19_bn": 143_678_248,
}
# "_ops" of the same weights there: thousand millions of multiply-adds for an image of 224 × 224
PUBLISHED_GIGA_MULTIPLY_ADDS = {18: 1.814, 34: 3.664, 50: 4.089, 101: 7.801, 152: 11.514}  # of ResNets
CONFIGS = {"vgg11": "A", "vgg13": "B", "vgg16": "D", "vgg19": "E"}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """A network of the reference, by module and name; the package is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(SOLUTIONS))
    yield lambda module, name, **settings: getattr(importlib.import_module(f"models.{module}"), name)(**settings)
    for name in [name for name in sys.modules if name.partition(".")[0] == "models"]:
        del sys.modules[name]


@pytest.fixture
def torchvision() -> Any:
    """Torchvision's own networks, where it is installed; the kit does not need it."""
    return pytest.importorskip("torchvision", reason="torchvision is not installed; its published numbers are compared")


def size(network: Any) -> int:
    """The number of parameters."""
    return sum(parameter.numel() for parameter in network.parameters())


def convolutions(network: Any) -> list[Any]:
    """All convolutions."""
    return [layer for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]


def weights_left_out_by_groups(network: Any) -> int:
    """How many more weights the convolutions would have without groups."""
    return sum((layer.groups - 1) * layer.weight.numel() for layer in convolutions(network))


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_resnets_have_the_published_size(made: Callable[..., Any], depth: int) -> None:
    """The definitions are the same."""
    with torch.device("meta"):
        assert PUBLISHED[f"resnet{depth}"] == size(made("resnet", "resnet", depth=depth))


@pytest.mark.parametrize("name", CONFIGS)
def test_vggs_have_the_published_size(made: Callable[..., Any], name: str) -> None:
    """With batch norm torchvision keeps the convolutions' biases, one for each output; ours have none."""
    with torch.device("meta"):
        plain, with_norm = (
            made("alexnet_vgg", "VGG", config=CONFIGS[name], batch_norm=batch_norm) for batch_norm in (False, True)
        )

    assert PUBLISHED[name] == size(plain)
    assert PUBLISHED[f"{name}_bn"] == size(with_norm) + sum(layer.out_channels for layer in convolutions(with_norm))


def test_alexnet_has_the_published_size_without_groups(made: Callable[..., Any]) -> None:
    """Torchvision has the channels of a later paper (Krizhevsky 2014) and no groups."""
    with torch.device("meta"):
        network = made("alexnet_vgg", "AlexNet", channels=(64, 192, 384, 256, 256))

    assert PUBLISHED["alexnet"] == size(network) + weights_left_out_by_groups(network)


def test_googlenet_has_the_published_size_with_batch_norm(made: Callable[..., Any]) -> None:
    """Torchvision has 3 x 3 in place of 5 x 5, and a batch norm (two numbers an output) in place of each bias."""
    with torch.device("meta"):
        network = made("googlenet", "GoogLeNet", auxiliary=False)
    layers = convolutions(network)
    five = [layer for layer in layers if layer.kernel_size == (5, 5)]
    fewer_weights = sum(16 * layer.in_channels * layer.out_channels for layer in five)

    assert PUBLISHED["googlenet"] == size(network) - fewer_weights + sum(layer.out_channels for layer in layers)
    assert 9 == len(five)


def in_order_of_use(network: Any, x: Any) -> list[Any]:
    """The layers with parameters of their own, in the order in which a forward pass calls them."""
    used: list[Any] = []
    handles = [
        layer.register_forward_pre_hook(lambda layer, _: used.append(layer))
        for layer in network.modules()
        if list(layer.parameters(recurse=False))
    ]
    with torch.no_grad():
        network(x)
    for handle in handles:
        handle.remove()
    return used


def assert_equal_with_the_same_weights(ours: Any, theirs: Any, x: Any) -> None:
    """Give our network the parameters of theirs; in training, outputs and running statistics must agree."""
    generator = torch.Generator().manual_seed(1)
    pairs = list(zip(in_order_of_use(ours, x), in_order_of_use(theirs, x), strict=True))
    for mine, other in pairs:
        for parameter in other.parameters(recurse=False):
            parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
        mine.load_state_dict(other.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-9, atol=1e-9)
    for mine, other in pairs:
        torch.testing.assert_close(mine.state_dict(), other.state_dict(), rtol=1e-9, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("depth", [18, 50])
def test_resnets_compute_what_torchvisions_do(torchvision: Any, made: Callable[..., Any], depth: int) -> None:
    """The same logits with the same weights, so the stride of a bottleneck is where torchvision has it."""
    ours = made("resnet", "resnet", depth=depth, num_classes=7).double()
    theirs = getattr(torchvision.models, f"resnet{depth}")(num_classes=7).double()

    x = torch.randn(2, 3, 65, 48, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    assert_equal_with_the_same_weights(ours, theirs, x)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_vggs_compute_what_torchvisions_do(torchvision: Any, made: Callable[..., Any], name: str) -> None:
    """The same maps before the linear layers, which would need gigabytes, with the same weights."""
    vgg = torchvision.models.vgg
    ours = made("alexnet_vgg", "VGG", config=CONFIGS[name], image_size=(32, 33), hidden=1).features.double()
    theirs = vgg.make_layers(vgg.cfgs[CONFIGS[name]]).double()

    x = torch.randn(1, 3, 32, 33, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    assert_equal_with_the_same_weights(ours, theirs, x)


def test_published_sizes_are_those_of_torchvision(torchvision: Any) -> None:
    """The numbers above are in the metadata of its weights."""
    weights = {name: torchvision.models.get_model_weights(name).IMAGENET1K_V1 for name in PUBLISHED}

    assert {name: one.meta["num_params"] for name, one in weights.items()} == PUBLISHED


@pytest.mark.parametrize("depth", PUBLISHED_GIGA_MULTIPLY_ADDS)
def test_multiply_adds_are_as_published(made: Callable[..., Any], depth: int) -> None:
    """The course's helper counts them without computing: He et al. 2016, table 1, says 1.8, 3.6, 3.8, 7.6 and 11.3."""
    sizes_of = importlib.import_module("models.course.sizes").sizes_of

    found = sizes_of(lambda: made("resnet", "resnet", depth=depth), (1, 3, 224, 224))

    assert PUBLISHED_GIGA_MULTIPLY_ADDS[depth] == round(found["multiply_adds"] / 1e9, 3)
    assert [[1, 1000]] == found["shapes"]


def test_weights_of_another_order_are_named(made: Callable[..., Any]) -> None:
    """The first place with another shape, and what to look at; too few or too many are said as numbers."""
    set_weights = importlib.import_module("models.course.weights").set_weights
    network = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 4))
    right = [np.full(tuple(one.shape), 0.5) for one in network.parameters()]

    assert all(bool((one == 0.5).all()) for one in set_weights(network, right).parameters())
    with pytest.raises(ValueError, match=r"shape \(2, 3\) at place 0; the specification says \(2,\): is the order"):
        set_weights(network, [right[1], right[0], *right[2:]])
    with pytest.raises(ValueError, match="has 4 parameters; the specification says 3"):
        set_weights(network, right[:3])
