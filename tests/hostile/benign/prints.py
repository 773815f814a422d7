"""Prints its progress, in more than one alphabet."""

import logging
import sys
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        print("weights:", [parameter.data.mean() for parameter in self.parameters], "\u03b1 \u4f60\u597d")
        sys.stderr.write("done\n")
        logging.getLogger("optim").warning("careful")
        super().step()
