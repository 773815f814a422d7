"""Right convolutions, poolings and blocks written in other ways: each must get full marks, budgets included."""

from autograder.course.mistakes import Variant, edit, redefine

CONV = "scratch/conv.py"
POOLING = "scratch/pooling.py"
BLOCKS = "scratch/blocks.py"

# Conv1d, Conv2d and Conv3d again, from the Conv above them, whichever it is.
AGAIN = """

class Conv1d(Conv):
    spatial_axes = 1


class Conv2d(Conv):
    spatial_axes = 2


class Conv3d(Conv):
    spatial_axes = 3
"""

VARIANTS = [
    Variant(
        name="columns_by_indices",
        why="im2col by one fancy index for all windows, col2im by np.add.at, which adds up repeated positions.",
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    def _indices(self, size):
        flat = np.arange(math.prod(size)).reshape(size)
        out = [
            (length - dilation * (kernel - 1) - 1) // stride + 1
            for length, kernel, stride, dilation in zip(size, self.kernel_size, self.stride, self.dilation)
        ]
        if min(out) < 1:
            raise ValueError("the kernel is larger than the input")
        axes = len(size)
        grids = []
        for axis in range(axes):
            within = np.arange(self.kernel_size[axis]) * self.dilation[axis]
            start = np.arange(out[axis]) * self.stride[axis]
            shape = [1] * (2 * axes)
            shape[axis], shape[axes + axis] = len(within), len(start)
            grids.append((within[:, None] + start).reshape(shape))
        index = flat[tuple(grids)]
        return index.reshape(math.prod(self.kernel_size), -1), out

    def forward(self, x):
        if x.ndim != self.spatial_axes + 2 or x.shape[1] != self.in_channels:
            raise ValueError("shape")
        ends = [(0, 0), (0, 0)] + [(p, p) for p in self.padding]
        big = np.pad(x, ends, mode="constant")
        self._big, self._kind = big.shape, x.dtype
        self._index, out = self._indices(big.shape[2:])
        n, g = len(x), self.groups
        flat = big.reshape(n, self.in_channels, -1)
        self._cols = flat[:, :, self._index].reshape(n, g, -1, self._index.shape[1])
        weight = self.weight.data.reshape(g, self.out_channels // g, -1)
        y = np.matmul(weight, self._cols).reshape(n, self.out_channels, *out)
        if self.bias is not None:
            y = y + np.expand_dims(self.bias.data, tuple(range(1, self.spatial_axes + 1)))
        return y.astype(x.dtype)

    def backward(self, grad_output):
        n, g = len(grad_output), self.groups
        grad = grad_output.reshape(n, g, self.out_channels // g, -1).astype(float)
        grad_weight = np.einsum("ngop,ngkp->gok", grad, self._cols, optimize=True)
        self.weight.accumulate(grad_weight.reshape(self.weight.data.shape))
        if self.bias is not None:
            self.bias.accumulate(grad.sum(axis=(0, 3)).reshape(-1))
        weight = self.weight.data.reshape(g, self.out_channels // g, -1)
        cols = np.matmul(np.swapaxes(weight, 1, 2), grad)
        flat = np.zeros((n, self.in_channels, math.prod(self._big[2:])))
        np.add.at(flat, (slice(None), slice(None), self._index), cols.reshape(n, self.in_channels, *self._index.shape))
        whole = flat.reshape(self._big)
        for axis, p in enumerate(self.padding, start=2):
            whole = np.take(whole, range(p, self._big[axis] - p), axis=axis)
        return whole.astype(self._kind)
"""
                + AGAIN,
            ),
        ),
    ),
    Variant(
        name="columns_by_bincount",
        why="im2col by fancy index, col2im by np.bincount with the gradients as weights.",
        changes=(
            redefine(
                CONV,
                """
def add_windows(windows, shape, stride, dilation):
    axes = len(stride)
    kernel, out = windows.shape[2 : 2 + axes], windows.shape[2 + axes :]
    place = np.zeros((1,) * (2 * axes), dtype=int)
    for axis in range(axes):
        line = dilation[axis] * np.arange(kernel[axis])[:, None] + stride[axis] * np.arange(out[axis])
        view = [1] * (2 * axes)
        view[axis], view[axes + axis] = kernel[axis], out[axis]
        place = place * shape[2 + axis] + line.reshape(view)
    pixels = math.prod(shape[2:])
    maps = shape[0] * shape[1]
    place = place.reshape(-1) + pixels * np.arange(maps)[:, None]
    total = np.bincount(place.reshape(-1), weights=windows.reshape(-1), minlength=maps * pixels)
    return total.reshape(shape)
""",
            ),
        ),
    ),
    Variant(
        name="as_strided_and_tensordot",
        why="Windows by as_strided, and tensordot over channels and kernel, group by group; the columns not stored.",
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    def _view(self, big):
        out = [
            (big.shape[2 + a] - self.dilation[a] * (self.kernel_size[a] - 1) - 1) // self.stride[a] + 1
            for a in range(self.spatial_axes)
        ]
        if min(out) <= 0:
            raise ValueError("too small")
        steps = big.strides[2:]
        shape = big.shape[:2] + tuple(out) + self.kernel_size
        strides = big.strides[:2]
        strides += tuple(step * s for step, s in zip(steps, self.stride))
        strides += tuple(step * d for step, d in zip(steps, self.dilation))
        return np.lib.stride_tricks.as_strided(big, shape, strides, writeable=False)

    def forward(self, x):
        if x.ndim - 2 != self.spatial_axes or x.shape[1] != self.in_channels:
            raise ValueError("shape of x")
        axes = self.spatial_axes
        shape = list(x.shape)
        for a in range(axes):
            shape[2 + a] += 2 * self.padding[a]
        self._big = np.zeros(shape, dtype=x.dtype)
        self._inside = (Ellipsis,) + tuple(slice(p, p + s) for p, s in zip(self.padding, x.shape[2:]))
        self._big[self._inside] = x
        view = self._view(self._big)
        over = [1] + list(range(2 + axes, 2 + 2 * axes)), list(range(1, 2 + axes))
        inputs, outputs = self.in_channels // self.groups, self.out_channels // self.groups
        parts = []
        for g in range(self.groups):
            weight = self.weight.data[g * outputs : (g + 1) * outputs]
            part = np.tensordot(view[:, g * inputs : (g + 1) * inputs], weight, over)
            parts.append(np.moveaxis(part, -1, 1))
        y = np.concatenate(parts, axis=1)
        if self.bias is not None:
            y = y + self.bias.data.reshape((1, -1) + (1,) * axes)
        return y.astype(x.dtype)

    def backward(self, grad_output):
        axes = self.spatial_axes
        view = self._view(self._big)
        inputs, outputs = self.in_channels // self.groups, self.out_channels // self.groups
        places = [0] + list(range(2, 2 + axes))
        grad_weight = np.zeros(self.weight.data.shape)
        grad_big = np.zeros(self._big.shape)
        for g in range(self.groups):
            mine, its = slice(g * outputs, (g + 1) * outputs), slice(g * inputs, (g + 1) * inputs)
            grad = grad_output[:, mine].astype(np.float64)
            grad_weight[mine] = np.tensordot(grad, view[:, its], [places, places])
            for k in np.ndindex(*self.kernel_size):
                spot = (slice(None), its) + tuple(
                    slice(d * at, d * at + s * (out - 1) + 1, s)
                    for d, at, s, out in zip(self.dilation, k, self.stride, grad.shape[2:])
                )
                weight = self.weight.data[(mine, slice(None)) + k]
                grad_big[spot] += np.moveaxis(np.tensordot(grad, weight, [[1], [0]]), -1, 1)
        self.weight.accumulate(grad_weight)
        if self.bias is not None:
            self.bias.accumulate(grad_output.sum(axis=tuple(places), dtype=float))
        return grad_big[self._inside].astype(self._big.dtype)
"""
                + AGAIN,
            ),
        ),
    ),
    Variant(
        name="einsum_of_windows",
        why="sliding_window_view and plain np.einsum, which makes no columns and calls no matrix product.",
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    _positions, _kernel = "xyz", "ijk"

    def forward(self, x):
        axes = self.spatial_axes
        if x.ndim != axes + 2 or x.shape[1] != self.in_channels:
            raise ValueError("shape")
        self._wide = np.pad(x, ((0, 0), (0, 0)) + tuple((p, p) for p in self.padding))
        self._dtype = x.dtype
        windows = windows_of(self._wide, self.kernel_size, self.stride, self.dilation)
        self._grouped = windows.reshape(len(x), self.groups, -1, *windows.shape[2:])
        p, k = self._positions[:axes], self._kernel[:axes]
        y = np.einsum(f"ngc{k}{p},goc{k}->ngo{p}", self._grouped, self._weights())
        y = y.reshape(len(x), self.out_channels, *windows.shape[-axes:])
        if self.bias is not None:
            y += self.bias.data[(slice(None),) + (None,) * axes]
        return y.astype(x.dtype)

    def _weights(self):
        shape = self.weight.data.shape
        return self.weight.data.reshape(self.groups, self.out_channels // self.groups, *shape[1:])

    def backward(self, grad_output):
        axes = self.spatial_axes
        p, k = self._positions[:axes], self._kernel[:axes]
        n, _, *size = grad_output.shape
        grad = grad_output.astype(np.float64).reshape(n, self.groups, -1, *size)
        grad_weight = np.einsum(f"ngo{p},ngc{k}{p}->goc{k}", grad, self._grouped)
        self.weight.accumulate(grad_weight.reshape(self.weight.data.shape))
        if self.bias is not None:
            self.bias.accumulate(np.einsum(f"no{p}->o", grad_output.astype(np.float64)))
        grad_windows = np.einsum(f"goc{k},ngo{p}->ngc{k}{p}", self._weights(), grad)
        grad_windows = grad_windows.reshape(n, self.in_channels, *self.kernel_size, *size)
        whole = add_windows(grad_windows, self._wide.shape, self.stride, self.dilation)
        return without_padding(whole, self.padding).astype(self._dtype)
"""
                + AGAIN,
            ),
        ),
    ),
    Variant(
        name="einsum_for_each_place_of_the_kernel",
        why="A loop over the positions in the kernel: a strided slice of x times the weights of that position.",
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    def _slices(self):
        for at in np.ndindex(*self.kernel_size):
            yield at, (slice(None), slice(None)) + tuple(
                slice(i * d, i * d + (n - 1) * s + 1, s)
                for i, d, n, s in zip(at, self.dilation, self._out, self.stride)
            )

    def forward(self, x):
        if x.ndim != 2 + self.spatial_axes or x.shape[1] != self.in_channels:
            raise ValueError("shape")
        self._x = np.pad(x, [(0, 0)] * 2 + [(p, p) for p in self.padding])
        room = zip(self._x.shape[2:], self.kernel_size, self.stride, self.dilation)
        self._out = [(size - d * (k - 1) - 1) // s + 1 for size, k, s, d in room]
        if any(n <= 0 for n in self._out):
            raise ValueError("size")
        y = np.zeros((len(x), self.groups, self.out_channels // self.groups, math.prod(self._out)))
        weight = self.weight.data.reshape(self.groups, self.out_channels // self.groups, -1, *self.kernel_size)
        for at, where in self._slices():
            part = self._x[where].reshape(len(x), self.groups, -1, math.prod(self._out))
            y += weight[(Ellipsis,) + at] @ part
        y = y.reshape(len(x), self.out_channels, *self._out)
        if self.bias is not None:
            y += self.bias.data.reshape([-1] + [1] * self.spatial_axes)
        return y.astype(x.dtype)

    def backward(self, grad_output):
        n, outputs = len(grad_output), self.out_channels // self.groups
        grad = grad_output.reshape(n, self.groups, outputs, -1)
        weight = self.weight.data.reshape(self.groups, outputs, -1, *self.kernel_size)
        grad_weight, grad_x = np.zeros(weight.shape), np.zeros(self._x.shape)
        for at, where in self._slices():
            part = self._x[where].reshape(n, self.groups, -1, math.prod(self._out))
            grad_weight[(Ellipsis,) + at] = np.einsum("ngop,ngcp->goc", grad, part, optimize=True)
            back = weight[(Ellipsis,) + at].transpose(0, 2, 1) @ grad
            grad_x[where] += back.reshape(n, self.in_channels, *self._out)
        self.weight.accumulate(grad_weight.reshape(self.weight.data.shape))
        if self.bias is not None:
            self.bias.accumulate(grad_output.sum(axis=0, dtype=float).reshape(self.out_channels, -1).sum(axis=1))
        inner = tuple(slice(p, size - p) for p, size in zip(self.padding, grad_x.shape[2:]))
        return grad_x[(slice(None), slice(None)) + inner].astype(self._x.dtype)
"""
                + AGAIN,
            ),
        ),
    ),
    Variant(
        name="fourier",
        why="All three products by numpy.fft, where a correlation is a product with a conjugate.",
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    def _spectra(self, values):
        return np.fft.rfftn(values, s=self._size, axes=range(-self.spatial_axes, 0))

    def _back(self, spectrum):
        return np.fft.irfftn(spectrum, s=self._size, axes=range(-self.spatial_axes, 0))

    def _spread_kernel(self):
        grouped = self.weight.data.reshape(self.groups, -1, *self.weight.data.shape[1:])
        return self._spread(grouped, self.dilation, self._size)

    def _spread(self, values, steps, size):
        holes = np.zeros(values.shape[: -self.spatial_axes] + tuple(size))
        places = (slice(0, (n - 1) * s + 1, s) for n, s in zip(values.shape[-self.spatial_axes :], steps))
        holes[(Ellipsis, *places)] = values
        return holes

    def forward(self, x):
        if x.ndim != 2 + self.spatial_axes or x.shape[1] != self.in_channels:
            raise ValueError("shape")
        self._dtype = x.dtype
        wide = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in self.padding)])
        self._size = wide.shape[2:]
        room = [size - d * (k - 1) for size, k, d in zip(self._size, self.kernel_size, self.dilation)]
        if min(room) < 1:
            raise ValueError("size")
        n = len(x)
        self._of_x = self._spectra(wide.reshape(n, self.groups, -1, *self._size))  # (N, G, C/G, ...)
        self._of_weight = self._spectra(self._spread_kernel())  # (G, O/G, C/G, ...)
        product = np.einsum("ngc...,goc...->ngo...", self._of_x, np.conj(self._of_weight))
        y = self._back(product).reshape(n, self.out_channels, *self._size)
        y = y[(slice(None), slice(None), *(slice(0, r, s) for r, s in zip(room, self.stride)))]
        if self.bias is not None:
            y = y + self.bias.data.reshape(-1, *[1] * self.spatial_axes)
        return y.astype(x.dtype)

    def backward(self, grad_output):
        n = len(grad_output)
        grad = grad_output.reshape(n, self.groups, -1, *grad_output.shape[2:]).astype(np.float64)
        of_grad = self._spectra(self._spread(grad, self.stride, self._size))
        grad_weight = self._back(np.einsum("ngc...,ngo...->goc...", self._of_x, np.conj(of_grad)))
        taps = (slice(0, d * (k - 1) + 1, d) for k, d in zip(self.kernel_size, self.dilation))
        self.weight.accumulate(grad_weight[(Ellipsis, *taps)].reshape(self.weight.data.shape))
        if self.bias is not None:
            self.bias.accumulate(grad_output.sum(axis=(0, *range(2, grad_output.ndim)), dtype=np.float64))
        grad_x = self._back(np.einsum("ngo...,goc...->ngc...", of_grad, self._of_weight))
        return without_padding(grad_x.reshape(n, -1, *self._size), self.padding).astype(self._dtype)
"""
                + AGAIN,
            ),
        ),
    ),
    Variant(
        name="backward_by_convolutions",
        why="grad_input is grad_output, with zeros between for the stride, convolved with flipped kernels; no col2im.",
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    def backward(self, grad_output):
        axes, n = self.spatial_axes, len(grad_output)
        spans = [d * (k - 1) for k, d in zip(self.kernel_size, self.dilation)]
        size = self._padded_shape[2:]
        spread = np.zeros((n, self.out_channels, *(length + span for length, span in zip(size, spans))))
        into = [slice(span, span + s * m, s) for span, s, m in zip(spans, self.stride, grad_output.shape[2:])]
        spread[(slice(None), slice(None), *into)] = grad_output
        flipped = np.flip(self.weight.data, axis=tuple(range(2, 2 + axes)))
        per_group = flipped.reshape(self.groups, self.out_channels // self.groups, -1, *self.kernel_size)
        windows = windows_of(spread, self.kernel_size, (1,) * axes, self.dilation)
        columns = windows.reshape(n, self.groups, -1, math.prod(size))
        matrix = per_group.swapaxes(1, 2).reshape(self.groups, self.in_channels // self.groups, -1)
        grad_x = (matrix @ columns).reshape(n, self.in_channels, *size)
        grad = grad_output.reshape(n, self.groups, self.out_channels // self.groups, -1)
        for_weight = sum(g @ c.transpose(0, 2, 1) for g, c in zip(grad.astype(np.float64), self._columns))
        self.weight.accumulate(for_weight.reshape(self.weight.data.shape))
        if self.bias is not None:
            self.bias.accumulate(grad.astype(np.float64).sum((0, -1)).flatten())
        return without_padding(grad_x, self.padding).astype(self._dtype)
"""
                + AGAIN,
            ),
        ),
    ),
    Variant(
        name="one_image_after_another",
        why="A loop over the images of the batch, each with its own columns, which backward computes again.",
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    def _rows(self, image):
        wide = padded(image[None], self.padding)
        windows = windows_of(wide, self.kernel_size, self.stride, self.dilation)[0]
        axes = self.spatial_axes
        self._out = windows.shape[1 + axes :]
        last = np.moveaxis(windows, range(1 + axes), range(axes, 1 + 2 * axes))  # (*positions, C, *kernel)
        return last.reshape(math.prod(self._out), self.groups, -1).swapaxes(0, 1)  # (G, P, C/G * K)

    def forward(self, x):
        if x.ndim != 2 + self.spatial_axes or x.shape[1] != self.in_channels:
            raise ValueError("shape")
        self._x = x
        images = []
        for image in x:
            rows = self._rows(image)
            y = rows @ self.weight.data.reshape(self.groups, -1, rows.shape[-1]).swapaxes(1, 2)  # (G, P, O/G)
            images.append(y.transpose(0, 2, 1).reshape(self.out_channels, *self._out))
        y = np.stack(images)
        if self.bias is not None:
            y = y + self.bias.data.reshape(-1, *[1] * self.spatial_axes)
        return y.astype(x.dtype)

    def backward(self, grad_output):
        grad_input = np.empty(self._x.shape, self._x.dtype)
        for number, grad in enumerate(grad_output):
            rows = self._rows(self._x[number])
            grad = grad.reshape(self.groups, self.out_channels // self.groups, -1).astype(np.float64)
            self.weight.accumulate((grad @ rows).reshape(self.weight.data.shape))
            if self.bias is not None:
                self.bias.accumulate(grad.sum(axis=-1).ravel())
            weight = self.weight.data.reshape(self.groups, -1, rows.shape[-1])
            back = (grad.swapaxes(1, 2) @ weight).swapaxes(1, 2)  # (G, C/G * K, P)
            windows = back.reshape(1, self.in_channels, *self.kernel_size, *self._out)
            shape = (1, self.in_channels, *(s + 2 * p for s, p in zip(self._x.shape[2:], self.padding)))
            whole = add_windows(windows, shape, self.stride, self.dilation)
            grad_input[number] = without_padding(whole, self.padding)[0]
        return grad_input
"""
                + AGAIN,
            ),
        ),
    ),
    Variant(
        name="rows_of_all_images",
        why="One matrix (N * P, C * K) for the whole batch, groups in a loop, gradients added up in place.",
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    def forward(self, x):
        if x.ndim != 2 + self.spatial_axes or x.shape[1] != self.in_channels:
            raise ValueError("shape")
        axes = self.spatial_axes
        wide = np.pad(x, [(0, 0), (0, 0)] + [(p, p) for p in self.padding])
        self._wide, self._dtype = wide.shape, x.dtype
        windows = windows_of(wide, self.kernel_size, self.stride, self.dilation)
        out = windows.shape[2 + axes :]
        order = (0, *range(2 + axes, 2 + 2 * axes), *range(1, 2 + axes))
        rows = np.ascontiguousarray(windows.transpose(order)).reshape(len(x) * math.prod(out), -1)
        self._parts = np.split(rows, self.groups, axis=1)
        weights = np.split(self.weight.data.reshape(self.out_channels, -1), self.groups)
        y = np.hstack([part @ weight.T for part, weight in zip(self._parts, weights)])
        if self.bias is not None:
            y += self.bias.data
        y = y.reshape(len(x), *out, self.out_channels)
        self._out = (len(x), *out)
        return np.moveaxis(y, -1, 1).astype(x.dtype)

    def backward(self, grad_output):
        axes = self.spatial_axes
        rows = np.moveaxis(grad_output, 1, -1).reshape(-1, self.out_channels).astype(np.float64)
        grads = np.split(rows, self.groups, axis=1)
        weights = np.split(self.weight.data.reshape(self.out_channels, -1), self.groups)
        grad_weight = np.concatenate([grad.T @ part for grad, part in zip(grads, self._parts)])
        self.weight.accumulate(grad_weight.reshape(self.weight.data.shape))
        if self.bias is not None:
            self.bias.accumulate(rows.sum(axis=0))
        back = np.hstack([grad @ weight for grad, weight in zip(grads, weights)])
        back = back.reshape(*self._out, self.in_channels, *self.kernel_size)
        back = np.moveaxis(back, range(1, 1 + axes), range(-axes, 0))
        whole = add_windows(back, self._wide, self.stride, self.dilation)
        return without_padding(whole, self.padding).astype(self._dtype)


class Parameter(Parameter):
    def accumulate(self, grad):
        if self.grad is None:
            self.grad = np.zeros_like(self.data)
        self.grad += grad
"""
                + AGAIN,
            ),
        ),
    ),
    Variant(
        name="float32_throughout",
        why="For float32 inputs the weights are converted to float32 first, as in PyTorch.",
        changes=(
            edit(CONV, "y = self._matrix() @ self._columns", "y = self._matrix().astype(x.dtype) @ self._columns"),
            edit(
                CONV,
                "grad_columns = self._matrix().swapaxes(-1, -2) @ grad",
                "grad_columns = self._matrix().swapaxes(-1, -2).astype(self._dtype) @ grad.astype(self._dtype)",
            ),
        ),
    ),
    Variant(
        name="sequences_as_flat_images",
        why="Conv1d makes images of height 1 of its sequences and uses Conv2d; Conv3d is a sum of Conv2ds.",
        changes=(
            redefine(
                CONV,
                """
class Conv1d(Conv1d):
    def forward(self, x):
        if x.ndim != 3:
            raise ValueError("a sequence has three axes")
        self._flat = Conv2d(
            self.in_channels,
            self.out_channels,
            (1, *self.kernel_size),
            (1, *self.stride),
            (0, *self.padding),
            (1, *self.dilation),
            self.groups,
            self.bias is not None,
        )
        self._flat.weight.data = self.weight.data[:, :, None]
        if self.bias is not None:
            self._flat.bias.data = self.bias.data
        return self._flat(x[:, :, None])[:, :, 0]

    def backward(self, grad_output):
        grad_input = self._flat.backward(grad_output[:, :, None])[:, :, 0]
        self.weight.accumulate(self._flat.weight.grad[:, :, 0])
        if self.bias is not None:
            self.bias.accumulate(self._flat.bias.grad)
        self._flat.zero_grad()
        return grad_input

    def parameters(self):
        yield self.weight
        if self.bias is not None:
            yield self.bias


class Conv3d(Conv3d):
    def _planes(self, n):
        first = self.dilation[0] * n
        return slice(first, first + self.stride[0] * (self._depth - 1) + 1, self.stride[0])

    def forward(self, x):
        if x.ndim != 5 or x.shape[1] != self.in_channels:
            raise ValueError("shape")
        deep = np.pad(x, [(0, 0), (0, 0), (self.padding[0],) * 2, (0, 0), (0, 0)])
        span = self.dilation[0] * (self.kernel_size[0] - 1) + 1
        self._shape, self._depth = deep.shape, (deep.shape[2] - span) // self.stride[0] + 1
        if self._depth < 1:
            raise ValueError("depth")
        self._kind = x.dtype
        self._layers, y = [], 0.0
        for n in range(self.kernel_size[0]):
            layer = Conv2d(
                self.in_channels, self.out_channels, self.kernel_size[1:], self.stride[1:], self.padding[1:],
                self.dilation[1:], self.groups, bias=False,
            )
            layer.weight.data = self.weight.data[:, :, n]
            picked = np.moveaxis(deep[:, :, self._planes(n)], 2, 1)
            out = layer(picked.reshape(-1, *picked.shape[2:]))
            y = y + out.reshape(len(x), self._depth, *out.shape[1:])
            self._layers.append(layer)
        y = np.moveaxis(y, 1, 2)
        if self.bias is not None:
            y = y + self.bias.data[:, None, None, None]
        return y.astype(x.dtype)

    def backward(self, grad_output):
        planes = np.moveaxis(grad_output, 2, 1)
        planes = planes.reshape(-1, *planes.shape[2:])
        grad_deep, grad_weight = np.zeros(self._shape), np.zeros(self.weight.data.shape)
        for n, layer in enumerate(self._layers):
            back = layer.backward(planes)
            back = back.reshape(len(grad_output), self._depth, *back.shape[1:])
            grad_deep[:, :, self._planes(n)] += np.moveaxis(back, 1, 2)
            grad_weight[:, :, n] = layer.weight.grad
            layer.zero_grad()
        self.weight.accumulate(grad_weight)
        if self.bias is not None:
            self.bias.accumulate(grad_output.sum((0, 2, 3, 4), dtype=float))
        p = self.padding[0]
        return grad_deep[:, :, p : self._shape[2] - p].astype(self._kind)

    def parameters(self):
        return iter([self.weight] if self.bias is None else [self.weight, self.bias])
""",
            ),
        ),
    ),
    Variant(
        name="pooling_place_by_place",
        why="A loop over the positions in the window keeps the largest value so far, and its position.",
        changes=(
            redefine(
                POOLING,
                """
class MaxPool2d(MaxPool2d):
    def _places(self):
        kh, kw = self.kernel_size
        for i in range(kh):
            for j in range(kw):
                rows = slice(i, i + self.stride[0] * (self._out[0] - 1) + 1, self.stride[0])
                columns = slice(j, j + self.stride[1] * (self._out[1] - 1) + 1, self.stride[1])
                yield i * kw + j, (slice(None), slice(None), rows, columns)

    def forward(self, x):
        if x.ndim != 4:
            raise ValueError("axes")
        (ph, pw), (n, c, h, w) = self.padding, x.shape
        wide = np.full((n, c, h + 2 * ph, w + 2 * pw), -np.inf, dtype=x.dtype)
        wide[:, :, ph : ph + h, pw : pw + w] = x
        self._out = [(size - k) // s + 1 for size, k, s in zip(wide.shape[2:], self.kernel_size, self.stride)]
        if min(self._out) < 1:
            raise ValueError("size")
        y = np.full((n, c, *self._out), -np.inf, dtype=x.dtype)
        self._from = np.zeros(y.shape, dtype=int)
        for place, where in self._places():
            better = wide[where] >= y  # the last of equals
            y = np.where(better, wide[where], y)
            self._from[better] = place
        self._shapes = x.shape, wide.shape
        return y

    def backward(self, grad_output):
        shape, wide = self._shapes
        grad = np.zeros(wide, dtype=grad_output.dtype)
        for place, where in self._places():
            grad[where] += grad_output * (self._from == place)
        (ph, pw), (h, w) = self.padding, shape[2:]
        return grad[:, :, ph : ph + h, pw : pw + w]


class AvgPool2d(AvgPool2d):
    def forward(self, x):
        if x.ndim != 4:
            raise ValueError("axes")
        (ph, pw), (kh, kw), (sh, sw) = self.padding, self.kernel_size, self.stride
        sums = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (ph + 1, ph), (pw + 1, pw))).cumsum(2).cumsum(3)
        self._shape, self._dtype = x.shape, x.dtype
        if sums.shape[2] <= kh or sums.shape[3] <= kw:
            raise ValueError("size")
        y = sums[:, :, kh:, kw:] - sums[:, :, :-kh, kw:] - sums[:, :, kh:, :-kw] + sums[:, :, :-kh, :-kw]
        return (y[:, :, ::sh, ::sw] / (kh * kw)).astype(x.dtype)

    def backward(self, grad_output):
        (ph, pw), (kh, kw), (sh, sw) = self.padding, self.kernel_size, self.stride
        n, c, h, w = self._shape
        grad = np.zeros((n, c, h + 2 * ph, w + 2 * pw))
        height, width = grad_output.shape[2:]
        for i in range(kh):
            for j in range(kw):
                grad[:, :, i : i + sh * height : sh, j : j + sw * width : sw] += grad_output
        return (grad / (kh * kw))[:, :, ph : ph + h, pw : pw + w].astype(self._dtype)
""",
            ),
        ),
    ),
    Variant(
        name="ties_shared_equally",
        why="MaxPool2d divides a window's gradient among all its largest values.",
        changes=(
            redefine(
                POOLING,
                """
class MaxPool2d(MaxPool2d):
    def forward(self, x):
        windows = self._windows(x)
        y = windows.max(axis=(2, 3))
        self._equal = windows == y[:, :, None, None]
        return y

    def backward(self, grad_output):
        shares = self._equal / self._equal.sum(axis=(2, 3), keepdims=True)
        return self._add_back(shares * grad_output[:, :, None, None])
""",
            ),
        ),
    ),
    Variant(
        name="scatter_add_by_indices",
        why="MaxPool2d stores the flat index of each largest value in the image and adds gradients with np.add.at.",
        changes=(
            redefine(
                POOLING,
                """
class MaxPool2d(MaxPool2d):
    def forward(self, x):
        windows = self._windows(x)
        self._x_shape = x.shape
        kh, kw = self.kernel_size
        n, c, _, _, height, width = windows.shape
        winner = windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, c, height, width, kh * kw)
        best = winner.argmax(axis=-1)
        rows = np.arange(height)[:, None] * self.stride[0] + best // kw - self.padding[0]
        columns = np.arange(width) * self.stride[1] + best % kw - self.padding[1]
        self._place = (np.arange(n)[:, None, None, None], np.arange(c)[:, None, None], rows, columns)
        return x[self._place]

    def backward(self, grad_output):
        grad_input = np.zeros(self._x_shape, dtype=self._dtype)
        np.add.at(grad_input, self._place, grad_output)
        return grad_input


class AvgPool2d(AvgPool2d):
    def forward(self, x):
        self._shape = x.shape
        return np.einsum("ncijhw->nchw", self._windows(x)) / np.prod(self.kernel_size, dtype=x.dtype)

    def backward(self, grad_output):
        kh, kw = self.kernel_size
        shares = np.repeat(np.repeat(grad_output[:, :, None, None], kh, axis=2), kw, axis=3)
        return self._add_back(shares / (kh * kw)).astype(self._dtype)


class AdaptiveAvgPool2d(AdaptiveAvgPool2d):
    def forward(self, x):
        self._like = x
        return np.mean(x.reshape(x.shape[0], x.shape[1], -1), axis=2)[:, :, None, None]

    def backward(self, grad_output):
        return np.ones_like(self._like) * grad_output / self._like[0, 0].size
""",
            ),
        ),
    ),
    Variant(
        name="blocks_written_out",
        why="The blocks call their layers one by one and add up the gradients of all paths explicitly.",
        changes=(
            redefine(
                BLOCKS,
                """
class ResidualBlock(ResidualBlock):
    def forward(self, x):
        out = self.conv1(x)
        out = self.bn1(out)
        self._mask1 = out > 0
        out = self.bn2(self.conv2(out * self._mask1))
        if self.downsample is not None:
            x = self.downsample(x)
        out = out + x
        self._mask2 = out > 0
        return out * self._mask2

    def backward(self, grad_output):
        grad = grad_output * self._mask2
        inner = self.conv2.backward(self.bn2.backward(grad)) * self._mask1
        grad_input = self.conv1.backward(self.bn1.backward(inner))
        if self.downsample is not None:
            return grad_input + self.downsample.backward(grad)
        return grad_input + grad


class InceptionBlock(InceptionBlock):
    def forward(self, x):
        self._outputs = [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)]
        n, _, h, w = x.shape
        y = np.empty((n, sum(out.shape[1] for out in self._outputs), h, w), dtype=x.dtype)
        start = 0
        for out in self._outputs:
            y[:, start : start + out.shape[1]] = out
            start += out.shape[1]
        return y

    def backward(self, grad_output):
        total, start = 0.0, 0
        for out, branch in zip(self._outputs, (self.branch1, self.branch2, self.branch3, self.branch4)):
            total = total + branch.backward(grad_output[:, start : start + out.shape[1]])
            start += out.shape[1]
        return total
""",
            ),
        ),
    ),
]
