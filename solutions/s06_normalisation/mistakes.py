"""Wrong normalisation layers that students write, the tests that each exists for, and its hint."""

from autograder.course.mistakes import Mistake, edit, redefine

FILE = "scratch/normalisation.py"

MISTAKES = [
    # the statistics
    Mistake(
        name="output_divided_by_unbiased_deviation",
        hint="The output is normalised with the variance divided by n - 1: use that one for running_var only.",
        catches=("test_batch_norm_output",),
        changes=(
            edit(
                FILE,
                "var = np.mean(centred**2, axis=axes, keepdims=True)",
                "var = wide.var(axis=axes, keepdims=True, ddof=1)",
            ),
            edit(
                FILE,
                "self._follow(mean.ravel(), var.ravel() * count / (count - 1))",
                "self._follow(mean.ravel(), var.ravel())",
            ),
        ),
        source="student-bugs 54",
    ),
    Mistake(
        name="running_var_biased",
        hint="running_var uses the batch's variance divided by n; it should be divided by n - 1.",
        catches=("test_running_variance_is_unbiased",),
        changes=(edit(FILE, "var.ravel() * count / (count - 1)", "var.ravel()"),),
        source="student-bugs 55",
    ),
    Mistake(
        name="running_var_corrected_by_batch_size_only",
        hint="The factor n / (n - 1) counts samples; n should be the number of values in a channel, with all pixels.",
        catches=("test_running_statistics_over_many_batches",),
        changes=(
            edit(
                FILE,
                "var.ravel() * count / (count - 1)",
                "var.ravel() * (len(x) / (len(x) - 1) if len(x) > 1 else 1.0)",
            ),
        ),
    ),
    Mistake(
        name="momentum_sides_swapped",
        hint="momentum should be the weight of the new batch in the running statistics, not of the old value.",
        catches=("test_running_statistics_over_many_batches",),
        changes=(
            edit(
                FILE,
                "(1.0 - self.momentum) * self.running_mean + self.momentum * mean",
                "self.momentum * self.running_mean + (1.0 - self.momentum) * mean",
            ),
            edit(
                FILE,
                "(1.0 - self.momentum) * self.running_var + self.momentum * unbiased_var",
                "self.momentum * self.running_var + (1.0 - self.momentum) * unbiased_var",
            ),
        ),
        source="student-bugs 56",
    ),
    Mistake(
        name="running_var_keeps_deviations",
        hint="running_var contains averages of standard deviations; it should average variances.",
        catches=("test_running_variance_is_unbiased",),
        changes=(
            edit(FILE, "self.momentum * unbiased_var", "self.momentum * np.sqrt(unbiased_var)"),
            edit(
                FILE,
                "self._inverse_std = 1.0 / np.sqrt(_spread(self.running_var, x.ndim) + self.eps)",
                "self._inverse_std = 1.0 / (_spread(self.running_var, x.ndim) + self.eps)",
            ),
        ),
    ),
    Mistake(
        name="running_var_starts_at_zero",
        hint="running_var starts with zeros; in a new layer it should be ones.",
        catches=("test_new_layers_scale_by_one_and_shift_by_zero", "test_running_statistics_over_many_batches"),
        changes=(edit(FILE, "self.running_var = np.ones(num_features)", "self.running_var = np.zeros(num_features)"),),
        source="correct-alternatives 33",
    ),
    Mistake(
        name="first_batch_taken_whole",
        hint="The first batch's statistics replace the running ones; momentum applies to the first batch too.",
        catches=("test_running_statistics_over_many_batches", "test_network_with_batch_norm"),
        changes=(
            edit(
                FILE,
                '        """Move the running statistics towards a batch\'s."""\n',
                '        """Move the running statistics towards a batch\'s."""\n'
                '        if not hasattr(self, "_started"):\n'
                "            self._started = True\n"
                "            self.running_mean, self.running_var = mean, unbiased_var\n"
                "            return\n",
            ),
        ),
    ),
    Mistake(
        name="running_statistics_are_parameters",
        hint="running_mean and running_var should be plain arrays; an optimiser would change them if they were "
        "Parameters.",
        catches=("test_new_layers_scale_by_one_and_shift_by_zero",),
        changes=(
            edit(
                FILE,
                "self.running_var = np.ones(num_features)",
                "self.running_var = np.ones(num_features)\n"
                "        self.statistics = [Parameter(self.running_mean), Parameter(self.running_var)]",
            ),
        ),
    ),
    Mistake(
        name="variance_from_mean_of_squares",
        hint="The variance is E[x^2] - E[x]^2, which loses digits when the mean is large: square the differences.",
        catches=("test_large_means_cost_no_digits",),
        changes=(
            edit(
                FILE,
                "var = np.mean(centred**2, axis=axes, keepdims=True)",
                "var = np.maximum(np.mean(wide**2, axis=axes, keepdims=True) - mean**2, 0.0)",
            ),
        ),
    ),
    Mistake(
        name="eps_outside_the_root",
        hint="eps is added to the standard deviation; it should be added to the variance, inside the root.",
        catches=("test_eps_is_in_units_of_the_variance",),
        changes=(
            edit(FILE, "inverse_std = 1.0 / np.sqrt(var + eps)", "inverse_std = 1.0 / (np.sqrt(var) + eps)"),
            edit(
                FILE,
                "1.0 / np.sqrt(_spread(self.running_var, x.ndim) + self.eps)",
                "1.0 / (np.sqrt(_spread(self.running_var, x.ndim)) + self.eps)",
            ),
        ),
        source="student-bugs 60",
    ),
    Mistake(
        name="eps_missing_in_evaluation",
        hint="In evaluation eps is missing inside the root.",
        catches=("test_evaluation_uses_the_running_statistics",),
        changes=(
            edit(
                FILE,
                "np.sqrt(_spread(self.running_var, x.ndim) + self.eps)",
                "np.sqrt(np.maximum(_spread(self.running_var, x.ndim), 1e-30))",
            ),
        ),
        source="holes-in-public-tests 5",
    ),
    Mistake(
        name="default_eps_too_small",
        hint="The default eps of BatchNorm is 1e-8 here; it should be 1e-5.",
        catches=("test_eps_is_in_units_of_the_variance",),
        changes=(
            edit(
                FILE,
                "def __init__(self, num_features: int, eps: float = 1e-5, momentum",
                "def __init__(self, num_features: int, eps: float = 1e-8, momentum",
            ),
        ),
        source="student-bugs 60",
    ),
    # modes
    Mistake(
        name="evaluation_uses_the_batch",
        hint="In evaluation the statistics of the batch are used instead of the running ones.",
        catches=("test_evaluation_uses_the_running_statistics",),
        changes=(
            edit(
                FILE,
                "            self._inverse_std = 1.0 / np.sqrt(_spread(self.running_var, x.ndim) + self.eps)\n"
                "            self._normalised = (x - _spread(self.running_mean, x.ndim)) * self._inverse_std\n",
                "            self._normalised, self._inverse_std, mean, var = _normalise(x, self._axes, self.eps)\n",
            ),
        ),
        source="student-bugs 58",
    ),
    Mistake(
        name="evaluation_scales_raw_input",
        hint="In evaluation weight and bias are applied to x itself: normalise it with the running statistics first.",
        catches=("test_evaluation_uses_the_running_statistics",),
        changes=(
            edit(
                FILE,
                "self._normalised = (x - _spread(self.running_mean, x.ndim)) * self._inverse_std",
                "self._normalised = x.astype(np.float64)",
            ),
        ),
        source="student-bugs 59",
    ),
    Mistake(
        name="evaluation_moves_running_statistics",
        hint="Batches in evaluation change the running statistics; only training should.",
        catches=("test_evaluation_changes_no_running_statistics",),
        changes=(
            edit(
                FILE,
                "            self._inverse_std = 1.0 / np.sqrt(_spread(self.running_var, x.ndim) + self.eps)\n",
                "            self._inverse_std = 1.0 / np.sqrt(_spread(self.running_var, x.ndim) + self.eps)\n"
                "            _, _, mean, var = _normalise(x, self._axes, self.eps)\n"
                "            count = x.size // self.num_features\n"
                "            unbiased = var.ravel() * count / max(count - 1, 1)\n"
                "            self._normalised = (x - _spread(self.running_mean, x.ndim)) * self._inverse_std\n"
                "            self._follow(mean.ravel(), unbiased)\n",
            ),
            edit(
                FILE,
                "            self._normalised = (x - _spread(self.running_mean, x.ndim)) * self._inverse_std\n"
                "        y =",
                "        y =",
            ),
        ),
        source="student-bugs 57",
    ),
    Mistake(
        name="backward_asks_for_the_mode",
        hint="backward uses the current value of training; it should use the mode in which its forward ran.",
        catches=("test_backward_belongs_to_its_forward",),
        changes=(edit(FILE, "        if self._batch_statistics:\n", "        if self.training:\n"),),
        source="student-bugs 67",
    ),
    Mistake(
        name="backward_in_evaluation_as_in_training",
        hint="After a forward in evaluation the statistics do not depend on x: backward multiplies by constants.",
        catches=("test_backward_in_evaluation", "test_train_and_eval_in_turn"),
        changes=(edit(FILE, "        if self._batch_statistics:\n", "        if True:\n"),),
        source="student-bugs 67",
    ),
    Mistake(
        name="evaluation_remembers_nothing",
        hint="backward after a forward in evaluation uses values that an earlier forward in training stored.",
        catches=("test_backward_in_evaluation",),
        changes=(
            edit(
                FILE,
                "            self._inverse_std = 1.0 / np.sqrt(_spread(self.running_var, x.ndim) + self.eps)\n"
                "            self._normalised = (x - _spread(self.running_mean, x.ndim)) * self._inverse_std\n"
                "        y = self._normalised\n",
                "            inverse_std = 1.0 / np.sqrt(_spread(self.running_var, x.ndim) + self.eps)\n"
                "            y = (x - _spread(self.running_mean, x.ndim)) * inverse_std\n"
                '            if not hasattr(self, "_normalised"):\n'
                "                self._normalised, self._inverse_std = np.zeros(x.shape), np.zeros_like(inverse_std)\n"
                "        if self.training:\n"
                "            y = self._normalised\n",
            ),
        ),
        source="student-bugs 67",
    ),
    Mistake(
        name="one_value_a_channel_accepted",
        hint="In training a channel with a single value has no variance: raise ValueError.",
        catches=("test_one_value_a_channel_is_refused_in_training",),
        changes=(
            edit(
                FILE,
                "            if count < 2:\n"
                '                raise ValueError(f"one value per channel in training: x has the shape {x.shape}")\n',
                "            count = max(count, 2)\n",
            ),
        ),
    ),
    Mistake(
        name="batch_of_one_refused_everywhere",
        hint="A batch of one image is refused; if each channel has several pixels, training is possible.",
        catches=("test_batch_of_one_image",),
        changes=(edit(FILE, "            if count < 2:\n", "            if len(x) < 2:\n"),),
    ),
    # gradients
    Mistake(
        name="statistics_taken_for_constants",
        hint="backward treats mean and variance as constants; they depend on x, so the gradient has terms for both.",
        catches=("test_batch_norm_gradient_of_input",),
        changes=(
            edit(
                FILE,
                "return inverse_std * (grad_normalised - through_mean - through_var)",
                "return inverse_std * grad_normalised",
            ),
        ),
        source="student-bugs 61",
    ),
    Mistake(
        name="variance_taken_for_a_constant",
        hint="backward has the term for the mean but not the one for the variance.",
        catches=("test_batch_norm_gradient_of_input",),
        changes=(
            edit(
                FILE,
                "return inverse_std * (grad_normalised - through_mean - through_var)",
                "return inverse_std * (grad_normalised - through_mean)",
            ),
        ),
        source="student-bugs 61",
    ),
    Mistake(
        name="spatial_backward_divides_by_batch_size",
        hint="backward divides sums over a channel by N; the number of values in a channel is N times its pixels.",
        catches=("test_batch_norm_gradient_of_input",),
        changes=(
            edit(
                FILE,
                "grad_input = _normalise_backward(grad, self._normalised, self._inverse_std, self._axes)",
                "pixels = grad[0, 0].size\n"
                "            mean = pixels * grad.mean(axis=self._axes, keepdims=True)\n"
                "            slope = pixels * np.mean(grad * self._normalised, axis=self._axes, keepdims=True)\n"
                "            grad_input = self._inverse_std * (grad - mean - self._normalised * slope)",
            ),
        ),
        source="student-bugs 62",
    ),
    Mistake(
        name="grad_input_without_weight",
        hint="The gradient of x in BatchNorm does not use weight: multiply grad_output by it first.",
        catches=("test_batch_norm_gradient_of_input",),
        changes=(
            edit(
                FILE,
                "            self.bias.accumulate(np.sum(grad, axis=self._axes))\n"
                "            grad = grad * _spread(self.weight.data, grad.ndim)\n",
                "            self.bias.accumulate(np.sum(grad, axis=self._axes))\n",
            ),
        ),
    ),
    Mistake(
        name="parameter_gradients_averaged",
        hint="The gradients of weight and bias in BatchNorm are means over the batch; they should be sums.",
        catches=("test_batch_norm_gradients_of_parameters",),
        changes=(
            edit(
                FILE,
                "self.weight.accumulate(np.sum(grad * self._normalised, axis=self._axes))",
                "self.weight.accumulate(np.mean(grad * self._normalised, axis=self._axes))",
            ),
            edit(
                FILE,
                "self.bias.accumulate(np.sum(grad, axis=self._axes))",
                "self.bias.accumulate(np.mean(grad, axis=self._axes))",
            ),
        ),
        source="student-bugs 7",
    ),
    Mistake(
        name="weight_gradient_from_the_output",
        hint="The gradient of BatchNorm's weight uses the output; it should use the normalised x, before scale and "
        "shift.",
        catches=("test_batch_norm_gradients_of_parameters",),
        changes=(
            edit(
                FILE,
                "self.weight.accumulate(np.sum(grad * self._normalised, axis=self._axes))",
                "output = self._normalised * _spread(self.weight.data, grad.ndim)\n"
                "            output = output + _spread(self.bias.data, grad.ndim)\n"
                "            self.weight.accumulate(np.sum(grad * output, axis=self._axes))",
            ),
        ),
    ),
    Mistake(
        name="parameter_gradients_with_kept_axes",
        hint="The gradients of weight and bias keep axes of size 1; grad should have the shape of data.",
        catches=("test_batch_norm_gradients_of_parameters",),
        changes=(
            edit(
                FILE,
                "self.weight.accumulate(np.sum(grad * self._normalised, axis=self._axes))",
                "self.weight.grad = np.sum(grad * self._normalised, axis=self._axes, keepdims=True)",
            ),
            edit(
                FILE,
                "self.bias.accumulate(np.sum(grad, axis=self._axes))",
                "self.bias.grad = np.sum(grad, axis=self._axes, keepdims=True)",
            ),
        ),
        source="student-bugs 63",
    ),
    Mistake(
        name="gradients_overwritten",
        hint="backward replaces the gradients of weight and bias; it should add to them.",
        catches=("test_gradients_add_up",),
        changes=(
            redefine(
                FILE,
                """
class Parameter(Parameter):
    def accumulate(self, grad):
        self.grad = grad""",
            ),
        ),
        source="student-bugs 1",
    ),
    # layer normalisation
    Mistake(
        name="layer_norm_over_the_batch",
        hint="LayerNorm normalises over the batch; mean and variance should be over the last axes, for each sample.",
        catches=("test_layer_norm_output", "test_samples_do_not_see_each_other"),
        changes=(edit(FILE, "self._axes = tuple(range(leading, x.ndim))", "self._axes = (0,)"),),
        source="student-bugs 65",
    ),
    Mistake(
        name="layer_norm_over_one_axis_only",
        hint="LayerNorm normalises over the last axis only; it should use as many axes as normalized_shape has.",
        catches=("test_layer_norm_output",),
        changes=(edit(FILE, "self._axes = tuple(range(leading, x.ndim))", "self._axes = (x.ndim - 1,)"),),
        source="student-bugs 65",
    ),
    Mistake(
        name="annotated_transformer_layer_norm",
        hint="The divisor is the unbiased std plus eps; it should be the root of the biased variance plus eps.",
        catches=("test_layer_norm_output",),
        changes=(
            edit(
                FILE,
                "        self._normalised, self._inverse_std, _, _ = _normalise(x, self._axes, self.eps)\n"
                "        y = self._normalised\n",
                "        wide = x.astype(np.float64)\n"
                "        std = wide.std(axis=self._axes, keepdims=True, ddof=1)\n"
                "        self._inverse_std = 1.0 / (std + self.eps)\n"
                "        self._normalised = (wide - wide.mean(axis=self._axes, keepdims=True)) * self._inverse_std\n"
                "        y = self._normalised\n",
            ),
        ),
        source="correct-alternatives 18",
    ),
    Mistake(
        name="layer_norm_gradients_summed_over_first_axis",
        hint="LayerNorm's weight gradient is summed over the first axis only: sum over all axes before "
        "normalized_shape.",
        catches=("test_layer_norm_gradients",),
        changes=(
            edit(
                FILE,
                "self.weight.accumulate(np.sum(grad * self._normalised, axis=self._leading_axes))",
                "self.weight.grad = np.sum(grad * self._normalised, axis=0)",
            ),
            edit(
                FILE,
                "self.bias.accumulate(np.sum(grad, axis=self._leading_axes))",
                "self.bias.grad = np.sum(grad, axis=0)",
            ),
        ),
        source="student-bugs 63",
    ),
    # group normalisation
    Mistake(
        name="group_norm_interleaved",
        hint="GroupNorm puts every num_groups-th channel into a group; a group should consist of neighbouring "
        "channels.",
        catches=("test_group_norm_output",),
        changes=(
            edit(
                FILE,
                "        grouped = x.reshape(len(x), self.num_groups, -1)  # (N, G, C/G * H * W)\n",
                "        self._order = np.arange(self.num_channels).reshape(-1, self.num_groups).T.ravel()\n"
                "        grouped = x[:, self._order].reshape(len(x), self.num_groups, -1)\n",
            ),
            edit(
                FILE,
                "        y = self._normalised.reshape(x.shape)\n",
                "        y = self._normalised.reshape(x.shape)[:, np.argsort(self._order)]\n",
            ),
            edit(
                FILE,
                "self.weight.accumulate(np.sum(grad * self._normalised.reshape(grad.shape), axis=others))",
                "normalised = self._normalised.reshape(grad.shape)[:, np.argsort(self._order)]\n"
                "            self.weight.accumulate(np.sum(grad * normalised, axis=others))",
            ),
            edit(
                FILE,
                "grouped = grad.reshape(self._normalised.shape)",
                "grouped = grad[:, self._order].reshape(self._normalised.shape)",
            ),
            edit(
                FILE,
                "return grad_input.reshape(grad_output.shape).astype(self._dtype)",
                "return grad_input.reshape(grad_output.shape)[:, np.argsort(self._order)].astype(self._dtype)",
            ),
        ),
        source="student-bugs 64",
    ),
    Mistake(
        name="group_norm_over_channels_only",
        hint="GroupNorm has statistics for each pixel; they should be over the group's channels and all pixels "
        "together.",
        catches=("test_group_norm_output",),
        changes=(
            edit(
                FILE,
                "grouped = x.reshape(len(x), self.num_groups, -1)  # (N, G, C/G * H * W)\n"
                "        self._normalised, self._inverse_std, _, _ = _normalise(grouped, (2,), self.eps)",
                "grouped = x.reshape(len(x), self.num_groups, self.num_channels // self.num_groups, -1)\n"
                "        self._normalised, self._inverse_std, _, _ = _normalise(grouped, (2,), self.eps)",
            ),
        ),
    ),
    Mistake(
        name="group_norm_over_each_channel",
        hint="GroupNorm normalises each channel alone; the channels of a group should share mean and variance.",
        catches=("test_group_norm_output", "test_one_group_is_layer_norm_and_six_are_single_channels"),
        changes=(
            edit(
                FILE,
                "grouped = x.reshape(len(x), self.num_groups, -1)  # (N, G, C/G * H * W)\n",
                "grouped = x.reshape(len(x), self.num_channels, -1)\n",
            ),
        ),
    ),
    Mistake(
        name="groups_counted_as_their_size",
        hint="num_groups is used as the number of channels in a group; it should be the number of groups.",
        catches=("test_group_norm_output", "test_one_group_is_layer_norm_and_six_are_single_channels"),
        changes=(
            edit(
                FILE,
                "grouped = x.reshape(len(x), self.num_groups, -1)  # (N, G, C/G * H * W)\n",
                "grouped = x.reshape(len(x), self.num_channels // self.num_groups, -1)\n",
            ),
        ),
    ),
    Mistake(
        name="group_norm_backward_over_all_channels",
        hint="GroupNorm's backward averages over all channels of a sample; it should average within each group.",
        catches=("test_group_norm_gradients",),
        changes=(
            edit(
                FILE,
                "grad_input = _normalise_backward(grouped, self._normalised, self._inverse_std, (2,))",
                "grad_input = _normalise_backward(grouped, self._normalised, self._inverse_std, (1, 2))",
            ),
        ),
    ),
    Mistake(
        name="group_norm_weight_a_group",
        hint="GroupNorm has a weight and a bias for each group; it should have them for each channel.",
        catches=("test_new_layers_scale_by_one_and_shift_by_zero",),
        changes=(
            edit(
                FILE,
                "self.weight = Parameter(np.ones(num_channels)) if affine else None",
                "self.weight = Parameter(np.ones(num_groups)) if affine else None",
            ),
            edit(
                FILE,
                "self.bias = Parameter(np.zeros(num_channels)) if affine else None",
                "self.bias = Parameter(np.zeros(num_groups)) if affine else None",
            ),
        ),
    ),
    # what holds for all of them
    Mistake(
        name="float32_becomes_float64",
        hint="For x in float32 the result is float64, because the weights are float64: convert y and grad_input back.",
        catches=("test_float32_in_float32_out",),
        changes=(
            redefine(
                FILE,
                """
def _widened(cls):
    forward = cls.forward

    def widened_forward(self, x):
        y = forward(self, x.astype(np.float64))
        return y

    cls.forward = widened_forward


for _layer in (BatchNorm, LayerNorm, GroupNorm):
    _widened(_layer)""",
            ),
        ),
        source="student-bugs 49",
    ),
    Mistake(
        name="affine_ignored",
        hint="The layer has weight and bias although it was made without them: they should be None.",
        catches=("test_without_weight_and_bias",),
        changes=(
            edit(
                FILE,
                "self.weight = Parameter(np.ones(num_features)) if affine else None",
                "self.weight = Parameter(np.ones(num_features))",
            ),
            edit(
                FILE,
                "self.bias = Parameter(np.zeros(num_features)) if affine else None",
                "self.bias = Parameter(np.zeros(num_features))",
            ),
        ),
    ),
    Mistake(
        name="shapes_unchecked",
        hint="An x of another shape is broadcast: compare its shape with the layer's and raise ValueError.",
        catches=("test_wrong_shapes_are_refused",),
        changes=(
            edit(
                FILE,
                "        if leading < 0 or x.shape[leading:] != self.normalized_shape:\n",
                "        if leading < 0:\n",
            ),
            edit(
                FILE,
                "        if x.ndim not in self.numbers_of_axes or x.shape[1] != self.num_features:\n",
                "        if x.ndim < 2:\n",
            ),
        ),
    ),
    Mistake(
        name="input_centred_in_place",
        hint="forward subtracts the mean from the caller's array (x -= mean): work on a copy.",
        catches=("test_arguments_are_left_alone",),
        changes=(
            edit(
                FILE,
                "    centred = wide - mean  # E[x^2] - E[x]^2 would lose every digit where the mean is large\n",
                "    x -= mean.astype(x.dtype)\n    centred = wide - mean\n",
            ),
        ),
        source="student-bugs 26",
    ),
    Mistake(
        name="grad_output_scaled_in_place",
        hint="backward multiplies the caller's grad_output in place (grad_output *= weight): work on a copy.",
        catches=("test_arguments_are_left_alone",),
        changes=(
            edit(
                FILE,
                "            self.bias.accumulate(np.sum(grad, axis=self._leading_axes))\n",
                "            self.bias.accumulate(np.sum(grad, axis=self._leading_axes))\n"
                "            grad_output *= self.weight.data\n",
            ),
        ),
        source="student-bugs 13",
    ),
]
