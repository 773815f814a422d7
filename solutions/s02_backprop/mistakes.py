"""Wrong layers, losses and gradient checks that students write, the tests that each exists for, and its hint."""

from autograder.course.mistakes import Mistake, edit

NN, FUNCTIONAL, GRADCHECK = "scratch/nn.py", "scratch/functional.py", "scratch/gradcheck.py"

# lines of the reference that several mistakes change
ADDED = "grad.copy() if self.grad is None else self.grad + grad"
DRAWN = "generator.uniform(-bound, bound, (out_features, in_features))"
RELU_GRAD = "return np.where(self._positive, grad_output, 0.0)"
SHIFT = "largest = x.max(axis=axis, keepdims=True)"
LOG_SOFTMAX = "return x - logsumexp(x, axis=axis, keepdims=True)"
AGREE = "np.all(np.abs(analytic - numeric) <= allowed)"
MSE = "float(np.mean(self._difference**2))"
BCE = "losses = np.maximum(input, 0.0) - input * target + np.log1p(np.exp(-np.abs(input)))"
CE = "self._log_probabilities = functional.log_softmax(input, axis=1)"
OF_TARGET = "self._log_probabilities[np.arange(len(target)), self._classes]"
CAPS = {  # as public courses write it; the gradient is taken from softmax
    "by_adding_1e_7": "{p} + 1e-7",
    "by_clipping_at_1e_7": "np.clip({p}, 1e-7, 1 - 1e-7)",
    "at_1e_8": "{p} + 1e-8",
    "at_1e_10": "{p} + 1e-10",
    "at_1e_12": "np.clip({p}, 1e-12, 1.0)",
    "at_1e_15": "np.clip({p}, 1e-15, 1.0)",
}

MISTAKES = [
    Mistake(
        "parameter_overwrites_its_gradient",
        "Only the last gradient is kept: a second backward should add to grad, not replace it.",
        ("test_parameter_adds_gradients_up", "test_two_backward_calls_add_up"),
        (edit(NN, ADDED, "grad.copy()"),),
        "student-bugs 1",
    ),
    Mistake(
        "parameter_adopts_the_callers_array",
        "The first gradient is kept without a copy and later changed in place, which changes the caller's array.",
        ("test_parameter_keeps_its_own_gradient",),
        (edit(NN, ADDED, "grad if self.grad is None else np.add(self.grad, grad, out=self.grad)"),),
        "student-bugs 14",
    ),
    Mistake(
        "parameter_takes_any_shape",
        "A gradient of another shape is broadcast: accumulate should compare its shape with that of data.",
        ("test_parameter_keeps_its_own_gradient",),
        (edit(NN, "if grad.shape != self.data.shape:", "if False:"),),
        "student-bugs 4",
    ),
    Mistake(
        "module_misses_dicts",
        "Modules in dicts were not found; modules in lists and tuples were.",
        ("test_module_finds_parameters", "test_zero_grad_starts_anew"),
        (edit(NN, "elif isinstance(value, dict):", "elif isinstance(value, set):"),),
        "student-bugs 66",
    ),
    Mistake(
        "module_misses_tuples",
        "Modules in tuples were not found; modules in lists and dicts were.",
        ("test_module_finds_parameters", "test_zero_grad_starts_anew"),
        (edit(NN, "isinstance(value, list | tuple)", "isinstance(value, list)"),),
        "student-bugs 66",
    ),
    Mistake(
        "module_yields_shared_parameters_twice",
        "A parameter that can be reached in two ways was yielded twice; an optimiser would update it twice.",
        ("test_shared_parameters_are_yielded_once",),
        (edit(NN, "isinstance(found, Parameter) and id(found) not in seen:", "isinstance(found, Parameter):"),),
        "correct-alternatives 29",
    ),
    Mistake(
        "train_stops_at_the_top",
        "Only the module itself changed its mode; all modules inside it, at any depth, should change too.",
        ("test_train_and_eval_reach_every_module",),
        (edit(NN, "for module in self.modules():", "for module in [self]:"),),
        "student-bugs 66",
    ),
    Mistake(
        "zero_grad_stops_at_the_top",
        "Only the module's own gradients were removed; the modules inside it kept theirs.",
        ("test_zero_grad_starts_anew", "test_training_curve"),
        (
            edit(
                NN,
                "for parameter in self.parameters():",
                "for parameter in [v for v in vars(self).values() if isinstance(v, Parameter)]:",
            ),
        ),
        "student-bugs 15",
    ),
    Mistake(
        "linear_averages_its_gradients",
        "Weight and bias gradients are divided by the number of rows. The loss is already a mean; layers sum.",
        ("test_linear_gradients_agree_with_slopes", "test_a_repeated_batch_gives_the_same_steps"),
        (
            edit(NN, "accumulate(grad_rows.T @ rows)", "accumulate(grad_rows.T @ rows / len(rows))"),
            edit(NN, "grad_rows.sum(axis=0)", "grad_rows.mean(axis=0)"),
        ),
        "student-bugs 7",
    ),
    Mistake(
        "linear_bias_gradient_over_everything",
        "Each entry of the bias gradient is the sum over all outputs: sum over the leading axes only.",
        ("test_linear_over_leading_axes",),
        (edit(NN, "grad_rows.sum(axis=0)", "np.full(grad_rows.shape[1], grad_rows.sum())"),),
        "student-bugs 5",
    ),
    Mistake(
        "linear_two_axes_only",
        "The weight gradient is right for one leading axis only: sum over all leading axes.",
        ("test_linear_over_leading_axes",),
        (edit(NN, "accumulate(grad_rows.T @ rows)", "accumulate(grad_output.T @ self._x)"),),
        "student-bugs 17",
    ),
    Mistake(
        "linear_always_has_a_bias",
        "The layer has a bias although bias=False was given.",
        ("test_linear_without_bias",),
        (edit(NN, "generator.uniform(-bound, bound, out_features)) if bias else None", "np.zeros(out_features))"),),
    ),
    Mistake(
        "linear_returns_no_input_gradient",
        "The gradient of the input is 0 everywhere, so the layers before this one do not learn.",
        ("test_linear_gradients_agree_with_slopes", "test_mlp_gradients"),
        (edit(NN, "return grad_output @ self.weight.data", "return np.zeros(self._x.shape)"),),
        "student-bugs 9",
    ),
    Mistake(
        "linear_remembers_its_first_input",
        "The weight gradient uses the input of the first forward; it should use the input of the last one.",
        ("test_backward_belongs_to_the_last_forward",),
        (edit(NN, "        self._x = x\n", '        self._x = getattr(self, "_x", x)\n'),),
    ),
    Mistake(
        "linear_starts_at_zero",
        "All weights start at 0: every unit of a layer then computes the same and learns the same.",
        ("test_initial_weights",),
        (edit(NN, DRAWN, "np.zeros((out_features, in_features))"),),
    ),
    Mistake(
        "linear_starts_unscaled",
        "Initial weights are larger than 1/sqrt(in_features): do they come from a standard normal distribution?",
        ("test_initial_weights",),
        (edit(NN, DRAWN, "generator.standard_normal((out_features, in_features))"),),
    ),
    Mistake(
        "linear_starts_every_layer_alike",
        "Two layers start with the same weights: does each constructor make a generator with a fixed seed?",
        ("test_initial_weights",),
        (edit(NN, "np.random.default_rng() if rng is None else rng", "np.random.default_rng(0)"),),
        "student-bugs 76",
    ),
    Mistake(
        "relu_clears_its_input",
        "ReLU.forward sets the negative entries of the caller's array to 0: work on a new array.",
        ("test_layers_leave_their_inputs_alone",),
        (edit(NN, "return np.where(self._positive, x, 0.0)", "x[x < 0] = 0.0\n        return x"),),
        "student-bugs 12",
    ),
    Mistake(
        "relu_clears_the_upstream_gradient",
        "ReLU.backward sets entries of the caller's grad_output to 0: work on a new array.",
        ("test_layers_leave_their_inputs_alone",),
        (edit(NN, RELU_GRAD, "grad_output[~self._positive] = 0.0\n        return grad_output"),),
        "student-bugs 13",
    ),
    Mistake(
        "relu_masks_by_the_gradient",
        "ReLU.backward keeps the positive gradients; it should keep those where the input was positive.",
        ("test_activation_values",),
        (edit(NN, "np.where(self._positive, grad_output, 0.0)", "np.maximum(grad_output, 0.0)"),),
    ),
    Mistake(
        "sigmoid_derivative_of_the_output",
        "The derivative applies sigmoid to sigmoid(x) again: with y = sigmoid(x) it is y (1 - y).",
        ("test_activation_values",),
        (
            edit(
                NN,
                "        return grad_output * self._y * (1.0 - self._y)",
                "        s = functional.sigmoid(self._y)\n        return grad_output * s * (1.0 - s)",
            ),
        ),
        "student-bugs 10",
    ),
    Mistake(
        "sigmoid_overflows",
        "exp(x) overflows for large x, and inf/inf is nan: choose a form whose exponential stays small.",
        ("test_activations_of_extreme_inputs",),
        (edit(FUNCTIONAL, "np.exp(-np.logaddexp(0.0, -x))", "np.exp(x) / (1.0 + np.exp(x))"),),
        "student-bugs 34",
    ),
    Mistake(
        "tanh_overflows",
        "exp(x) and exp(-x) overflow for large |x|, and inf/inf is nan: numpy has a tanh that does not overflow.",
        ("test_activations_of_extreme_inputs",),
        (edit(NN, "np.tanh(x)", "(np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))"),),
        "student-bugs 33",
    ),
    Mistake(
        "softmax_without_shift",
        "exp overflows for large logits, and for very negative ones the sum is 0: subtract the largest entry first.",
        ("test_softmax_of_extreme_logits",),
        (edit(FUNCTIONAL, SHIFT, "largest = np.zeros(())"),),
        "student-bugs 19",
    ),
    Mistake(
        "softmax_shifts_by_the_largest_of_all",
        "One shift for the whole array: a row far below the largest entry becomes log(0). Shift each slice by its own.",
        ("test_softmax_of_extreme_logits",),
        (edit(FUNCTIONAL, SHIFT, "largest = x.max()"),),
        "student-bugs 20",
    ),
    Mistake(
        "log_of_softmax",
        "The logarithm is taken of a probability that was rounded to 0: subtract logsumexp from the logits instead.",
        ("test_softmax_of_extreme_logits",),
        (edit(FUNCTIONAL, LOG_SOFTMAX, "return np.log(np.exp(x - logsumexp(x, axis=axis, keepdims=True)))"),),
        "student-bugs 21",
    ),
    Mistake(
        "softmax_by_columns",
        "The sum is over axis 0 by default, so the columns add up to 1, not the rows.",
        ("test_softmax_over_an_axis",),
        (
            edit(FUNCTIONAL, "def log_softmax(x: Array, axis: int = -1)", "def log_softmax(x: Array, axis: int = 0)"),
            edit(FUNCTIONAL, "def softmax(x: Array, axis: int = -1)", "def softmax(x: Array, axis: int = 0)"),
        ),
        "student-bugs 22",
    ),
    Mistake(
        "softmax_ignores_the_axis",
        "The sum is over the last axis for every value of the argument axis.",
        ("test_softmax_over_an_axis",),
        (edit(FUNCTIONAL, LOG_SOFTMAX, "return x - logsumexp(x, keepdims=True)"),),
        "student-bugs 22",
    ),
    Mistake(
        "log_softmax_edits_the_logits",
        "The largest entry is subtracted in place, which changes the caller's logits.",
        ("test_losses_leave_their_inputs_alone",),
        (
            edit(
                FUNCTIONAL, LOG_SOFTMAX, "x -= x.max(axis=axis, keepdims=True)\n    return x - logsumexp(x, axis, True)"
            ),
        ),
        "student-bugs 26",
    ),
    Mistake(
        "mse_halved",
        "The loss is half the mean of the squares: PyTorch's MSELoss has no factor 1/2.",
        ("test_mse_values",),
        (
            edit(NN, MSE, "float(np.mean(self._difference**2) / 2)"),
            edit(NN, "return 2.0 * self._difference", "return self._difference"),
        ),
        "student-bugs 25",
    ),
    Mistake(
        "mse_averages_over_rows_only",
        "The sum is divided by the number of rows: divide by the number of elements.",
        ("test_mse_values",),
        (
            edit(NN, MSE, "float(np.sum(self._difference**2) / len(input))"),
            edit(NN, "/ self._difference.size", "/ len(self._difference)"),
        ),
        "student-bugs 25",
    ),
    Mistake(
        "mse_gradient_of_half_the_sum",
        "The gradient is input - target: the 2 of the square's derivative and the division by the number of elements "
        "are missing.",
        ("test_mse_values",),
        (edit(NN, "return 2.0 * self._difference / self._difference.size", "return self._difference.copy()"),),
        "public courses",
    ),
    Mistake(
        "mse_gradient_of_the_sum",
        "The loss is a mean, but the gradient is that of the sum.",
        ("test_mse_values", "test_a_repeated_batch_gives_the_same_steps"),
        (edit(NN, " / self._difference.size", ""),),
        "student-bugs 24",
    ),
    Mistake(
        "losses_broadcast",
        "A target of another shape was accepted: (N,) against (N, 1) becomes (N, N), and the mean hides it.",
        ("test_losses_refuse_broadcasting",),
        (edit(NN, "if target.shape != shape:", "if False:"),),
        "student-bugs 27",
    ),
    Mistake(
        "bce_takes_logarithms_of_probabilities",
        "log(sigmoid(x)) is -inf when sigmoid(x) is rounded to 0: write the loss in terms of the logits.",
        ("test_bce_of_extreme_logits",),
        (
            edit(
                NN,
                BCE,
                "p = functional.sigmoid(input)\n        losses = -target * np.log(p) - (1 - target) * np.log(1 - p)",
            ),
        ),
        "student-bugs 21",
    ),
    Mistake(
        "bce_gradient_with_sigmoid_derivative",
        "The gradient has one factor too many, the derivative of the sigmoid: with respect to the logits it cancels.",
        ("test_bce_values",),
        (
            edit(
                NN,
                "return (functional.sigmoid(self._input) - self._target)",
                "p = functional.sigmoid(self._input)\n        return (p - self._target) * p * (1.0 - p)",
            ),
        ),
        "student-bugs 23",
    ),
    Mistake(
        "cross_entropy_gradient_of_the_sum",
        "The loss is a mean over the rows, but the gradient is that of the sum.",
        ("test_cross_entropy_values",),
        (edit(NN, "return grad / max(self._counted.sum(), 1)", "return grad"),),
        "student-bugs 24",
    ),
    Mistake(
        "cross_entropy_of_probabilities",
        "Softmax was applied twice: the loss expects logits, and so does log_softmax.",
        ("test_cross_entropy_values",),
        (edit(NN, "log_softmax(input, axis=1)", "log_softmax(functional.softmax(input))"),),
        "student-bugs 23",
    ),
    Mistake(
        "cross_entropy_caps_the_loss",
        "A small number is added to the probability before the logarithm, which limits the loss: use log_softmax.",
        ("test_cross_entropy_of_extreme_logits",),
        (edit(NN, CE, "self._log_probabilities = np.log(functional.softmax(input) + 1e-7)"),),
        "student-bugs 21",
    ),
    *(
        Mistake(
            f"cross_entropy_caps_the_loss_only_{name}",
            "The probability is clipped, or has a small number added, before the logarithm: this limits the loss. Use "
            "log_softmax.",
            ("test_cross_entropy_of_extreme_logits",),
            (
                edit(NN, CE, f"{CE}\n        capped = np.log({capped.format(p='functional.softmax(input)')})"),
                edit(NN, OF_TARGET, OF_TARGET.replace("self._log_probabilities", "capped")),
            ),
            "public courses",
        )
        for name, capped in CAPS.items()
    ),
    Mistake(
        "cross_entropy_multiplies_zero_by_infinity",
        "The one-hot target is multiplied by the logarithm of a probability of 0: 0 * -inf is NaN. Use log_softmax and "
        "take the entry of the target.",
        ("test_cross_entropy_of_extreme_logits",),
        (
            edit(NN, CE, "self._log_probabilities = np.log(functional.softmax(input))"),
            edit(NN, OF_TARGET, "(np.eye(input.shape[1])[self._classes] * self._log_probabilities).sum(axis=1)"),
        ),
        "public courses",
    ),
    Mistake(
        "cross_entropy_divides_by_all_rows",
        "The mean is taken over all rows: rows with ignore_index do not count.",
        ("test_cross_entropy_ignores_an_index",),
        (
            edit(NN, "/ max(self._counted.sum(), 1))", "/ len(target))"),
            edit(NN, "return grad / max(self._counted.sum(), 1)", "return grad / len(grad)"),
        ),
        "student-bugs 29",
    ),
    Mistake(
        "cross_entropy_keeps_ignored_gradients",
        "Rows with ignore_index do not count in the loss but still have a gradient.",
        ("test_cross_entropy_ignores_an_index",),
        (edit(NN, "        grad[~self._counted] = 0.0\n", ""),),
        "student-bugs 28",
    ),
    Mistake(
        "cross_entropy_of_nothing_is_nan",
        "When every row is ignored the loss is 0/0: it should be 0, with a gradient of 0.",
        ("test_cross_entropy_ignores_an_index",),
        (edit(NN, "/ max(self._counted.sum(), 1))", "/ self._counted.sum())"),),
        "student-bugs 30",
    ),
    Mistake(
        "sequential_backward_in_forward_order",
        "backward goes through the layers from first to last: the chain rule starts at the last layer.",
        ("test_sequential_runs_backward_in_reverse",),
        (edit(NN, "for layer in reversed(self.layers):", "for layer in self.layers:"),),
    ),
    Mistake(
        "mlp_shares_one_activation",
        "One activation object is used in all places and stores only its last forward: make a new one for each place.",
        ("test_mlp_gradients",),
        (
            edit(
                NN,
                "        layers: list[Module] = []\n",
                "        layers: list[Module] = []\n        shared = activation()\n",
            ),
            edit(NN, "rng=rng), activation()]", "rng=rng), shared]"),
        ),
    ),
    Mistake(
        "mlp_activation_at_the_end",
        "There is an activation after the last Linear layer, which limits the range of the outputs.",
        ("test_mlp_has_the_layers_asked_for", "test_mlp_gradients"),
        (edit(NN, "super().__init__(*layers[:-1])", "super().__init__(*layers)"),),
    ),
    Mistake(
        "numerical_gradient_one_sided",
        "The error is of order eps, not eps squared: take the difference of both sides, x + eps and x - eps.",
        ("test_numerical_gradient_values",),
        (edit(GRADCHECK, "for step in (eps, -eps):", "for step in (2.0 * eps, 0.0):"),),
    ),
    Mistake(
        "numerical_gradient_of_integers",
        "In an array of integers the steps are rounded to 0: make a float64 copy of x first.",
        ("test_numerical_gradient_values",),
        (
            edit(GRADCHECK, "point = np.array(x, dtype=np.float64)", "point = np.array(x)"),
            edit(GRADCHECK, "grad = np.empty_like(point)", "grad = np.empty(point.shape)"),
        ),
        "student-bugs 87",
    ),
    Mistake(
        "gradcheck_with_ones",
        "grad_output is all ones, so a backward that ignores its argument is accepted: make it random.",
        ("test_gradcheck_rejects",),
        (
            edit(
                GRADCHECK,
                "generator.standard_normal(np.shape(module(x.copy())))",
                "np.ones(np.shape(module(x.copy())))",
            ),
        ),
        "holes 1",
    ),
    Mistake(
        "gradcheck_of_parameters_only",
        "The gradient with respect to the input is not checked, so a wrong one is accepted.",
        ("test_gradcheck_rejects",),
        (edit(GRADCHECK, "    checked = [(", "    checked = []\n    unchecked = [("),),
        "student-bugs 9",
    ),
    Mistake(
        "gradcheck_blind_to_nan",
        "A gradient of nan is accepted: every comparison with nan is False, also the one that should reject it.",
        ("test_gradcheck_rejects",),
        (edit(GRADCHECK, AGREE, "not np.any(np.abs(analytic - numeric) > allowed)"),),
    ),
    Mistake(
        "gradcheck_with_an_absolute_tolerance",
        "Small gradients are accepted whatever their values are: allow an error relative to their size.",
        ("test_gradcheck_rejects",),
        (edit(GRADCHECK, "allowed = atol + rtol * np.abs(numeric).max(initial=0.0)", "allowed = 1e-2"),),
    ),
    Mistake(
        "gradcheck_relative_to_each_entry",
        "Correct gradients of 0 are rejected: 0/0 is nan when the error is divided by them. Allow an absolute error "
        "too.",
        ("test_gradcheck_accepts",),
        (edit(GRADCHECK, AGREE, "np.all(np.abs(analytic - numeric) / np.abs(numeric) <= 1e-3)"),),
    ),
    Mistake(
        "gradcheck_broadcasts",
        "A gradient of another shape is accepted because numpy broadcasts it: compare the shapes first.",
        ("test_gradcheck_rejects",),
        (edit(GRADCHECK, "if analytic is None or np.shape(analytic) != numeric.shape:", "if analytic is None:"),),
    ),
    Mistake(
        "gradcheck_compares_lengths",
        "Only the lengths of the two gradients are compared, so one with another direction is accepted.",
        ("test_gradcheck_rejects",),
        (edit(GRADCHECK, AGREE, "abs(np.linalg.norm(analytic) - np.linalg.norm(numeric)) <= allowed"),),
    ),
    Mistake(
        "gradcheck_samples_the_first_entries",
        "Only the first entries are compared, so a bug in the last one is accepted: compare all.",
        ("test_gradcheck_rejects",),
        (edit(GRADCHECK, AGREE, "np.all((np.abs(analytic - numeric) <= allowed).ravel()[:3])"),),
        "holes 9",
    ),
    Mistake(
        "gradcheck_skips_absent_gradients",
        "A parameter whose grad stays None is skipped: it should be rejected.",
        ("test_gradcheck_rejects",),
        (edit(GRADCHECK, "return False", "return analytic is None"),),
    ),
    Mistake(
        "gradcheck_keeps_old_gradients",
        "Gradients from an earlier backward are added to those that are compared: call zero_grad first.",
        ("test_gradcheck_accepts",),
        (edit(GRADCHECK, "    module.zero_grad()\n", ""),),
        "student-bugs 15",
    ),
    Mistake(
        "gradcheck_leaves_a_step_behind",
        "After the check the parameters are still changed by eps: restore the old values.",
        ("test_gradcheck_leaves_the_module_as_it_was",),
        (edit(GRADCHECK, "        parameter.data = original\n", ""),),
    ),
    Mistake(
        "gradcheck_with_its_own_step",
        "gradcheck does not pass eps on: the step of the central differences should be the one that it is given.",
        ("test_gradcheck_uses_its_arguments",),
        (
            edit(GRADCHECK, "* grad_output)), x, eps=eps))]", "* grad_output)), x))]"),
            edit(
                GRADCHECK, "numerical_gradient(objective, original, eps=eps)", "numerical_gradient(objective, original)"
            ),
        ),
    ),
    Mistake(
        "gradcheck_needs_a_generator",
        "gradcheck fails where no rng is given: it should then make a generator of its own.",
        ("test_gradcheck_uses_its_arguments",),
        (edit(GRADCHECK, "generator = np.random.default_rng() if rng is None else rng", "generator = rng"),),
    ),
    Mistake(
        "mlp_ignores_its_generator",
        "MLP does not pass rng on to its Linear layers, so the same seed gives other weights each time.",
        ("test_initial_weights",),
        (
            edit(
                NN,
                "[Linear(sizes[i - 1], sizes[i], rng=rng), activation()]",
                "[Linear(sizes[i - 1], sizes[i]), activation()]",
            ),
        ),
    ),
    Mistake(
        "parameter_keeps_integers",
        "A Parameter made of integers stays an integer array: steps of training would be cut off to whole numbers.",
        ("test_parameter_keeps_its_own_gradient",),
        (edit(NN, "values if np.issubdtype(values.dtype, np.floating) else values.astype(np.float64)", "values"),),
    ),
]
