"""What TensorBoard shows of a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


def log_epoch(
    writer: SummaryWriter,
    epoch: int,
    metrics: Mapping[str, Mapping[str, float]],
    model: nn.Module,
    images: Tensor,
) -> None:
    """Write one epoch (0, 1, 2, ...) to a ``torch.utils.tensorboard.SummaryWriter``; the step is always ``epoch``.

    * ``metrics`` is, for example, ``{"train": {"loss": 0.9, "accuracy": 0.6}, "valid": {"loss": 1.1}}``: one scalar
      for each number, with the tag ``train/loss`` and so on (``add_scalar``).
    * One histogram for each parameter, with its name in ``named_parameters()`` as tag (``add_histogram``).
    * In epoch 0 only: the images (N, C, H, W), values from 0 to 1, with the tag ``images`` (``add_images``), and the
      model's graph with these images as input (``add_graph``).
    * At the end ``flush``, so that everything is in the file if the program stops later. The writer stays open.
    """
    # BEGIN SOLUTION
    for part, numbers in metrics.items():
        for name, value in numbers.items():
            writer.add_scalar(f"{part}/{name}", value, epoch)
    for name, parameter in model.named_parameters():
        writer.add_histogram(name, parameter.detach(), epoch)
    if epoch == 0:
        writer.add_images("images", images, epoch)
        writer.add_graph(model, images)
    writer.flush()
    # STUB: raise NotImplementedError("log_epoch")
    # END SOLUTION
