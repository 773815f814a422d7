"""A small stage of PyTorch for measurements: a residual block, and thirty steps of training on images of 8 × 8."""

from __future__ import annotations

from pathlib import Path

from autograder.course import StageFolder, read_course

STAGE = "s01_trial"
MODULE = "models/trial.py"
REFERENCE = '''
"""A residual block, a classifier with it, and its training."""

import torch
from torch import nn


class ResidualBlock(nn.Module):
    """Two convolutions with batch norm, and what came in added before the last ReLU."""

    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        """Images in, images of the same shape out."""
        # BEGIN SOLUTION
        inner = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(x + self.norm2(self.conv2(inner)))
        # STUB: raise NotImplementedError("ResidualBlock.forward")
        # END SOLUTION


class Classifier(nn.Module):
    """A convolution, a block, the mean over the image, and a linear layer."""

    def __init__(self, channels, classes):
        super().__init__()
        self.first = nn.Conv2d(1, channels, 3, padding=1)
        self.block = ResidualBlock(channels)
        self.last = nn.Linear(channels, classes)

    def forward(self, x):
        """Images in, logits out."""
        # BEGIN SOLUTION
        return self.last(self.block(self.first(x)).mean(dim=(2, 3)))
        # STUB: raise NotImplementedError("Classifier.forward")
        # END SOLUTION


def train(model, images, labels, steps, lr):
    """Losses of so many steps of Adam on the whole batch."""
    # BEGIN SOLUTION
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    model.train()
    for _ in range(steps):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses
    # STUB: raise NotImplementedError("train")
    # END SOLUTION
'''
PROBES = '''
"""How the tests call a submission."""


def block(*, x, weights, grad_output, training):
    import torch

    from models.trial import ResidualBlock

    model = ResidualBlock(x.shape[1]).double().train(training)
    with torch.no_grad():
        for parameter, values in zip(model.parameters(), weights, strict=True):
            parameter.copy_(torch.from_numpy(values.copy()))
    x = torch.from_numpy(x.copy()).requires_grad_()
    y = model(x)
    y.backward(torch.from_numpy(grad_output.copy()))
    return {"y": y, "grad": x.grad, "weights": [parameter.grad for parameter in model.parameters()]}


def learn(*, images, labels, steps, lr, seed):
    import torch

    from models import trial

    torch.manual_seed(seed)
    model = trial.Classifier(8, 3)
    losses = trial.train(model, torch.from_numpy(images.copy()), torch.from_numpy(labels.copy()), steps, lr)
    return {"first": losses[0], "last": losses[-1], "steps": len(losses)}
'''
PUBLIC = '''
import numpy as np

from autograder.testing import assert_that


def test_steps(student):
    """So many losses as steps."""
    images = np.ones((2, 1, 8, 8), np.float32)
    assert_that(student.learn(images=images, labels=np.array([0, 1]), steps=2, lr=0.01, seed=0)["steps"] == 2,
                "the number of losses is wrong")
'''
HIDDEN = '''
import numpy as np
import pytest

from autograder.testing import assert_close, assert_that


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("channels, height, width", [(3, 5, 4), (4, 3, 7)], ids=["3x5x4", "4x3x7"])
def test_block(student, reference, rng, channels, height, width, training):
    """Outputs and gradients of a block with given weights."""
    shapes = [(channels, channels, 3, 3), (channels,), (channels,)] * 2
    inputs = {
        "x": rng.standard_normal((2, channels, height, width)),
        "weights": [rng.standard_normal(shape) for shape in shapes],
        "grad_output": rng.standard_normal((2, channels, height, width)),
        "training": training,
    }
    assert_close(student.block(**inputs), reference.block(**inputs), rtol=1e-8, atol=1e-10)


def test_learns(student, rng):
    """Stripes of three kinds are distinguished after thirty steps."""
    labels = np.arange(48) % 3
    images = rng.standard_normal((48, 1, 8, 8)).astype(np.float32) * 0.3
    images[labels == 0, :, ::2] += 1
    images[labels == 1, :, :, ::2] += 1
    found = student.learn(images=images, labels=labels, steps=30, lr=0.02, seed=1)
    assert_that(found["last"] < 0.7 * found["first"], "after thirty steps the loss is not lower")
'''
MISTAKES = f"""
from autograder.course.mistakes import Mistake, edit

PATH = {MODULE!r}
MISTAKES = [
    Mistake("no_sum", "Is the input added?", ("test_block",), (edit(PATH, "x + self.norm2", "self.norm2"),)),
    Mistake("no_relu", "Is there a ReLU after the sum?", ("test_block",),
            (edit(PATH, "torch.relu(x + self.norm2(self.conv2(inner)))", "x + self.norm2(self.conv2(inner))"),)),
    Mistake("no_norm", "Is the second norm used?", ("test_block",),
            (edit(PATH, "self.norm2(self.conv2(inner))", "self.conv2(inner)"),)),
    Mistake("no_step", "Is a step made?", ("test_learns",), (edit(PATH, "        optimiser.step()\\n", ""),)),
]
"""
VARIANTS = f'''
from autograder.course.mistakes import Variant, edit

VARIANTS = [
    Variant("functional", "F.relu", (edit({MODULE!r}, "inner = torch.relu(", "inner = nn.functional.relu("),)),
    Variant("clamp", "clamp for ReLU", (edit({MODULE!r}, "return torch.relu(x + self.norm2(self.conv2(inner)))",
                                             "return (x + self.norm2(self.conv2(inner))).clamp(min=0)"),)),
]
'''  # fmt: skip
POLICY = f"""
module: {{code: T, title: Trial, time_zone: Europe/Dublin, starts: 2027-01-18, ends: 2027-05-21}}
components:
  engagement: {{weight_percent: 20, attendance_percent: 0, homework_percent: 100}}
  project: {{weight_percent: 80}}
late: {{grace_minutes: 15, percent_a_day: 10, cap_percent: 50, last_day: 7}}
limits: {{cpu_seconds: 2, wall_seconds: 60, memory_mib: 512, processes: 8, output_kib: 16, files: 32}}
sandbox: {{minimum: container}}
letter_grades: [{{letter: A, from_percent: 70}}, {{letter: F, from_percent: 0}}]
moodle: {{grade_maximum: 10}}
packages: [models]
stages:
  {STAGE}:
    title: Trial
    runtime: torch
    week: 1
    due: 2027-01-29 17:00 Europe/Dublin
    files: [{MODULE}]
    tests:
      public: {{test_steps: 10}}
      hidden: {{test_block: 60, test_learns: 30}}
"""


def write_trial_stage(root: Path) -> StageFolder:
    """A course with this stage alone in a folder."""
    files = {
        "grading.yml": POLICY,
        f"assignments/{STAGE}/probes.py": PROBES,
        f"assignments/{STAGE}/test_public.py": PUBLIC,
        f"assignments/{STAGE}/rubric.md": "",
        "solutions/models/__init__.py": "",
        f"solutions/{MODULE}": REFERENCE,
        f"solutions/{STAGE}/test_hidden.py": HIDDEN,
        f"solutions/{STAGE}/mistakes.py": MISTAKES,
        f"solutions/{STAGE}/variants.py": VARIANTS,
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return read_course(root).stage(STAGE)
