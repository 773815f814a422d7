"""Sizes of a network at its paper's scale, in milliseconds: on the meta device a tensor has a shape and no numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def sizes_of(make: Callable[[], Any], shape: Sequence[int] | None = None) -> dict[str, Any]:
    """A network's numbers of parameters and, for an input of float32, what one forward pass in training returns.

    Args:
        make: returns a new network; it is made on the meta device, and so takes no memory.
        shape: of the input; without it no pass is made.

    Returns:
        parameters: each counted once, however often it is used. With ``shape`` also ``shapes``, of the outputs by their
        place, and ``multiply_adds`` of convolutions and matrix products, those of functions included: the "FLOPs" of
        He et al. 2016, table 1, which is half of what ``torch.utils.flop_counter`` counts.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"):
        network = make()
        found: dict[str, Any] = {"parameters": sum(of.numel() for of in network.parameters())}
        if shape is not None:
            with torch.no_grad(), FlopCounterMode(display=False) as counted:
                returned = network(torch.zeros(tuple(shape)))
            outputs = [returned] if isinstance(returned, torch.Tensor) else list(returned)
            found["shapes"] = [list(of.shape) for of in outputs]
            found["multiply_adds"] = counted.get_total_flops() // 2
    return found
