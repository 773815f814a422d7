"""Transfer learning: a trained backbone, a new head, and stages that are unfrozen one after another."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class TransferModel(nn.Module):
    """A backbone with a new linear head: logits = head(backbone(images)).

    Args:
        backbone: ``nn.Sequential`` of stages; it makes features (N, features) of images (N, C, H, W).
        features: number of features.
        classes: number of the new task's classes.

    Attributes: ``backbone`` (the object given, not a copy) and ``head``, a new ``nn.Linear(features, classes)``.
    A new model is completely frozen, except for the head.
    """

    def __init__(self, backbone: nn.Sequential, features: int, classes: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(features, classes)
        raise NotImplementedError("TransferModel")

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, classes) of images (N, C, H, W)."""
        raise NotImplementedError("TransferModel.forward")

    def unfreeze(self, count: int) -> None:
        """Let the last ``count`` stages of the backbone learn; all earlier stages are frozen.

        What is frozen does not change in training: neither weights nor the running statistics of batch norm, which
        normalises with these statistics also in training mode. ValueError if there are not so many stages, or if
        ``count`` is negative.
        """
        raise NotImplementedError("TransferModel.unfreeze")




def parameter_groups(model: TransferModel, *, head_lr: float, backbone_lr: float, decay: float) -> list[dict[str, Any]]:
    """Groups for an optimiser: ``head_lr`` for the head, ``backbone_lr * decay**k`` for the stage k before the last.

    So the last stage (k = 0) has ``backbone_lr``, and earlier stages learn more slowly if ``decay`` is below 1
    (Howard and Ruder 2018, section 3.2). Each parameter that is not frozen is in exactly one group. Frozen parameters
    may be left out. A stage without parameters needs no group.
    """
    raise NotImplementedError("parameter_groups")
