"""TorchScript writes outside its folder."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden", "crashed")
POINTS = 3


def attack():
    torch._C._jit_set_profiling_executor(False)
    module = torch.nn.Linear(2, 2)
    buffer = torch._C.PyTorchFileWriter("/usr/autograder-canary-jit.pt")
    buffer.write_end_of_file()
    raise RuntimeError("LEAKED: it was written " + str(module))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
