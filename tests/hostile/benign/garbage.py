"""Makes cyclic garbage and collects it."""

import gc
import weakref
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        class Node:
            pass

        node = Node()
        node.self = node
        reference = weakref.ref(node)
        del node
        gc.collect()
        assert reference() is None
        super().step()
