"""Right regularisation written in other ways: each must get full marks."""

from autograder.course.mistakes import Variant, edit, redefine

FILE = "scratch/regularisation.py"

DRAWN = "        kept = self.rng.random(shape) >= self.p  # random() is in [0, 1): p = 0 keeps all\n"
OF_ONE = "        if self.p == 1.0:\n            return np.zeros(shape)  # 1 / (1 - p) would be infinite\n"

VARIANTS = [
    Variant(
        name="binomial_mask",
        why="The mask is drawn with Generator.binomial.",
        changes=(edit(FILE, DRAWN, "        kept = self.rng.binomial(1, 1.0 - self.p, size=shape)\n"),),
    ),
    Variant(
        name="uniform_below_the_keep_rate",
        why="Kept where a uniform float32 number is below 1 - p: other numbers of the same generator.",
        changes=(
            edit(FILE, DRAWN, "        kept = self.rng.random(shape, dtype=np.float32) < np.float32(1.0 - self.p)\n"),
        ),
    ),
    Variant(
        name="chosen_from_two_factors",
        why="Generator.choice draws 0 or 1 / (1 - p) for each element, and p = 0 draws nothing.",
        changes=(
            edit(FILE, OF_ONE, "        if self.p in (0.0, 1.0):\n            return np.full(shape, 1.0 - self.p)\n"),
            edit(
                FILE,
                DRAWN + "        return kept / (1.0 - self.p)\n",
                "        return self.rng.choice([0.0, 1.0 / (1.0 - self.p)], size=shape, p=[self.p, 1.0 - self.p])\n",
            ),
        ),
    ),
    Variant(
        name="dropped_places_written",
        why="A copy of x is scaled and the dropped places are set to 0 by a boolean index; backward does the same.",
        changes=(
            redefine(
                FILE,
                """
class Dropout(Dropout):
    def _scale(self, values):
        result = np.array(values, dtype=float)
        if not self._active:
            return result
        result[self._dropped] = 0.0
        if self.p < 1:
            result[~self._dropped] /= 1 - self.p
        return result

    def forward(self, x):
        self._active = self.training
        self._dropped = self.rng.uniform(size=x.shape) < self.p
        return self._scale(x)

    def backward(self, grad_output):
        return self._scale(grad_output)


class Dropout2d(Dropout):
    def forward(self, x):
        if x.ndim != 4:
            raise ValueError("images only")
        self._active = self.training
        channels = self.rng.uniform(size=(x.shape[0], x.shape[1])) < self.p
        self._dropped = np.repeat(np.repeat(channels[:, :, None, None], x.shape[2], axis=2), x.shape[3], axis=3)
        return self._scale(x)
""",
            ),
        ),
    ),
    Variant(
        name="channels_by_broadcast",
        why="Dropout2d does not derive from Dropout: it draws a table of channels and multiplies by einsum.",
        changes=(
            redefine(
                FILE,
                """
class Dropout2d(Module):
    def __init__(self, p=0.5, rng=None):
        if p < 0 or p > 1:
            raise ValueError("p")
        self.p = p
        self.rng = rng if rng is not None else np.random.default_rng()

    def forward(self, x):
        if len(x.shape) != 4:
            raise ValueError("x should be (N, C, H, W)")
        keep = 1 - self.p
        self._table = np.ones(x.shape[:2])
        if self.training:
            self._table = np.where(self.rng.random(x.shape[:2]) < keep, 1 / keep if keep else 0.0, 0.0)
        return np.einsum("nchw,nc->nchw", x, self._table)

    def backward(self, grad_output):
        return np.einsum("nchw,nc->nchw", grad_output, self._table)
""",
            ),
        ),
    ),
    Variant(
        name="spawned_generator",
        why="The layer uses a child (spawn) of the generator that is passed in.",
        changes=(
            edit(
                FILE,
                "self.rng = np.random.default_rng() if rng is None else rng",
                "self.rng = np.random.default_rng(None if rng is None else rng.integers(2**63))",
            ),
        ),
    ),
    Variant(
        name="penalties_in_loops",
        why="Penalties by loops over parameters, gradients added in place, the norm computed first and then squared.",
        changes=(
            redefine(
                FILE,
                """
class _Penalty(Module):
    def __init__(self, params, strength):
        self.weights = tuple(params)
        self.lam = strength

    def backward(self):
        for p in self.weights:
            if p.grad is None:
                p.grad = np.zeros(p.data.shape)
            p.grad += self.lam * self.slope(p.data)


class L2Penalty(_Penalty):
    def forward(self):
        total = 0.0
        for p in self.weights:
            total += np.linalg.norm(p.data) ** 2
        return self.lam / 2 * total

    def slope(self, w):
        return w


class L1Penalty(_Penalty):
    def forward(self):
        total = 0.0
        for p in self.weights:
            total += self.lam * np.linalg.norm(p.data.ravel(), ord=1)
        return total

    def slope(self, w):
        return np.where(w > 0, 1.0, -1.0)
""",
            ),
        ),
    ),
    Variant(
        name="penalised_by_name",
        why="penalised_parameters is a generator over named_parameters, from the last to the first.",
        changes=(
            redefine(
                FILE,
                """
def penalised_parameters(module):
    for _, parameter in reversed(list(module.named_parameters())):
        if len(parameter.data.shape) > 1:
            yield parameter
""",
            ),
        ),
    ),
    Variant(
        name="two_terms",
        why="(1 - s) times the cross-entropy plus s times the mean over the classes, on the counted rows only.",
        changes=(
            redefine(
                FILE,
                """
class LabelSmoothingCrossEntropy(LabelSmoothingCrossEntropy):
    def forward(self, input, target):
        if np.shape(target) != np.shape(input)[:-1]:
            raise ValueError("target")
        self._shape = input.shape
        self._where = np.flatnonzero(target.reshape(-1) != self.ignore_index)
        if len(self._where) == 0:
            return 0.0
        rows = input.reshape(-1, input.shape[-1])[self._where]
        self._labels = target.reshape(-1)[self._where]
        shifted = rows - rows.max(axis=1, keepdims=True)
        self._logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        hard = -self._logp[np.arange(len(rows)), self._labels]
        uniform = -self._logp.mean(axis=1)
        s = self.label_smoothing
        return np.mean((1 - s) * hard + s * uniform)

    def backward(self):
        grad = np.zeros(self._shape)
        if len(self._where) == 0:
            return grad
        rows = np.exp(self._logp)
        rows[np.arange(len(rows)), self._labels] -= 1 - self.label_smoothing
        rows -= self.label_smoothing / self._shape[-1]
        grad.reshape(-1, self._shape[-1])[self._where] = rows / len(rows)
        return grad
""",
            ),
        ),
    ),
    Variant(
        name="one_token_after_another",
        why="The smoothed loss by a loop over the tokens with a target distribution for each.",
        changes=(
            redefine(
                FILE,
                """
class LabelSmoothingCrossEntropy(LabelSmoothingCrossEntropy):
    def forward(self, input, target):
        if target.shape != input.shape[:-1]:
            raise ValueError("target")
        counted = [place for place in np.ndindex(target.shape) if target[place] != self.ignore_index]
        self._grad = np.zeros(input.shape)
        total = 0.0
        for place in counted:
            wanted = [self.label_smoothing / input.shape[-1]] * input.shape[-1]
            wanted[target[place]] += 1.0 - self.label_smoothing
            logp = log_softmax(input[place])
            total -= np.dot(wanted, logp)
            self._grad[place] = (np.exp(logp) - wanted) / len(counted)
        return total / len(counted) if counted else 0.0

    def backward(self):
        return self._grad
""",
            ),
        ),
    ),
]
