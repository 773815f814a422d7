"""Wrong convolutions, poolings and blocks that students write, the tests that each exists for, and its hint."""

from autograder.course.mistakes import Mistake, edit, redefine

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

MISTAKES = [
    # convolution, forward
    Mistake(
        name="kernel_flipped",
        hint="The kernel is flipped, as in the mathematical definition of a convolution; it should not be flipped "
        "here.",
        catches=("test_kernel_is_not_flipped", "test_without_bias"),
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    def _matrix(self):
        flipped = np.flip(self.weight.data, tuple(range(2, 2 + self.spatial_axes)))
        return flipped.reshape(self.groups, self.out_channels // self.groups, -1)

    def backward(self, grad_output):
        before = self.weight.grad
        self.weight.grad = None
        grad_input = super().backward(grad_output)
        flipped = np.flip(self.weight.grad, tuple(range(2, 2 + self.spatial_axes)))
        self.weight.grad = flipped if before is None else before + flipped
        return grad_input
"""
                + AGAIN,
            ),
        ),
    ),
    Mistake(
        name="padding_at_the_end_only",
        hint="All of the padding is at the ends of the axes; half of it should be before their starts.",
        catches=("test_conv2d_output", "test_conv1d"),
        changes=(
            edit(CONV, "*((p, p) for p in padding)", "*((0, 2 * p) for p in padding)"),
            edit(CONV, "inner = [slice(p, size - p) for p,", "inner = [slice(0, size - 2 * p) for p,"),
        ),
    ),
    Mistake(
        name="padding_on_one_side",
        hint="There is padding before the first input of an axis but none after the last.",
        catches=("test_output_sizes", "test_conv3d"),
        changes=(
            edit(CONV, "*((p, p) for p in padding)", "*((p, 0) for p in padding)"),
            edit(CONV, "inner = [slice(p, size - p) for p,", "inner = [slice(p, size) for p,"),
        ),
    ),
    Mistake(
        name="padding_repeats_the_edge",
        hint="The padding repeats the values at the edge; it should be zeros.",
        catches=("test_conv2d_output",),
        changes=(
            edit(CONV, "        wide = padded(x, self.padding)\n", "        wide = self._edge(x)\n"),
            redefine(
                CONV,
                """
class Conv(Conv):
    def _edge(self, x):
        return np.pad(x, [(0, 0), (0, 0), *((p, p) for p in self.padding)], mode="edge")
"""
                + AGAIN,
            ),
        ),
    ),
    Mistake(
        name="batch_and_channels_padded",
        hint="np.pad with a single number also pads the axes of the batch and the channels.",
        catches=("test_output_sizes",),
        changes=(
            edit(
                CONV,
                "    return np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)], constant_values=value)",
                "    return np.pad(x, max(padding), constant_values=value)",
            ),
        ),
        source="student-bugs 84",
    ),
    Mistake(
        name="stride_axes_swapped",
        hint="The strides of height and width are exchanged.",
        catches=("test_each_axis_has_its_own_settings",),
        changes=(
            edit(
                CONV,
                "self.stride = in_each_axis(stride, self.spatial_axes)",
                "self.stride = in_each_axis(stride, self.spatial_axes)[::-1]",
            ),
        ),
    ),
    Mistake(
        name="padding_axes_swapped",
        hint="The paddings of height and width are exchanged.",
        catches=("test_each_axis_has_its_own_settings",),
        changes=(
            edit(
                CONV,
                "self.padding = in_each_axis(padding, self.spatial_axes)",
                "self.padding = in_each_axis(padding, self.spatial_axes)[::-1]",
            ),
        ),
    ),
    Mistake(
        name="first_setting_for_all_axes",
        hint="Stride, padding and dilation of the first axis are used for all axes.",
        catches=("test_each_axis_has_its_own_settings",),
        changes=(
            edit(
                CONV,
                "self.kernel_size = in_each_axis(kernel_size, self.spatial_axes)",
                "self.kernel_size = in_each_axis(kernel_size, self.spatial_axes)\n"
                "        stride, padding, dilation = (\n"
                "            one if isinstance(one, int) else one[0] for one in (stride, padding, dilation)\n"
                "        )",
            ),
        ),
    ),
    Mistake(
        name="height_and_width_exchanged",
        hint="The height and the width of y are exchanged.",
        catches=("test_conv2d_output",),
        changes=(
            edit(
                CONV,
                "y = y.reshape(len(x), self.out_channels, *positions)",
                "y = y.reshape(len(x), self.out_channels, *positions[::-1])",
            ),
        ),
        source="public courses",
    ),
    Mistake(
        name="kernel_height_for_width",
        hint="The height of the kernel is also used as its width.",
        catches=("test_conv2d_output",),
        changes=(
            edit(
                CONV,
                "windows = windows_of(wide, self.kernel_size, self.stride",
                "windows = windows_of(wide, self.kernel_size[:1] * self.spatial_axes, self.stride",
            ),
        ),
        source="student-bugs 81",
    ),
    Mistake(
        name="dilation_ignored",
        hint="dilation has no effect: it is the distance between the inputs of neighbouring kernel elements.",
        catches=("test_dilation",),
        changes=(
            edit(
                CONV,
                "self.dilation = in_each_axis(dilation, self.spatial_axes)",
                "self.dilation = (1,) * self.spatial_axes",
            ),
        ),
    ),
    Mistake(
        name="dilation_in_the_size_only",
        hint="The output has the right size for a dilated kernel, but the kernel uses neighbouring inputs.",
        catches=("test_dilation",),
        changes=(
            edit(
                CONV,
                "    steps = [slice(None, None, step) for step in (*stride, *dilation)]\n",
                "    steps = [*(slice(None, None, step) for step in stride), *(slice(None, k) for k in kernel_size)]\n",
            ),
            edit(
                CONV,
                "starts = [d * at for d, at in zip(dilation, offset, strict=True)]",
                "starts = list(offset)",
            ),
        ),
    ),
    Mistake(
        name="output_size_rounded_up",
        hint="The number of positions is rounded up; it should be rounded down.",
        catches=("test_output_sizes", "test_conv2d_output"),
        changes=(
            redefine(
                CONV,
                """
def windows_of(x, kernel_size, stride, dilation):
    spans = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel_size, strict=True))
    if any(size < span for size, span in zip(x.shape[2:], spans, strict=True)):
        raise ValueError("too small")
    more = [(0, (span - size) % step) for size, span, step in zip(x.shape[2:], spans, stride, strict=True)]
    x = np.pad(x, [(0, 0), (0, 0), *more])
    view = np.lib.stride_tricks.sliding_window_view(x, spans, axis=tuple(range(2, x.ndim)))
    view = view[(slice(None), slice(None), *(slice(None, None, step) for step in (*stride, *dilation)))]
    return np.moveaxis(view, range(-len(spans), 0), range(2, 2 + len(spans)))


def add_windows(windows, shape, stride, dilation):
    axes = len(stride)
    kernel_size, positions = windows.shape[2 : 2 + axes], windows.shape[2 + axes :]
    needed = [(n - 1) * s + d * (k - 1) + 1 for n, s, d, k in zip(positions, stride, dilation, kernel_size)]
    total = np.zeros((*shape[:2], *map(max, zip(needed, shape[2:]))), windows.dtype)
    for offset in np.ndindex(*kernel_size):
        places = [slice(d * at, d * at + s * n, s) for d, at, s, n in zip(dilation, offset, stride, positions)]
        total[(slice(None), slice(None), *places)] += windows[(slice(None), slice(None), *offset)]
    return total[tuple(map(slice, shape))]
""",
            ),
        ),
        source="student-bugs 80",
    ),
    Mistake(
        name="remainder_refused",
        hint="Sizes that the stride does not divide are refused; inputs after the last window should be left out.",
        catches=("test_output_sizes", "test_inputs_behind_the_last_window"),
        changes=(
            edit(
                CONV,
                "    view = np.lib.stride_tricks.sliding_window_view(",
                "    if any((size - span) % step for size, span, step in zip(x.shape[2:], spans, stride)):\n"
                '        raise ValueError("the stride does not divide the size")\n'
                "    view = np.lib.stride_tricks.sliding_window_view(",
            ),
        ),
        source="student-bugs 80",
    ),
    Mistake(
        name="input_channels_of_groups_interleaved",
        hint="Each group uses every G-th input channel; it should use neighbouring channels.",
        catches=("test_groups",),
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    def forward(self, x):
        if x.ndim != 2 + self.spatial_axes or x.shape[1] != self.in_channels:
            raise ValueError("shape")
        per_group = x.reshape(len(x), -1, self.groups, *x.shape[2:])
        return super().forward(per_group.swapaxes(1, 2).reshape(x.shape))

    def backward(self, grad_output):
        grad = super().backward(grad_output)
        per_group = grad.reshape(len(grad), self.groups, -1, *grad.shape[2:])
        return per_group.swapaxes(1, 2).reshape(grad.shape)
"""
                + AGAIN,
            ),
        ),
    ),
    Mistake(
        name="output_channels_of_groups_interleaved",
        hint="The outputs of the groups alternate; the channels of one group should be neighbours.",
        catches=("test_groups",),
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    def _shuffle(self, y, first, second):
        return y.reshape(len(y), first, second, *y.shape[2:]).swapaxes(1, 2).reshape(y.shape)

    def forward(self, x):
        return self._shuffle(super().forward(x), self.groups, self.out_channels // self.groups)

    def backward(self, grad_output):
        return super().backward(self._shuffle(grad_output, self.out_channels // self.groups, self.groups))
"""
                + AGAIN,
            ),
        ),
    ),
    Mistake(
        name="weights_of_the_first_group_for_all",
        hint="Every group uses the weights of the first one.",
        catches=("test_groups",),
        changes=(
            edit(
                CONV,
                "return self.weight.data.reshape(self.groups, self.out_channels // self.groups, -1)",
                "return self.weight.data.reshape(self.groups, self.out_channels // self.groups, -1)[:1]",
            ),
        ),
    ),
    Mistake(
        name="bias_forgotten",
        hint="The bias is not added.",
        catches=("test_conv2d_output", "test_one_by_one_convolution_is_a_linear_layer"),
        changes=(
            edit(CONV, "            y += self.bias.data.reshape(", "            y += 0.0 * self.bias.data.reshape("),
        ),
    ),
    Mistake(
        name="axes_of_length_one_squeezed",
        hint="Axes of length 1 are removed from the output; a single channel or image should keep its axis.",
        catches=("test_output_sizes",),
        changes=(edit(CONV, "return y.astype(self._dtype, copy=False)", "return y.astype(self._dtype).squeeze()"),),
        source="student-bugs 90",
    ),
    # convolution, backward
    Mistake(
        name="kernel_flipped_in_backward",
        hint="grad_input is computed with a flipped kernel.",
        catches=("test_conv2d_gradient_of_input", "test_backward_is_the_transpose_of_forward"),
        changes=(
            edit(
                CONV,
                "        grad_windows = grad_columns.reshape(self._windows_shape)\n",
                "        grad_windows = np.flip(grad_columns.reshape(self._windows_shape), "
                "tuple(range(2, 2 + self.spatial_axes)))\n",
            ),
        ),
        source="student-bugs 83",
    ),
    Mistake(
        name="windows_assigned_in_backward",
        hint="Where windows overlap, grad_input has the value of only one of them; it should be the sum over all "
        "windows.",
        catches=("test_conv2d_gradient_of_input", "test_backward_is_the_transpose_of_forward"),
        changes=(
            edit(
                CONV,
                "        total[(slice(None), slice(None), *places)] += windows[",
                "        total[(slice(None), slice(None), *places)] = windows[",
            ),
        ),
        source="student-bugs 85, 91",
    ),
    Mistake(
        name="stride_ignored_in_backward",
        hint="In backward the windows of neighbouring outputs are always one input apart; use the stride.",
        catches=("test_conv2d_gradient_of_input", "test_backward_is_the_transpose_of_forward"),
        changes=(
            edit(
                CONV,
                "grad_wide = add_windows(grad_windows, self._padded_shape, self.stride, self.dilation)",
                "grad_wide = add_windows(grad_windows, self._padded_shape, (1,) * self.spatial_axes, self.dilation)",
            ),
        ),
        source="student-bugs 78",
    ),
    Mistake(
        name="dilation_ignored_in_backward",
        hint="grad_input is that of a kernel without dilation.",
        catches=("test_dilation",),
        changes=(
            edit(
                CONV,
                "grad_wide = add_windows(grad_windows, self._padded_shape, self.stride, self.dilation)",
                "grad_wide = add_windows(grad_windows, self._padded_shape, self.stride, (1,) * self.spatial_axes)",
            ),
        ),
    ),
    Mistake(
        name="stride_missing_on_one_axis_of_the_weights_gradient",
        hint="The gradient of the weight does not use the stride along the last axis.",
        catches=("test_conv2d_gradients_of_parameters",),
        changes=(
            edit(
                CONV,
                "        self._padded_shape = wide.shape\n",
                "        self._padded_shape, self._wide = wide.shape, wide\n",
            ),
            edit(
                CONV,
                "        grad_weight = (grad @ self._columns.swapaxes(",
                "        stride = (*self.stride[:-1], 1)\n"
                "        windows = windows_of(self._wide, self.kernel_size, stride, self.dilation)\n"
                "        windows = windows[..., : grad_output.shape[-1]]\n"
                "        columns = windows.reshape(self._columns.shape)\n"
                "        grad_weight = (grad @ columns.swapaxes(",
            ),
        ),
        source="student-bugs 79",
    ),
    Mistake(
        name="padding_left_on_grad_input",
        hint="grad_input still has the padding; remove it.",
        catches=("test_conv2d_gradient_of_input",),
        changes=(
            edit(
                CONV,
                "return without_padding(grad_wide, self.padding).astype(self._dtype)",
                "return grad_wide.astype(self._dtype)",
            ),
        ),
    ),
    Mistake(
        name="padding_cut_off_by_minus_zero",
        hint="x[p:-p] is empty where the padding p is 0; write x[p:size - p].",
        catches=("test_conv2d_gradient_of_input",),
        changes=(
            edit(
                CONV,
                "inner = [slice(p, size - p) for p, size in zip(padding, x.shape[2:], strict=True)]",
                "inner = [slice(p, -p) for p in padding]",
            ),
        ),
        source="public courses",
    ),
    Mistake(
        name="padding_cut_off_at_the_end_only",
        hint="grad_input has the right size, but all of the padding was removed at the end of each axis.",
        catches=("test_conv2d_gradient_of_input",),
        changes=(edit(CONV, "inner = [slice(p, size - p) for p,", "inner = [slice(0, size - 2 * p) for p,"),),
    ),
    Mistake(
        name="grad_input_ends_with_the_last_window",
        hint="grad_input ends where the last window ends; inputs after it have a gradient too, which is 0.",
        catches=("test_inputs_behind_the_last_window",),
        changes=(
            redefine(
                CONV,
                """
def add_windows(windows, shape, stride, dilation):
    axes = len(stride)
    kernel_size, positions = windows.shape[2 : 2 + axes], windows.shape[2 + axes :]
    size = [(n - 1) * s + d * (k - 1) + 1 for n, s, d, k in zip(positions, stride, dilation, kernel_size)]
    total = np.zeros((*shape[:2], *size), windows.dtype)
    for offset in np.ndindex(*kernel_size):
        places = [slice(d * at, d * at + s * n, s) for d, at, s, n in zip(dilation, offset, stride, positions)]
        total[(slice(None), slice(None), *places)] += windows[(slice(None), slice(None), *offset)]
    return total
""",
            ),
        ),
        source="student-bugs 80",
    ),
    Mistake(
        name="weight_gradient_averaged",
        hint="The gradient of the weight is a mean over the images; it should be a sum.",
        catches=("test_conv2d_gradients_of_parameters",),
        changes=(
            edit(
                CONV,
                "(grad @ self._columns.swapaxes(-1, -2)).sum(axis=0, dtype=np.float64)",
                "(grad @ self._columns.swapaxes(-1, -2)).mean(axis=0, dtype=np.float64)",
            ),
        ),
        source="student-bugs 7",
    ),
    Mistake(
        name="weight_gradient_of_the_last_image",
        hint="The gradient of the weight is that of the last image only; it should be the sum over all images.",
        catches=("test_conv2d_gradients_of_parameters",),
        changes=(
            edit(
                CONV,
                "(grad @ self._columns.swapaxes(-1, -2)).sum(axis=0, dtype=np.float64)",
                "(grad @ self._columns.swapaxes(-1, -2))[-1].astype(np.float64)",
            ),
        ),
    ),
    Mistake(
        name="weight_gradient_of_the_flipped_kernel",
        hint="The gradient of the weight is flipped.",
        catches=("test_conv2d_gradients_of_parameters",),
        changes=(
            edit(
                CONV,
                "self.weight.accumulate(grad_weight.reshape(self.weight.data.shape))",
                "self.weight.accumulate(\n"
                "            np.flip(grad_weight.reshape(self.weight.data.shape), range(2, 2 + self.spatial_axes))\n"
                "        )",
            ),
        ),
    ),
    Mistake(
        name="bias_gradient_not_summed_over_positions",
        hint="The gradient of the bias is summed over the images only; it should also be summed over all positions.",
        catches=("test_conv2d_gradients_of_parameters",),
        changes=(
            edit(
                CONV,
                "self.bias.accumulate(grad.sum(axis=(0, 3), dtype=np.float64).ravel())",
                "self.bias.accumulate(grad_output.sum(axis=0))",
            ),
        ),
    ),
    Mistake(
        name="bias_gradient_averaged_over_positions",
        hint="The gradient of the bias is a mean over the positions; it should be a sum.",
        catches=("test_conv2d_gradients_of_parameters",),
        changes=(
            edit(
                CONV,
                "self.bias.accumulate(grad.sum(axis=(0, 3), dtype=np.float64).ravel())",
                "self.bias.accumulate(grad.mean(axis=3, dtype=np.float64).sum(axis=0).ravel())",
            ),
        ),
        source="student-bugs 7",
    ),
    Mistake(
        name="bias_gradient_summed_over_channels_too",
        hint="Every bias has the same gradient, the sum over all channels; use only the bias's own channel.",
        catches=("test_conv2d_gradients_of_parameters", "test_small_cnn_learns"),
        changes=(
            edit(
                CONV,
                "self.bias.accumulate(grad.sum(axis=(0, 3), dtype=np.float64).ravel())",
                "self.bias.accumulate(np.full(self.out_channels, grad.sum()))",
            ),
        ),
        source="student-bugs 5",
    ),
    Mistake(
        name="gradients_overwritten",
        hint="A second backward replaces the gradients of weight and bias; it should add to them.",
        catches=("test_gradients_add_up",),
        changes=(
            edit(
                CONV,
                "self.weight.accumulate(grad_weight.reshape(self.weight.data.shape))",
                "self.weight.grad = grad_weight.reshape(self.weight.data.shape)",
            ),
            edit(
                CONV,
                "self.bias.accumulate(grad.sum(axis=(0, 3), dtype=np.float64).ravel())",
                "self.bias.grad = grad.sum(axis=(0, 3), dtype=np.float64).ravel()",
            ),
        ),
        source="student-bugs 1",
    ),
    Mistake(
        name="columns_of_the_first_forward",
        hint="backward uses values stored by the first forward; it should use those of the last forward.",
        catches=("test_backward_belongs_to_the_last_forward",),
        changes=(
            edit(
                CONV,
                "        y = self._matrix() @ self._columns  # (N, G, O/G, P)\n",
                "        y = self._matrix() @ self._columns\n"
                "        self._first = vars(self).get('_first', self._columns)\n",
            ),
            edit(
                CONV,
                "(grad @ self._columns.swapaxes(-1, -2)).sum(axis=0, dtype=np.float64)",
                "(grad @ self._first[: len(grad), ..., : grad.shape[-1]].swapaxes(-1, -2)).sum(axis=0, dtype=float)",
            ),
        ),
    ),
    # dtype, memory, arguments, initial weights
    Mistake(
        name="float64_out",
        hint="For x in float32 the output is float64, because the weights are float64.",
        catches=("test_float32_in_float32_out",),
        changes=(edit(CONV, "return y.astype(self._dtype, copy=False)", "return y"),),
        source="student-bugs 49",
    ),
    Mistake(
        name="float64_grad_input",
        hint="For x in float32 grad_input is float64.",
        catches=("test_float32_in_float32_out",),
        changes=(
            edit(
                CONV,
                "return without_padding(grad_wide, self.padding).astype(self._dtype)",
                "return without_padding(grad_wide, self.padding)",
            ),
        ),
        source="student-bugs 49",
    ),
    Mistake(
        name="strides_of_a_contiguous_array",
        hint="as_strided uses the strides of an array in C order; this array has another layout: use x.strides.",
        catches=("test_memory_layouts",),
        changes=(
            edit(
                CONV,
                "    view = np.lib.stride_tricks.sliding_window_view(x, spans, axis=tuple(range(2, x.ndim)))\n",
                "    steps = tuple(math.prod(x.shape[axis + 1 :]) * x.itemsize for axis in range(x.ndim))\n"
                "    room = tuple(size - span + 1 for size, span in zip(x.shape[2:], spans, strict=True))\n"
                "    shape = (*x.shape[:2], *room, *spans)\n"
                "    view = np.lib.stride_tricks.as_strided(x, shape, (*steps, *steps[2:]), writeable=False)\n",
            ),
        ),
    ),
    Mistake(
        name="bound_without_the_kernel",
        hint="The bound of the initial weights is 1 / sqrt(in_channels); it should also depend on the size of the "
        "kernel.",
        catches=("test_initial_weights",),
        changes=(edit(CONV, "math.sqrt(math.prod(shape[1:]))", "math.sqrt(shape[1])"),),
        source="student-bugs 123",
    ),
    Mistake(
        name="bound_without_groups",
        hint="The bound of the initial weights counts all input channels; count only those of one group.",
        catches=("test_initial_weights",),
        changes=(edit(CONV, "math.sqrt(math.prod(shape[1:]))", "math.sqrt(groups * math.prod(shape[1:]))"),),
        source="student-bugs 123",
    ),
    Mistake(
        name="rng_ignored",
        hint="The initial weights do not come from rng.",
        catches=("test_initial_weights",),
        changes=(
            edit(
                CONV,
                "generator = np.random.default_rng() if rng is None else rng",
                "generator = np.random.default_rng()",
            ),
        ),
    ),
    Mistake(
        name="the_same_initial_weights_every_time",
        hint="Every layer starts with the same weights: the code has a fixed seed.",
        catches=("test_initial_weights",),
        changes=(
            edit(
                CONV,
                "generator = np.random.default_rng() if rng is None else rng",
                "generator = np.random.default_rng(0)",
            ),
        ),
        source="student-bugs 76",
    ),
    Mistake(
        name="groups_not_checked",
        hint="A number of groups that does not divide the channels should raise ValueError.",
        catches=("test_wrong_shapes_are_refused",),
        changes=(edit(CONV, "if in_channels % groups or out_channels % groups:", "if in_channels % groups:"),),
    ),
    # pooling
    Mistake(
        name="max_pool_padded_with_zeros",
        hint="The padding of MaxPool2d counts as 0, which is the maximum if all inputs are negative; ignore padding "
        "there.",
        catches=("test_max_pool_padding_never_wins",),
        changes=(edit(POOLING, "    fill = -np.inf\n", "    fill = 0.0\n"),),
        source="student-bugs 95",
    ),
    Mistake(
        name="max_pool_gradient_assigned",
        hint="An input that is the largest of several windows has the gradient of only one; it should have the sum.",
        catches=("test_max_pool_gradient",),
        changes=(
            redefine(
                POOLING,
                """
class MaxPool2d(MaxPool2d):
    def backward(self, grad_output):
        n, c, kh, kw, height, width = self._windows_shape
        grad_wide = np.zeros(self._padded_shape, self._dtype)
        row, column = np.divmod(self._winner[:, :, 0], kw)
        rows = row + self.stride[0] * np.arange(height)[:, None]
        columns = column + self.stride[1] * np.arange(width)
        grad_wide[np.arange(n)[:, None, None, None], np.arange(c)[:, None, None], rows, columns] = grad_output
        return without_padding(grad_wide, self.padding)
""",
            ),
        ),
        source="student-bugs 91",
    ),
    Mistake(
        name="max_pool_ties_all_get_everything",
        hint="Each of several equal maxima receives its window's whole gradient; together they should receive it once.",
        catches=("test_max_pool_ties",),
        changes=(
            redefine(
                POOLING,
                """
class MaxPool2d(MaxPool2d):
    def forward(self, x):
        windows = self._windows(x)
        y = windows.max(axis=(2, 3))
        self._mask = windows == y[:, :, None, None]
        return y

    def backward(self, grad_output):
        return self._add_back(self._mask * grad_output[:, :, None, None])
""",
            ),
        ),
        source="student-bugs 92",
    ),
    Mistake(
        name="max_pool_gradient_to_every_input",
        hint="Every input of a window receives a part of its gradient; only the largest should.",
        catches=("test_max_pool_gradient",),
        changes=(
            redefine(
                POOLING,
                """
class MaxPool2d(MaxPool2d):
    def backward(self, grad_output):
        kh, kw = self.kernel_size
        shares = grad_output[:, :, None, None] / (kh * kw)
        return self._add_back(np.broadcast_to(shares, self._windows_shape))
""",
            ),
        ),
    ),
    Mistake(
        name="winner_unravelled_with_the_height",
        hint="The position of the maximum is computed with the window's height; it should be computed with its width.",
        catches=("test_max_pool_gradient",),
        changes=(
            redefine(
                POOLING,
                """
class MaxPool2d(MaxPool2d):
    def backward(self, grad_output):
        n, c, kh, kw, height, width = self._windows_shape
        grad_wide = np.zeros(self._padded_shape, self._dtype)
        row, column = np.divmod(self._winner[:, :, 0], kh)
        rows = row + self.stride[0] * np.arange(height)[:, None]
        columns = column + self.stride[1] * np.arange(width)
        place = np.arange(n)[:, None, None, None], np.arange(c)[:, None, None], rows, columns
        np.add.at(grad_wide, place, grad_output)
        return without_padding(grad_wide, self.padding)
""",
            ),
        ),
        source="student-bugs 94",
    ),
    Mistake(
        name="pooling_stride_ignored",
        hint="The windows are always next to each other; use stride.",
        catches=("test_max_pool_output",),
        changes=(
            edit(
                POOLING,
                "self.stride = self.kernel_size if stride is None else in_each_axis(stride, 2)",
                "self.stride = self.kernel_size",
            ),
        ),
        source="student-bugs 93",
    ),
    Mistake(
        name="pooling_size_with_the_window_as_stride",
        hint="The size of y is computed with the kernel size in place of stride.",
        catches=("test_max_pool_output",),
        changes=(
            edit(
                POOLING,
                "return windows_of(wide, self.kernel_size, self.stride, (1, 1))",
                "height, width = ((n - k) // k + 1 for n, k in zip(wide.shape[2:], self.kernel_size))\n"
                "        return windows_of(wide, self.kernel_size, self.stride, (1, 1))[..., :height, :width]",
            ),
        ),
        source="public courses",
    ),
    Mistake(
        name="pooling_stride_one_by_default",
        hint="Without the argument stride the windows are one input apart; the default is the kernel size.",
        catches=("test_max_pool_output",),
        changes=(
            edit(
                POOLING,
                "self.stride = self.kernel_size if stride is None else in_each_axis(stride, 2)",
                "self.stride = (1, 1) if stride is None else in_each_axis(stride, 2)",
            ),
        ),
    ),
    Mistake(
        name="pooling_padding_not_checked",
        hint="A padding of more than half of the kernel size should raise ValueError.",
        catches=("test_wrong_shapes_are_refused",),
        changes=(edit(POOLING, "if any(2 * p > k for p,", "if any(p > k for p,"),),
    ),
    Mistake(
        name="avg_pool_leaves_padding_out",
        hint="The mean is over the real inputs of a window only; padding counts as zeros, so divide by kH * kW.",
        catches=("test_avg_pool",),
        changes=(
            redefine(
                POOLING,
                """
class AvgPool2d(AvgPool2d):
    def forward(self, x):
        ones = self._windows(np.ones(x.shape, x.dtype))
        self._counts = ones.sum(axis=(2, 3))
        windows = self._windows(x)
        self._windows_shape = windows.shape
        return windows.sum(axis=(2, 3)) / self._counts

    def backward(self, grad_output):
        shares = (grad_output / self._counts)[:, :, None, None]
        return self._add_back(np.broadcast_to(shares, self._windows_shape))
""",
            ),
        ),
        source="student-bugs 95",
    ),
    Mistake(
        name="avg_pool_gradient_not_divided",
        hint="Every input of a window receives the whole gradient; it should receive 1 / (kH * kW) of it.",
        catches=("test_avg_pool",),
        changes=(
            edit(
                POOLING,
                "shares = grad_output[:, :, None, None] / (kernel_height * kernel_width)",
                "shares = grad_output[:, :, None, None]",
            ),
        ),
    ),
    Mistake(
        name="avg_pool_gradient_divided_by_the_height_squared",
        hint="The gradient is divided by the window's height twice; divide by height and width.",
        catches=("test_avg_pool",),
        changes=(
            edit(
                POOLING,
                "shares = grad_output[:, :, None, None] / (kernel_height * kernel_width)",
                "shares = grad_output[:, :, None, None] / kernel_height**2",
            ),
        ),
        source="student-bugs 95",
    ),
    Mistake(
        name="avg_pool_writes_into_grad_output",
        hint="grad_output is divided in place, which changes the caller's array.",
        catches=("test_arguments_are_left_alone",),
        changes=(
            edit(
                POOLING,
                "        shares = grad_output[:, :, None, None] / (kernel_height * kernel_width)\n",
                "        grad_output /= kernel_height * kernel_width\n        shares = grad_output[:, :, None, None]\n",
            ),
        ),
        source="student-bugs 13",
    ),
    Mistake(
        name="global_pool_drops_its_axes",
        hint="The output of AdaptiveAvgPool2d(1) should keep the axes of height and width, both of size 1.",
        catches=("test_global_pool_and_flatten",),
        changes=(
            edit(POOLING, "return x.mean(axis=(2, 3), keepdims=True)", "return x.mean(axis=(2, 3))"),
            edit(
                POOLING,
                "np.broadcast_to(grad_output / (height",
                "np.broadcast_to(grad_output.reshape(*self._shape[:2], 1, 1) / (height",
            ),
        ),
    ),
    Mistake(
        name="global_pool_gradient_not_divided",
        hint="Every pixel receives the whole gradient; it should receive 1 / (H * W) of it.",
        catches=("test_global_pool_and_flatten",),
        changes=(
            edit(
                POOLING,
                "np.broadcast_to(grad_output / (height * width), self._shape)",
                "np.broadcast_to(grad_output, self._shape)",
            ),
        ),
    ),
    Mistake(
        name="flatten_of_the_other_order",
        hint="Flatten uses an order in which the first axis changes fastest; the last axis should change fastest.",
        catches=("test_global_pool_and_flatten",),
        changes=(
            edit(POOLING, "return x.reshape(len(x), -1)", 'return x.reshape(len(x), -1, order="F")'),
            edit(
                POOLING, "return grad_output.reshape(self._shape)", 'return grad_output.reshape(self._shape, order="F")'
            ),
        ),
    ),
    Mistake(
        name="flatten_backward_in_the_shape_of_the_output",
        hint="Flatten's backward returns another shape; it should return the shape of x.",
        catches=("test_global_pool_and_flatten",),
        changes=(edit(POOLING, "return grad_output.reshape(self._shape)", "return grad_output"),),
    ),
    # blocks
    Mistake(
        name="shortcut_forgotten_in_backward",
        hint="grad_input has only the gradient of the convolutions; add the gradient of the shortcut.",
        catches=("test_residual_block_gradients",),
        changes=(
            edit(
                BLOCKS,
                "return self._residual.backward(grad) + through_shortcut",
                "return self._residual.backward(grad)",
            ),
        ),
    ),
    Mistake(
        name="shortcut_forgotten_in_backward_with_downsample",
        hint="The gradient through the 1 x 1 convolution of the shortcut is missing.",
        catches=("test_residual_block_gradients",),
        changes=(
            edit(
                BLOCKS,
                "through_shortcut = grad if self.downsample is None else self.downsample.backward(grad)",
                "through_shortcut = grad if self.downsample is None else 0.0",
            ),
        ),
    ),
    Mistake(
        name="shortcut_added_after_the_relu",
        hint="The shortcut is added after the last ReLU; it should be added before.",
        catches=("test_residual_block_output",),
        changes=(
            edit(
                BLOCKS,
                "return self._relu(self._residual(x) + shortcut)",
                "return self._relu(self._residual(x)) + shortcut",
            ),
            edit(
                BLOCKS,
                "through_shortcut = grad if self.downsample is None else self.downsample.backward(grad)",
                "through_shortcut = grad_output if self.downsample is None else self.downsample.backward(grad_output)",
            ),
        ),
    ),
    Mistake(
        name="last_relu_forgotten",
        hint="The ReLU after the sum is missing.",
        catches=("test_residual_block_output",),
        changes=(
            edit(
                BLOCKS,
                "return self._relu(self._residual(x) + shortcut)",
                "return self._residual(x) + shortcut",
            ),
            edit(BLOCKS, "grad = self._relu.backward(grad_output)", "grad = grad_output"),
        ),
    ),
    Mistake(
        name="last_relu_forgotten_in_backward",
        hint="backward does not use the ReLU after the sum.",
        catches=("test_residual_block_gradients",),
        changes=(edit(BLOCKS, "grad = self._relu.backward(grad_output)", "grad = grad_output"),),
    ),
    Mistake(
        name="stride_in_the_second_convolution",
        hint="The stride is in the second convolution of the block; it should be in the first.",
        catches=("test_residual_block_output",),
        changes=(
            edit(
                BLOCKS,
                "Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False, rng=rng)",
                "Conv2d(in_channels, out_channels, 3, padding=1, bias=False, rng=rng)",
            ),
            edit(
                BLOCKS,
                "Conv2d(out_channels, out_channels, 3, padding=1, bias=False, rng=rng)",
                "Conv2d(out_channels, out_channels, 3, stride=stride, padding=1, bias=False, rng=rng)",
            ),
        ),
    ),
    Mistake(
        name="projection_for_new_channels_only",
        hint="If the stride is above 1, the shortcut needs its 1 x 1 convolution even if the number of channels is "
        "the same.",
        catches=("test_residual_block_output",),
        changes=(edit(BLOCKS, "if stride != 1 or in_channels != out_channels:", "if in_channels != out_channels:"),),
    ),
    Mistake(
        name="shortcut_without_batch_norm",
        hint="There should be a batch normalisation after the 1 x 1 convolution of the shortcut.",
        catches=("test_residual_block_output",),
        changes=(edit(BLOCKS, "Sequential(projection, BatchNorm2d(out_channels))", "Sequential(projection)"),),
    ),
    Mistake(
        name="one_batch_norm_for_both",
        hint="bn1 and bn2 are the same layer; each convolution should have its own batch normalisation.",
        catches=("test_blocks_have_their_layers", "test_residual_block_in_evaluation"),
        changes=(edit(BLOCKS, "self.bn2 = BatchNorm2d(out_channels)", "self.bn2 = self.bn1"),),
    ),
    Mistake(
        name="residual_added_into_x",
        hint="The sum is written into x, which changes the caller's array.",
        catches=("test_arguments_are_left_alone",),
        changes=(
            edit(
                BLOCKS,
                "        return self._relu(self._residual(x) + shortcut)\n",
                "        shortcut += self._residual(x)\n        return self._relu(shortcut)\n",
            ),
        ),
        source="student-bugs 12",
    ),
    Mistake(
        name="branches_in_another_order",
        hint="The outputs of the branches are in the wrong order along the channels: 1 x 1, 3 x 3, 5 x 5, pooling.",
        catches=("test_inception_block_output",),
        changes=(
            edit(
                BLOCKS,
                "np.cumsum([ch1x1, ch3x3, ch5x5])",
                "np.cumsum([pool_proj, ch1x1, ch3x3])",
            ),
            edit(
                BLOCKS,
                "return [self.branch1, self.branch2, self.branch3, self.branch4]",
                "return [self.branch4, self.branch1, self.branch2, self.branch3]",
            ),
        ),
    ),
    Mistake(
        name="gradient_split_into_equal_parts",
        hint="grad_output is split into four equal parts; each branch should receive as many channels as its output "
        "has.",
        catches=("test_inception_block_gradients",),
        changes=(edit(BLOCKS, "np.split(grad_output, self._ends, axis=1)", "np.array_split(grad_output, 4, axis=1)"),),
    ),
    Mistake(
        name="gradient_split_by_the_reductions",
        hint="grad_output is split by the channels of the reductions; use the channels of the branches' outputs.",
        catches=("test_inception_block_gradients",),
        changes=(edit(BLOCKS, "np.cumsum([ch1x1, ch3x3, ch5x5])", "np.cumsum([ch1x1, ch3x3red, ch5x5red])"),),
    ),
    Mistake(
        name="gradient_of_one_branch_lost",
        hint="grad_input does not have the gradient of the pooling branch.",
        catches=("test_inception_block_gradients",),
        changes=(edit(BLOCKS, "return np.sum(grads, axis=0)", "return np.sum(grads[:3], axis=0)"),),
    ),
    Mistake(
        name="gradients_of_branches_averaged",
        hint="The gradients of the four branches are averaged; they should be added.",
        catches=("test_inception_block_gradients",),
        changes=(edit(BLOCKS, "return np.sum(grads, axis=0)", "return np.mean(grads, axis=0)"),),
    ),
    Mistake(
        name="branches_without_their_last_relu",
        hint="There should be a ReLU after every convolution of the inception block, also after the last of each "
        "branch.",
        catches=("test_inception_block_output",),
        changes=(
            edit(
                BLOCKS,
                "        self._ends = np.cumsum(",
                "        for branch in self._branches():\n"
                "            branch.layers.pop()\n"
                "        self._ends = np.cumsum(",
            ),
        ),
    ),
    Mistake(
        name="average_pooling_in_the_fourth_branch",
        hint="The fourth branch starts with average pooling; it should start with max pooling.",
        catches=("test_inception_block_output",),
        changes=(
            edit(BLOCKS, "from scratch.pooling import MaxPool2d", "from scratch.pooling import AvgPool2d, MaxPool2d"),
            edit(BLOCKS, "Sequential(MaxPool2d(3, stride=1,", "Sequential(AvgPool2d(3, stride=1,"),
        ),
    ),
    Mistake(
        name="padding_of_one_for_every_kernel",
        hint="The 5 x 5 convolution needs a padding of 2 to keep height and width.",
        catches=("test_inception_block_output",),
        changes=(edit(BLOCKS, "padding=kernel_size // 2, rng=rng)", "padding=int(kernel_size > 1), rng=rng)"),),
    ),
    # budgets
    Mistake(
        name="loops_over_images_channels_and_positions",
        hint="There is a Python loop over images, channels and positions: compute all positions with one array "
        "operation.",
        catches=("test_conv2d_in_time",),
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    def _window(self, n, group, position):
        size = self.in_channels // self.groups
        starts = [s * at for s, at in zip(self.stride, position)]
        spots = (slice(at, at + d * (k - 1) + 1, d) for at, d, k in zip(starts, self.dilation, self.kernel_size))
        return (n, slice(group * size, (group + 1) * size), *spots)

    def forward(self, x):
        if x.ndim != 2 + self.spatial_axes or x.shape[1] != self.in_channels:
            raise ValueError("shape")
        self._wide, self._dtype = padded(x, self.padding), x.dtype
        room = zip(self._wide.shape[2:], self.kernel_size, self.stride, self.dilation)
        self._out = [(size - d * (k - 1) - 1) // s + 1 for size, k, s, d in room]
        if min(self._out) < 1:
            raise ValueError("size")
        y = np.zeros((len(x), self.out_channels, *self._out))
        for n in range(len(x)):
            for o in range(self.out_channels):
                group = o * self.groups // self.out_channels
                for position in np.ndindex(*self._out):
                    window = self._wide[self._window(n, group, position)]
                    y[(n, o, *position)] = np.sum(window * self.weight.data[o])
                    if self.bias is not None:
                        y[(n, o, *position)] += self.bias.data[o]
        return y.astype(x.dtype)

    def backward(self, grad_output):
        grad_wide, grad_weight = np.zeros(self._wide.shape), np.zeros(self.weight.data.shape)
        for n in range(len(grad_output)):
            for o in range(self.out_channels):
                group = o * self.groups // self.out_channels
                for position in np.ndindex(*self._out):
                    where, grad = self._window(n, group, position), grad_output[(n, o, *position)]
                    grad_weight[o] += grad * self._wide[where]
                    grad_wide[where] += grad * self.weight.data[o]
        self.weight.accumulate(grad_weight)
        if self.bias is not None:
            self.bias.accumulate(grad_output.sum(axis=(0, *range(2, grad_output.ndim)), dtype=float))
        return without_padding(grad_wide, self.padding).astype(self._dtype)
"""
                + AGAIN,
            ),
        ),
        source="student-bugs 89",
    ),
    Mistake(
        name="loops_over_images_and_positions",
        hint="There is a Python loop over images and positions: compute all positions with one array operation.",
        catches=("test_conv2d_in_time",),
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    def _window(self, n, position):
        starts = [s * at for s, at in zip(self.stride, position)]
        spots = (slice(at, at + d * (k - 1) + 1, d) for at, d, k in zip(starts, self.dilation, self.kernel_size))
        return (n, slice(None), *spots)

    def forward(self, x):
        if x.ndim != 2 + self.spatial_axes or x.shape[1] != self.in_channels:
            raise ValueError("shape")
        self._wide, self._dtype = padded(x, self.padding), x.dtype
        room = zip(self._wide.shape[2:], self.kernel_size, self.stride, self.dilation)
        self._out = [(size - d * (k - 1) - 1) // s + 1 for size, k, s, d in room]
        if min(self._out) < 1:
            raise ValueError("size")
        y = np.zeros((len(x), self.out_channels, *self._out))
        for n in range(len(x)):
            for position in np.ndindex(*self._out):
                window = self._wide[self._window(n, position)].reshape(self.groups, -1, 1)
                y[(n, slice(None), *position)] = (self._matrix() @ window).ravel()
        if self.bias is not None:
            y += self.bias.data.reshape(-1, *(1,) * self.spatial_axes)
        return y.astype(x.dtype)

    def backward(self, grad_output):
        grad_wide = np.zeros(self._wide.shape)
        grad_weight = np.zeros(self._matrix().shape)
        for n in range(len(grad_output)):
            for position in np.ndindex(*self._out):
                where = self._window(n, position)
                window = self._wide[where]
                grad = grad_output[(n, slice(None), *position)].reshape(self.groups, -1, 1)
                grad_weight += grad * window.reshape(self.groups, 1, -1)
                grad_wide[where] += np.sum(grad * self._matrix(), axis=1).reshape(window.shape)
        self.weight.accumulate(grad_weight.reshape(self.weight.data.shape))
        if self.bias is not None:
            self.bias.accumulate(grad_output.sum(axis=(0, *range(2, grad_output.ndim)), dtype=float))
        return without_padding(grad_wide, self.padding).astype(self._dtype)
"""
                + AGAIN,
            ),
        ),
        source="student-bugs 89",
    ),
    Mistake(
        name="loops_over_positions",
        hint="There is a Python loop over the positions of the output: compute all of them with one array operation.",
        catches=("test_conv2d_in_time",),
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    def _window(self, position):
        starts = [s * at for s, at in zip(self.stride, position)]
        spots = (slice(at, at + d * (k - 1) + 1, d) for at, d, k in zip(starts, self.dilation, self.kernel_size))
        return (slice(None), slice(None), *spots)

    def forward(self, x):
        if x.ndim != 2 + self.spatial_axes or x.shape[1] != self.in_channels:
            raise ValueError("shape")
        self._wide, self._dtype = padded(x, self.padding), x.dtype
        room = zip(self._wide.shape[2:], self.kernel_size, self.stride, self.dilation)
        self._out = [(size - d * (k - 1) - 1) // s + 1 for size, k, s, d in room]
        if min(self._out) < 1:
            raise ValueError("size")
        y = np.zeros((len(x), self.out_channels, *self._out))
        matrix = self._matrix()
        for position in np.ndindex(*self._out):
            window = self._wide[self._window(position)].reshape(len(x), self.groups, -1, 1)
            y[(slice(None), slice(None), *position)] = (matrix @ window).reshape(len(x), -1)
        if self.bias is not None:
            y += self.bias.data.reshape(-1, *(1,) * self.spatial_axes)
        return y.astype(x.dtype)

    def backward(self, grad_output):
        grad_wide, matrix = np.zeros(self._wide.shape), self._matrix()
        grad_weight = np.zeros(matrix.shape)
        for position in np.ndindex(*self._out):
            where = self._window(position)
            window = self._wide[where]
            grad = grad_output[(slice(None), slice(None), *position)].reshape(len(window), self.groups, -1, 1)
            grad_weight += np.sum(grad * window.reshape(len(window), self.groups, 1, -1), axis=0)
            grad_wide[where] += (matrix.swapaxes(1, 2) @ grad).reshape(window.shape)
        self.weight.accumulate(grad_weight.reshape(self.weight.data.shape))
        if self.bias is not None:
            self.bias.accumulate(grad_output.sum(axis=(0, *range(2, grad_output.ndim)), dtype=float))
        return without_padding(grad_wide, self.padding).astype(self._dtype)
"""
                + AGAIN,
            ),
        ),
        source="student-bugs 89",
    ),
    Mistake(
        name="max_pool_loops_over_windows",
        hint="There is a Python loop over all windows: compute all their maxima with one array operation.",
        catches=("test_max_pool_in_time",),
        changes=(
            redefine(
                POOLING,
                """
class MaxPool2d(MaxPool2d):
    def forward(self, x):
        windows = self._windows(x)
        self._windows_shape = windows.shape
        n, c, kh, kw, height, width = windows.shape
        y = np.zeros((n, c, height, width), x.dtype)
        self._places = {}
        for at in np.ndindex(n, c, height, width):
            window = windows[at[0], at[1], :, :, at[2], at[3]]
            place = np.unravel_index(np.argmax(window), window.shape)
            self._places[at] = place
            y[at] = window[place]
        return y

    def backward(self, grad_output):
        grad_wide = np.zeros(self._padded_shape, self._dtype)
        for (n, c, i, j), (row, column) in self._places.items():
            grad_wide[n, c, i * self.stride[0] + row, j * self.stride[1] + column] += grad_output[n, c, i, j]
        return without_padding(grad_wide, self.padding)
""",
            ),
        ),
        source="student-bugs 89",
    ),
    Mistake(
        name="all_products_before_the_sum",
        hint="All products of windows and filters are stored before they are summed: np.matmul, tensordot and einsum "
        "sum without storing them.",
        catches=("test_conv2d_in_memory",),
        changes=(
            edit(
                CONV,
                "        y = self._matrix() @ self._columns  # (N, G, O/G, P)\n",
                "        products = self._matrix()[None, :, :, :, None] * self._columns[:, :, None]\n"
                "        y = products.sum(axis=3)\n"
                "        del products\n",
            ),
        ),
    ),
    Mistake(
        name="all_products_before_the_sum_in_backward",
        hint="In backward all products of gradients and windows are stored before they are summed.",
        catches=("test_conv2d_in_memory",),
        changes=(
            edit(
                CONV,
                "        grad_weight = (grad @ self._columns.swapaxes(-1, -2)).sum(axis=0, dtype=np.float64)",
                "        grad_weight = (grad[:, :, :, None] * self._columns[:, :, None]).sum(axis=(0, 4))",
            ),
        ),
    ),
    Mistake(
        name="columns_kept_for_every_filter",
        hint="The columns are copied for each filter; all filters can use the same columns.",
        catches=("test_conv2d_in_memory",),
        changes=(
            edit(
                CONV,
                "        y = self._matrix() @ self._columns  # (N, G, O/G, P)\n",
                "        matrix = self._matrix()\n"
                "        self._copies = [self._columns.copy() for _ in range(matrix.shape[1])]\n"
                "        pairs = enumerate(self._copies)\n"
                "        y = np.concatenate([matrix[:, row : row + 1] @ own for row, own in pairs], axis=2)\n",
            ),
        ),
    ),
    Mistake(
        name="matrix_of_the_whole_convolution",
        hint="The convolution is one matrix of all outputs by all inputs, and nearly all of it is zero: work with "
        "windows.",
        catches=("test_conv2d_in_time",),
        changes=(
            redefine(
                CONV,
                """
class Conv(Conv):
    def _whole(self, size):
        index = np.arange(math.prod(size)).reshape(1, 1, *size)
        taken = windows_of(index, self.kernel_size, self.stride, self.dilation)
        axes = self.spatial_axes
        self._out = taken.shape[2 + axes :]
        taken = taken.reshape(math.prod(self.kernel_size), -1)  # (K, P)
        inputs, outputs = self.in_channels // self.groups, self.out_channels // self.groups
        whole = np.zeros((self.out_channels, taken.shape[1], self.in_channels, index.size))
        weight = self.weight.data.reshape(self.out_channels, inputs, -1)
        at = np.arange(taken.shape[1])
        for o in range(self.out_channels):
            for c in range(inputs):
                for k in range(len(taken)):
                    whole[o, at, o // outputs * inputs + c, taken[k]] += weight[o, c, k]
        return whole.reshape(self.out_channels * taken.shape[1], -1)

    def forward(self, x):
        y = super().forward(x)
        wide = padded(x, self.padding)
        whole = self._whole(wide.shape[2:])
        product = (wide.reshape(len(x), -1) @ whole.T).reshape(len(x), self.out_channels, *self._out)
        if self.bias is not None:
            product += self.bias.data.reshape(-1, *(1,) * self.spatial_axes)
        return product.astype(y.dtype)
"""
                + AGAIN,
            ),
        ),
    ),
    Mistake(
        name="blocks_ignore_their_generator",
        hint="A block does not pass rng on to its convolutions, so the same seed gives other weights each time.",
        catches=("test_initial_weights",),
        changes=(
            edit(
                "scratch/blocks.py",
                "stride=stride, padding=1, bias=False, rng=rng)",
                "stride=stride, padding=1, bias=False)",
            ),
        ),
    ),
]
