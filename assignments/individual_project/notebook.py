# %% [markdown]
# # individual_project: Individual project
#
# A walk through the data of the three tracks and the curves of a run. The last cells need your own files.

# %%
import matplotlib.pyplot as plt

from project.course.baselines import baseline
from project.course.data import SHAPES, TRACKS, public_split
from project.course.metrics import measure

images = public_split("vision", "training")
figure, axes = plt.subplots(2, 6, figsize=(9, 3))
for axis, image, target in zip(axes.flat, images.inputs, images.targets, strict=False):
    axis.imshow(image[0], cmap="gray")
    axis.set_title(SHAPES[target])
    axis.axis("off")
plt.show()

# %%
points = public_split("generative", "training")
plt.scatter(*points.targets.T, s=2, label="points")
plt.scatter(*points.inputs.T, s=2, label="noise")
plt.legend()
plt.show()

# %% [markdown]
# The baseline of each track on the public validation data: what you have to be better than.

# %%
for track in TRACKS:
    validation = public_split(track, "validation")
    made = baseline(track, public_split(track, "training"), validation.inputs)
    found = measure(track, made, validation.targets)
    print(f"{track}: {TRACKS[track].metric} {found.value:.3f} ± {found.error:.3f}")

# %% [markdown]
# After `python -m project.course.finish`: the curve of your run.

# %%
from pathlib import Path

import project
from autograder.testing import read_events

files = sorted((Path(project.__file__).parent / "runs").glob("*tfevents*"))
if files:
    curve = read_events(*(file.read_bytes() for file in files)).curve("loss/train")
    plt.plot(curve.steps, curve.values)
plt.xlabel("step")
plt.ylabel("loss/train")
plt.show()
