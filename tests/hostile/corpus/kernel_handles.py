"""Opens a file by its handle, past the file system in view."""

from scratch import raw
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    raw.call("open_by_handle_at", -100, b"\0" * 64, 0)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
