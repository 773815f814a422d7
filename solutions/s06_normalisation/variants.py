"""Correct normalisation layers written in other ways: each must get full marks."""

from autograder.course.mistakes import Variant, edit, redefine

FILE = "scratch/normalisation.py"

VARIANTS = [
    Variant(
        name="rows_of_channels",
        why="BatchNorm reshapes every x to rows (N * H * W, C), normalises those, and reshapes the result back.",
        changes=(
            redefine(
                FILE,
                """
class _Rows(BatchNorm):
    def forward(self, x):
        if x.ndim not in self.numbers_of_axes or x.shape[1] != self.num_features:
            raise ValueError("shape")
        self._moved = np.moveaxis(x, 1, -1).shape
        self._dtype = x.dtype
        rows = np.moveaxis(x, 1, -1).reshape(-1, self.num_features).astype(float)
        self._was_training = self.training
        if self.training:
            if len(rows) == 1:
                raise ValueError("one value per channel")
            mean, var = np.mean(rows, axis=0), np.var(rows, axis=0)
            self.running_mean += self.momentum * (mean - self.running_mean)
            self.running_var += self.momentum * (np.var(rows, axis=0, ddof=1) - self.running_var)
        else:
            mean, var = self.running_mean, self.running_var
        self._std = (var + self.eps) ** 0.5
        self._rows = (rows - mean) / self._std
        y = self._rows.copy()
        if self.weight is not None:
            y *= self.weight.data
            y += self.bias.data
        return np.moveaxis(y.reshape(self._moved), -1, 1).astype(self._dtype)

    def backward(self, grad_output):
        grad = np.moveaxis(grad_output, 1, -1).reshape(-1, self.num_features).astype(float)
        if self.weight is not None:
            self.weight.accumulate((grad * self._rows).sum(axis=0))
            self.bias.accumulate(grad.sum(axis=0))
            grad = grad * self.weight.data
        if self._was_training:
            n = len(grad)
            grad = (n * grad - grad.sum(axis=0) - self._rows * (grad * self._rows).sum(axis=0)) / n
        return np.moveaxis((grad / self._std).reshape(self._moved), -1, 1).astype(self._dtype)


class BatchNorm1d(_Rows):
    numbers_of_axes = (2, 3)


class BatchNorm2d(_Rows):
    numbers_of_axes = (4,)
""",
            ),
        ),
    ),
    Variant(
        name="backward_along_the_graph",
        why="backward goes through the operations of forward one by one: root, square, difference, mean.",
        changes=(
            redefine(
                FILE,
                """
def _normalise_backward(grad_normalised, normalised, inverse_std, axes):
    count = grad_normalised.size / inverse_std.size
    centred = normalised / inverse_std
    grad_inverse_std = np.sum(grad_normalised * centred, axis=axes, keepdims=True)
    grad_var = -0.5 * grad_inverse_std * inverse_std**3
    grad_centred = grad_normalised * inverse_std + 2.0 * centred * grad_var / count
    grad_mean = -grad_centred.sum(axis=axes, keepdims=True)
    return grad_centred + grad_mean / count
""",
            ),
        ),
    ),
    Variant(
        name="welford",
        why="Mean and variance in one pass over the values (Welford 1962), which reads x only once.",
        changes=(
            redefine(
                FILE,
                """
def _normalise(x, axes, eps):
    wide = x.astype(np.float64)
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    rows = wide.transpose(*axes, *kept).reshape(-1, *[x.shape[axis] for axis in kept])
    mean, squares = np.zeros(rows.shape[1:]), np.zeros(rows.shape[1:])
    for number, row in enumerate(rows, start=1):
        step = row - mean
        mean = mean + step / number
        squares = squares + step * (row - mean)
    shape = [1 if axis in axes else size for axis, size in enumerate(x.shape)]
    mean, var = mean.reshape(shape), (squares / len(rows)).reshape(shape)
    inverse_std = (var + eps) ** -0.5
    return (wide - mean) * inverse_std, inverse_std, mean, var
""",
            ),
        ),
    ),
    Variant(
        name="float32_throughout",
        why="Everything is computed in float32 for float32 inputs, sums included, as PyTorch does.",
        changes=(
            edit(FILE, "wide = x.astype(np.float64)", "wide = x"),
            edit(
                FILE,
                "return centred * inverse_std, inverse_std, mean, var",
                "return centred * inverse_std, inverse_std, mean.astype(np.float64), var.astype(np.float64)",
            ),
        ),
    ),
    Variant(
        name="x_kept_and_normalised_again",
        why="forward stores x, mean and standard deviation; backward computes the normalised x again.",
        changes=(
            redefine(
                FILE,
                """
class LayerNorm(LayerNorm):
    def forward(self, x):
        leading = x.ndim - len(self.normalized_shape)
        if leading < 0 or x.shape[leading:] != self.normalized_shape:
            raise ValueError("shape")
        self._x = x.copy()
        self._mean = x.mean(axis=tuple(range(leading, x.ndim)), keepdims=True)
        self._std = np.sqrt(x.var(axis=tuple(range(leading, x.ndim)), keepdims=True) + self.eps)
        y = (x - self._mean) / self._std
        if self.weight is None:
            return y
        return (y * self.weight.data + self.bias.data).astype(x.dtype)

    def backward(self, grad_output):
        leading = self._x.ndim - len(self.normalized_shape)
        over = tuple(range(leading, self._x.ndim))
        normalised = (self._x - self._mean) / self._std
        grad = grad_output
        if self.weight is not None:
            flat = (-1, *self.normalized_shape)
            self.weight.accumulate((grad_output * normalised).reshape(flat).sum(axis=0))
            self.bias.accumulate(grad_output.reshape(flat).sum(axis=0))
            grad = grad_output * self.weight.data
        slope = (grad * normalised).mean(axis=over, keepdims=True)
        grad = grad - grad.mean(axis=over, keepdims=True) - normalised * slope
        return (grad / self._std).astype(self._x.dtype)
""",
            ),
        ),
    ),
    Variant(
        name="group_norm_by_layer_norm",
        why="GroupNorm passes each group to a LayerNorm without weights, then scales and shifts the channels.",
        changes=(
            redefine(
                FILE,
                """
class GroupNorm(GroupNorm):
    def forward(self, x):
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ValueError("channels")
        self._shape = x.shape
        inner = (self.num_channels // self.num_groups, *x.shape[2:])
        self._inner = LayerNorm(inner, eps=self.eps, elementwise_affine=False)
        self._y = self._inner(x.reshape(x.shape[0], self.num_groups, *inner)).reshape(x.shape)
        if self.weight is None:
            return self._y.copy()
        broad = (1, -1) + (1,) * (x.ndim - 2)
        return (self._y * self.weight.data.reshape(broad) + self.bias.data.reshape(broad)).astype(x.dtype)

    def backward(self, grad_output):
        grad = grad_output
        if self.weight is not None:
            per_channel = lambda values: np.swapaxes(values, 0, 1).reshape(self.num_channels, -1).sum(axis=1)
            self.weight.accumulate(per_channel(grad_output * self._y))
            self.bias.accumulate(per_channel(grad_output))
            grad = grad_output * self.weight.data.reshape((1, -1) + (1,) * (grad_output.ndim - 2))
        inner = (self.num_channels // self.num_groups, *self._shape[2:])
        back = self._inner.backward(grad.reshape(self._shape[0], self.num_groups, *inner))
        return back.reshape(self._shape).astype(self._y.dtype)
""",
            ),
        ),
    ),
    Variant(
        name="one_group_after_another",
        why="GroupNorm loops over the groups and writes each into its slice of the output.",
        changes=(
            redefine(
                FILE,
                """
class GroupNorm(GroupNorm):
    def _slices(self):
        size = self.num_channels // self.num_groups
        return [slice(start, start + size) for start in range(0, self.num_channels, size)]

    def forward(self, x):
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ValueError("channels")
        over = tuple(range(1, x.ndim))
        self._hat, self._parts = np.empty(x.shape), []
        for part in self._slices():
            self._hat[:, part], inverse_std, _, _ = _normalise(x[:, part], over, self.eps)
            self._parts.append((part, inverse_std))
        y = self._hat.copy()
        if self.weight is not None:
            for channel in range(self.num_channels):
                y[:, channel] = self.weight.data[channel] * y[:, channel] + self.bias.data[channel]
        self._kind = x.dtype
        return y.astype(x.dtype)

    def backward(self, grad_output):
        grad = np.array(grad_output, dtype=np.float64)
        if self.weight is not None:
            channels = range(self.num_channels)
            self.weight.accumulate(np.array([(grad[:, c] * self._hat[:, c]).sum() for c in channels]))
            self.bias.accumulate(np.array([grad[:, c].sum() for c in channels]))
            for c in channels:
                grad[:, c] *= self.weight.data[c]
        over = tuple(range(1, grad.ndim))
        for part, inverse_std in self._parts:
            grad[:, part] = _normalise_backward(grad[:, part], self._hat[:, part], inverse_std, over)
        return grad.astype(self._kind)
""",
            ),
        ),
    ),
    Variant(
        name="layer_norm_by_its_jacobian",
        why="LayerNorm's backward multiplies by each sample's Jacobian matrix, (I - 1/D - y y^T / D) / std.",
        changes=(
            redefine(
                FILE,
                """
class LayerNorm(LayerNorm):
    def backward(self, grad_output):
        size = int(np.prod(self.normalized_shape))
        grads = grad_output.reshape(-1, size).astype(np.float64)
        hats, inverse = self._normalised.reshape(-1, size), self._inverse_std.reshape(-1)
        if self.weight is not None:
            self.weight.accumulate(np.einsum("nd,nd->d", grads, hats).reshape(self.normalized_shape))
            self.bias.accumulate(grads.sum(axis=0).reshape(self.normalized_shape))
            grads = grads * self.weight.data.reshape(-1)
        rows = []
        for grad, hat, factor in zip(grads, hats, inverse):
            jacobian = factor * (np.eye(size) - 1.0 / size - np.outer(hat, hat) / size)
            rows.append(jacobian.T @ grad)
        return np.array(rows).reshape(grad_output.shape).astype(self._dtype)
""",
            ),
        ),
    ),
    Variant(
        name="two_memories",
        why="BatchNorm has separate methods for training and evaluation; backward checks which forward was the last.",
        changes=(
            redefine(
                FILE,
                """
class _TwoMemories(BatchNorm):
    def forward(self, x):
        if x.ndim not in self.numbers_of_axes or x.shape[1] != self.num_features:
            raise ValueError("shape")
        if self.training:
            return self._train_forward(x)
        return self._eval_forward(x)

    def _column(self, values, like):
        return np.expand_dims(values, tuple(range(1, like.ndim - 1)))

    def _scaled(self, hat, x):
        if self.weight is None:
            return hat.astype(x.dtype)
        return (self._column(self.weight.data, x) * hat + self._column(self.bias.data, x)).astype(x.dtype)

    def _train_forward(self, x):
        over = tuple(axis for axis in range(x.ndim) if axis != 1)
        count = int(np.prod([x.shape[axis] for axis in over]))
        if count == 1:
            raise ValueError("one value")
        hat, inverse_std, mean, var = _normalise(x, over, self.eps)
        keep = 1 - self.momentum
        self.running_mean[:] = keep * self.running_mean + self.momentum * np.squeeze(mean, over)
        self.running_var[:] = keep * self.running_var + self.momentum * count / (count - 1) * np.squeeze(var, over)
        self._last = ("train", hat, inverse_std, x.dtype)
        return self._scaled(hat, x)

    def _eval_forward(self, x):
        inverse_std = self._column(1 / np.sqrt(self.running_var + self.eps), x)
        hat = (x - self._column(self.running_mean, x)) * inverse_std
        self._last = ("eval", hat, inverse_std, x.dtype)
        return self._scaled(hat, x)

    def backward(self, grad_output):
        mode, hat, inverse_std, dtype = self._last
        over = tuple(axis for axis in range(hat.ndim) if axis != 1)
        grad = grad_output
        if self.weight is not None:
            for parameter, values in ((self.weight, grad_output * hat), (self.bias, grad_output)):
                found = values.sum(axis=over)
                parameter.grad = found if parameter.grad is None else parameter.grad + found
            grad = grad_output * self._column(self.weight.data, hat)
        if mode == "train":
            return _normalise_backward(grad, hat, inverse_std, over).astype(dtype)
        return (grad * inverse_std).astype(dtype)


class BatchNorm1d(_TwoMemories):
    numbers_of_axes = (2, 3)


class BatchNorm2d(_TwoMemories):
    numbers_of_axes = (4,)
""",
            ),
        ),
    ),
    Variant(
        name="running_statistics_as_weighted_averages",
        why="The running statistics are np.average with weights, and gradients are added to in place.",
        changes=(
            edit(
                FILE,
                "        self.running_mean = (1.0 - self.momentum) * self.running_mean + self.momentum * mean\n"
                "        self.running_var = (1.0 - self.momentum) * self.running_var + self.momentum * unbiased_var\n",
                "        shares = [1.0 - self.momentum, self.momentum]\n"
                "        self.running_mean = np.average([self.running_mean, mean], axis=0, weights=shares)\n"
                "        self.running_var = np.average([self.running_var, unbiased_var], axis=0, weights=shares)\n",
            ),
            redefine(
                FILE,
                """
class Parameter(Parameter):
    def accumulate(self, grad):
        if self.grad is None:
            self.grad = np.zeros_like(self.data)
        self.grad += grad
""",
            ),
        ),
    ),
]
