"""Wrong regularisation that students write, the tests that each piece exists for, and its hint."""

from autograder.course.mistakes import Mistake, edit, redefine

FILE = "scratch/regularisation.py"

DRAWN = "        kept = self.rng.random(shape) >= self.p  # random() is in [0, 1): p = 0 keeps all\n"
SCALED = "return kept / (1.0 - self.p)"
ONE_OFF = "self._factor = self._draw(x.shape) if self.training else None"
FORWARD = "return x if self._factor is None else x * self._factor"
BACKWARD = "return grad_output if self._factor is None else grad_output * self._factor"
OF_IMAGES = "return super()._draw((*shape[:2], 1, 1))"
L2_VALUE = "return 0.5 * self.strength * sum(float(np.sum(param.data**2)) for param in self.params)"
L2_GRAD = "param.accumulate(self.strength * param.data)"
L1_VALUE = "return self.strength * sum(float(np.sum(np.abs(param.data))) for param in self.params)"
L1_GRAD = "param.accumulate(self.strength * np.sign(param.data))"
TARGETS = "self._target = (1.0 - self.label_smoothing) * hard + self.label_smoothing / classes"
LOSS = "return float(losses[self._counted].sum() / max(self._counted.sum(), 1))"
LOSS_GRAD = "return grad * self._counted[..., None] / max(self._counted.sum(), 1)"

MISTAKES = [
    # dropout
    Mistake(
        name="kept_not_scaled",
        hint="The kept elements are not scaled: divide them by 1 - p, or the expectation becomes smaller.",
        catches=("test_scale",),
        changes=(edit(FILE, SCALED, "return kept * 1.0"),),
        source="student-bugs 69",
    ),
    Mistake(
        name="scaled_by_p",
        hint="The kept elements are divided by p, the probability of dropping: divide by that of keeping, 1 - p.",
        catches=("test_scale", "test_network_with_everything"),
        changes=(edit(FILE, SCALED, "return kept / max(self.p, 1e-12)"),),
        source="student-bugs 69",
    ),
    Mistake(
        name="p_taken_for_keeping",
        hint="p is used as the probability of keeping; it is the probability of dropping.",
        catches=("test_keep_rate", "test_p_of_zero_drops_nothing"),
        changes=(
            edit(
                FILE,
                "        if self.p == 1.0:\n",
                "        if self.p == 0.0:\n",
            ),
            edit(FILE, DRAWN, "        kept = self.rng.random(shape) < self.p\n"),
            edit(FILE, SCALED, "return kept / self.p"),
        ),
        source="student-bugs 71",
    ),
    Mistake(
        name="scaled_twice",
        hint="The kept elements are divided by 1 - p twice.",
        catches=("test_scale",),
        changes=(edit(FILE, SCALED, "return kept / (1.0 - self.p) ** 2"),),
        source="student-bugs 70",
    ),
    Mistake(
        name="scaled_in_evaluation_too",
        hint="In evaluation x is multiplied by 1 - p; training has already scaled, so y should be x.",
        catches=("test_evaluation_is_the_identity",),
        changes=(edit(FILE, FORWARD, "return x * (1.0 - self.p) if self._factor is None else x * self._factor"),),
        source="student-bugs 70",
    ),
    Mistake(
        name="scaled_in_evaluation_instead",
        hint="x is scaled in evaluation; inverted dropout scales in training and changes nothing in evaluation.",
        catches=("test_evaluation_is_the_identity", "test_scale"),
        changes=(
            edit(FILE, SCALED, "return kept * 1.0"),
            edit(FILE, ONE_OFF, "self._factor = self._draw(x.shape) if self.training else np.array(1.0 - self.p)"),
        ),
        source="correct-alternatives 9",
    ),
    Mistake(
        name="active_in_evaluation",
        hint="Elements are dropped in evaluation too: use the attribute training.",
        catches=("test_evaluation_is_the_identity",),
        changes=(edit(FILE, ONE_OFF, "self._factor = self._draw(x.shape)"),),
        source="student-bugs 72",
    ),
    Mistake(
        name="dropout_backward_asks_for_the_mode",
        hint="backward uses the current value of training; it should use the mode in which its forward ran.",
        catches=("test_backward_belongs_to_its_forward",),
        changes=(
            edit(FILE, BACKWARD, "return grad_output * self._factor if self.training else grad_output"),
            edit(
                FILE,
                ONE_OFF,
                "self._factor = self._draw(x.shape) if self.training else np.array(1.0)",
            ),
        ),
    ),
    Mistake(
        name="fresh_mask_in_backward",
        hint="backward draws its own mask; it must use the mask of forward.",
        catches=("test_backward_has_the_mask_of_forward",),
        changes=(
            edit(
                FILE,
                BACKWARD,
                "return grad_output if self._factor is None else grad_output * self._draw(grad_output.shape)",
            ),
        ),
        source="student-bugs 73",
    ),
    Mistake(
        name="backward_without_scale",
        hint="backward drops the right elements but does not divide the others by 1 - p.",
        catches=("test_backward_has_the_mask_of_forward",),
        changes=(
            edit(FILE, BACKWARD, "return grad_output if self._factor is None else grad_output * (self._factor > 0)"),
        ),
    ),
    Mistake(
        name="backward_hands_everything_on",
        hint="backward returns grad_output unchanged: multiply it by the mask and the scale of forward.",
        catches=("test_backward_has_the_mask_of_forward",),
        changes=(edit(FILE, BACKWARD, "return grad_output + 0.0"),),
    ),
    Mistake(
        name="mask_shared_by_the_batch",
        hint="All samples have the same mask: draw a mask of the shape of x, not of a single sample.",
        catches=("test_each_element_is_drawn_alone",),
        changes=(
            edit(
                FILE,
                DRAWN,
                "        alike = (1, *shape[1:]) if type(self) is Dropout and len(shape) > 1 else shape\n"
                "        kept = (self.rng.random(alike) >= self.p) & np.ones(shape, dtype=bool)\n",
            ),
        ),
        source="student-bugs 74",
    ),
    Mistake(
        name="mask_a_row",
        hint="A row is dropped completely or not at all: draw a random number for every element.",
        catches=("test_each_element_is_drawn_alone",),
        changes=(
            edit(
                FILE,
                "        return x if self._factor is None else x * self._factor\n",
                "        if self._factor is not None and type(self) is Dropout and x.ndim > 1:\n"
                "            self._factor = self._factor[..., :1] * np.ones(x.shape)\n"
                "        return x if self._factor is None else x * self._factor\n",
            ),
        ),
    ),
    Mistake(
        name="mask_drawn_once",
        hint="The mask is drawn only once: every forward in training should draw a new one.",
        catches=("test_every_forward_draws_anew",),
        changes=(
            edit(
                FILE,
                DRAWN,
                '        if getattr(self, "_kept", np.empty(0)).shape != shape:\n'
                "            self._kept = self.rng.random(shape) >= self.p\n"
                "        kept = self._kept\n",
            ),
        ),
        source="student-bugs 76",
    ),
    Mistake(
        name="seeded_in_forward",
        hint="forward makes a generator with a fixed seed, so all masks are the same: make it once, without a seed.",
        catches=("test_every_forward_draws_anew",),
        changes=(edit(FILE, DRAWN, "        kept = np.random.default_rng(0).random(shape) >= self.p\n"),),
        source="student-bugs 76",
    ),
    Mistake(
        name="global_random_numbers",
        hint="The mask uses np.random's global state: draw it from the layer's own generator.",
        catches=("test_random_numbers_are_the_layers_own",),
        changes=(edit(FILE, DRAWN, "        kept = np.random.rand(*shape) >= self.p\n"),),
        source="own",
    ),
    Mistake(
        name="global_seeding",
        hint="np.random.seed is called in forward; that changes the random numbers of all other code.",
        catches=("test_random_numbers_are_the_layers_own",),
        changes=(
            edit(
                FILE,
                DRAWN,
                "        np.random.seed(int(self.rng.integers(2**31)))\n"
                "        kept = np.random.rand(*shape) >= self.p\n",
            ),
        ),
        source="student-bugs 76",
    ),
    Mistake(
        name="generator_ignored",
        hint="The generator given as rng is not used.",
        catches=("test_random_numbers_are_the_layers_own",),
        changes=(
            edit(
                FILE,
                "self.rng = np.random.default_rng() if rng is None else rng",
                "self.rng = np.random.default_rng()",
            ),
        ),
    ),
    Mistake(
        name="default_generator_seeded",
        hint="Without rng all layers use the same seed and drop the same elements: use no fixed seed.",
        catches=("test_random_numbers_are_the_layers_own",),
        changes=(
            edit(
                FILE,
                "self.rng = np.random.default_rng() if rng is None else rng",
                "self.rng = np.random.default_rng(0) if rng is None else rng",
            ),
        ),
    ),
    Mistake(
        name="normal_numbers_compared_with_p",
        hint="Normal random numbers are compared with p, which gives another keep rate: draw uniform ones.",
        catches=("test_keep_rate",),
        changes=(
            edit(
                FILE,
                DRAWN,
                "        kept = self.rng.standard_normal(shape) >= self.p\n"
                "        if self.p == 0.0:\n"
                "            kept = np.ones(shape, dtype=bool)\n",
            ),
        ),
    ),
    Mistake(
        name="fixed_number_dropped",
        hint="The same number of elements is dropped every time; it should vary, because each is drawn separately.",
        catches=("test_channels_are_dropped_whole_and_alone",),
        changes=(
            edit(
                FILE,
                DRAWN,
                "        size = int(np.prod(shape))\n"
                "        kept = (self.rng.permutation(size) >= round(self.p * size)).reshape(shape)\n",
            ),
        ),
    ),
    Mistake(
        name="p_of_one_divides_by_zero",
        hint="With p = 1 the scale is 1 / 0, and 0 times infinity is nan.",
        catches=("test_p_of_one_drops_everything",),
        changes=(
            edit(
                FILE,
                "        if self.p == 1.0:\n            return np.zeros(shape)  # 1 / (1 - p) would be infinite\n",
                "",
            ),
            edit(FILE, SCALED, "return kept * np.divide(1.0, 1.0 - self.p)"),
        ),
        source="student-bugs 75",
    ),
    Mistake(
        name="probability_unchecked",
        hint="Any p is accepted: raise ValueError if it is not between 0 and 1.",
        catches=("test_impossible_dropout_is_refused",),
        changes=(
            edit(
                FILE,
                '        if not 0.0 <= p <= 1.0:\n            raise ValueError(f"p is a probability, not {p}")\n',
                "",
            ),
        ),
    ),
    Mistake(
        name="dropout2d_drops_pixels",
        hint="Dropout2d drops single pixels; it should drop whole channels.",
        catches=("test_channels_are_dropped_whole_and_alone",),
        changes=(edit(FILE, OF_IMAGES, "return super()._draw(shape)"),),
        source="student-bugs 77",
    ),
    Mistake(
        name="dropout2d_same_channels_in_all_images",
        hint="Dropout2d drops the same channels in all images: draw one number for each image and channel.",
        catches=("test_channels_are_dropped_whole_and_alone",),
        changes=(edit(FILE, OF_IMAGES, "return super()._draw((1, shape[1], 1, 1))"),),
        source="student-bugs 77",
    ),
    Mistake(
        name="dropout2d_drops_images",
        hint="Dropout2d drops whole images: draw one number for each image and channel.",
        catches=("test_channels_are_dropped_whole_and_alone", "test_keep_rate_of_channels"),
        changes=(edit(FILE, OF_IMAGES, "return super()._draw((shape[0], 1, 1, 1))"),),
    ),
    Mistake(
        name="dropout2d_of_anything",
        hint="Dropout2d accepts an x that is not a batch of images: raise ValueError.",
        catches=("test_impossible_dropout_is_refused",),
        changes=(
            edit(
                FILE,
                "        if x.ndim != 4:\n"
                '            raise ValueError(f"Dropout2d takes x (N, C, H, W), not the shape {x.shape}")\n',
                "",
            ),
            edit(FILE, OF_IMAGES, "return super()._draw((*shape[:2], *(1,) * (len(shape) - 2)))"),
        ),
    ),
    Mistake(
        name="evaluation_keeps_the_old_mask",
        hint="After a forward in evaluation, backward still multiplies by the mask of an earlier forward in training.",
        catches=("test_evaluation_is_the_identity",),
        changes=(
            edit(
                FILE,
                "        self._factor = self._draw(x.shape) if self.training else None\n"
                "        return x if self._factor is None else x * self._factor\n",
                "        if not self.training:\n"
                '            self._factor = getattr(self, "_factor", None)\n'
                "            return x\n"
                "        self._factor = self._draw(x.shape)\n"
                "        return x * self._factor\n",
            ),
        ),
    ),
    Mistake(
        name="dropped_in_place",
        hint="forward writes zeros into the caller's array: work on a copy.",
        catches=("test_dropout_leaves_its_arguments_alone",),
        changes=(
            edit(
                FILE,
                FORWARD,
                "if self._factor is not None:\n            x *= self._factor\n        return x",
            ),
        ),
        source="student-bugs 12",
    ),
    Mistake(
        name="gradient_dropped_in_place",
        hint="backward writes zeros into the caller's grad_output: work on a copy.",
        catches=("test_dropout_leaves_its_arguments_alone",),
        changes=(
            edit(
                FILE,
                BACKWARD,
                "if self._factor is not None:\n            grad_output *= self._factor\n        return grad_output",
            ),
        ),
        source="student-bugs 13",
    ),
    # penalties
    Mistake(
        name="l2_value_without_half",
        hint="The L2 penalty's value is strength * sum w^2; it needs a factor 1/2, so that its gradient is strength * "
        "w.",
        catches=("test_penalty_value",),
        changes=(edit(FILE, L2_VALUE, L2_VALUE.replace("0.5 * ", "")),),
        source="student-bugs 31",
    ),
    Mistake(
        name="l2_gradient_doubled",
        hint="The L2 penalty's gradient is 2 * strength * w; because of the factor 1/2 in the value it should be "
        "strength * w.",
        catches=("test_penalty_gradient",),
        changes=(edit(FILE, L2_GRAD, "param.accumulate(2.0 * self.strength * param.data)"),),
        source="student-bugs 31",
    ),
    Mistake(
        name="l2_gradient_missing",
        hint="The L2 penalty is in the value but adds nothing to the gradients.",
        catches=("test_penalty_gradient",),
        changes=(edit(FILE, L2_GRAD, "param.accumulate(0.0 * param.data)"),),
        source="student-bugs 31",
    ),
    Mistake(
        name="l2_is_the_norm",
        hint="The L2 penalty is the norm of the weights; it should be the sum of their squares, without a root.",
        catches=("test_penalty_value",),
        changes=(
            edit(
                FILE,
                L2_VALUE,
                "return self.strength * float(np.sqrt(sum(np.sum(param.data**2) for param in self.params)))",
            ),
            edit(
                FILE,
                L2_GRAD,
                "norm = np.sqrt(sum(np.sum(other.data**2) for other in self.params))\n"
                "            param.accumulate(self.strength * param.data / norm)",
            ),
        ),
    ),
    Mistake(
        name="l2_averaged",
        hint="The L2 penalty is a mean over the weights; it should be a sum.",
        catches=("test_penalty_value",),
        changes=(
            edit(FILE, L2_VALUE, L2_VALUE.replace("np.sum", "np.mean")),
            edit(FILE, L2_GRAD, "param.accumulate(self.strength * param.data / param.data.size)"),
        ),
    ),
    Mistake(
        name="l1_without_absolute_value",
        hint="The L1 penalty's value adds the weights with their signs; positive and negative ones cancel.",
        catches=("test_penalty_value",),
        changes=(edit(FILE, L1_VALUE, L1_VALUE.replace("np.abs(param.data)", "param.data")),),
    ),
    Mistake(
        name="l1_gradient_is_l2s",
        hint="The L1 penalty's gradient is strength * w, as for L2; for L1 it should be strength * sign(w).",
        catches=("test_penalty_gradient", "test_l1_takes_equal_steps"),
        changes=(edit(FILE, L1_GRAD, L2_GRAD),),
    ),
    Mistake(
        name="l1_gradient_without_sign",
        hint="The L1 penalty's gradient is strength for negative weights too; it should have the weight's sign.",
        catches=("test_penalty_gradient",),
        changes=(edit(FILE, L1_GRAD, "param.accumulate(self.strength * np.ones_like(param.data))"),),
    ),
    Mistake(
        name="penalty_gradient_overwrites",
        hint="The penalty's gradient replaces the value in grad; it should be added.",
        catches=("test_penalty_adds_to_the_gradients",),
        changes=(
            edit(FILE, L2_GRAD, "param.grad = self.strength * param.data"),
            edit(FILE, L1_GRAD, "param.grad = self.strength * np.sign(param.data)"),
        ),
        source="student-bugs 1",
    ),
    Mistake(
        name="penalty_of_the_first_weights",
        hint="The penalty always uses the weights of the time when it was made: keep the parameters and read data "
        "each time.",
        catches=("test_penalty_follows_the_weights",),
        changes=(
            redefine(
                FILE,
                """
class L2Penalty(L2Penalty):
    def __init__(self, params, strength):
        super().__init__(params, strength)
        self.then = [param.data for param in self.params]

    def forward(self):
        return 0.5 * self.strength * sum(float(np.sum(data**2)) for data in self.then)

    def backward(self):
        for param, data in zip(self.params, self.then):
            param.accumulate(self.strength * data)
""",
            ),
        ),
    ),
    Mistake(
        name="generator_read_twice",
        hint="The parameters were given as a generator, which is empty after it is read once: make a list of them.",
        catches=("test_penalty_of_parameters_from_a_generator",),
        changes=(
            redefine(
                FILE,
                """
def _keep_as_given(self, params, strength):
    self.params, self.strength = params, strength


L1Penalty.__init__ = L2Penalty.__init__ = _keep_as_given
""",
            ),
        ),
    ),
    Mistake(
        name="weights_decayed_in_backward",
        hint="backward changes the weights themselves; it should only add to grad.",
        catches=("test_l2_is_weight_decay", "test_penalty_adds_to_the_gradients"),
        changes=(edit(FILE, L2_GRAD, L2_GRAD + "\n            param.data = param.data * (1.0 - self.strength)"),),
    ),
    Mistake(
        name="biases_penalised",
        hint="Biases and scales are penalised too: use only the parameters with two axes or more.",
        catches=("test_penalised_parameters",),
        changes=(edit(FILE, "module.parameters() if parameter.data.ndim >= 2]", "module.parameters()]"),),
        source="student-bugs 32",
    ),
    Mistake(
        name="only_matrices_penalised",
        hint="Only parameters with exactly two axes are penalised; a convolution's filter has four.",
        catches=("test_penalised_parameters",),
        changes=(edit(FILE, "if parameter.data.ndim >= 2]", "if parameter.data.ndim == 2]"),),
    ),
    # label smoothing
    Mistake(
        name="smoothing_shared_by_the_others",
        hint="The smoothing is divided among the K - 1 other classes; it should be divided among all K classes.",
        catches=("test_smoothed_loss",),
        changes=(
            edit(
                FILE,
                TARGETS,
                "rest = self.label_smoothing / (classes - 1)\n"
                "        self._target = (1.0 - self.label_smoothing - rest) * hard + rest",
            ),
        ),
    ),
    Mistake(
        name="smoothing_goes_nowhere",
        hint="The target's probability is reduced but the others stay 0: the probabilities no longer sum to 1.",
        catches=("test_smoothed_loss",),
        changes=(edit(FILE, TARGETS, "self._target = (1.0 - self.label_smoothing) * hard"),),
    ),
    Mistake(
        name="smoothing_not_divided_by_classes",
        hint="Each class receives all of the smoothing; it should be divided by the number of classes.",
        catches=("test_smoothed_loss", "test_smoothing_of_zero_and_of_one"),
        changes=(edit(FILE, TARGETS, TARGETS.replace(" / classes", "")),),
    ),
    Mistake(
        name="smoothing_only_in_the_loss",
        hint="The gradient is that of the target without smoothing: it should be softmax minus the smoothed target.",
        catches=("test_smoothed_loss_gradient",),
        changes=(
            edit(
                FILE,
                "        self._log_probabilities = log_softmax(input)\n",
                "        self._hard = hard\n        self._log_probabilities = log_softmax(input)\n",
            ),
            edit(
                FILE,
                "grad = np.exp(self._log_probabilities) - self._target",
                "grad = np.exp(self._log_probabilities) - self._hard",
            ),
        ),
    ),
    Mistake(
        name="ignored_tokens_divide",
        hint="The loss is divided by the number of all tokens; ignored tokens should not count.",
        catches=("test_ignored_tokens", "test_ignored_tokens_might_as_well_not_be_there"),
        changes=(
            edit(FILE, LOSS, "return float(losses[self._counted].sum() / self._counted.size)"),
            edit(FILE, LOSS_GRAD, "return grad * self._counted[..., None] / self._counted.size"),
        ),
        source="student-bugs 29",
    ),
    Mistake(
        name="ignored_tokens_have_a_gradient",
        hint="The gradient of ignored tokens is not 0; it should be.",
        catches=("test_ignored_tokens",),
        changes=(edit(FILE, LOSS_GRAD, "return grad / max(self._counted.sum(), 1)"),),
    ),
    Mistake(
        name="ignore_index_never_used",
        hint="Tokens whose target is ignore_index are counted like the others: compare with it, whatever number it is.",
        catches=("test_ignored_tokens", "test_nothing_counts"),
        changes=(
            edit(
                FILE,
                "self._counted = target != self.ignore_index  # (...)\n"
                "        hard = np.eye(classes)[np.where(self._counted, target, 0)]",
                "self._counted = np.ones(target.shape, dtype=bool)\n        hard = np.eye(classes)[target % classes]",
            ),
        ),
        source="student-bugs 28",
    ),
    Mistake(
        name="negative_targets_ignored",
        hint="All negative targets are ignored, and no others; ignore exactly those that equal ignore_index.",
        catches=("test_ignored_tokens",),
        changes=(edit(FILE, "self._counted = target != self.ignore_index", "self._counted = target >= 0"),),
        source="student-bugs 28",
    ),
    Mistake(
        name="nothing_counted_divides_by_zero",
        hint="When every token is ignored the loss is 0 / 0; it should be 0.",
        catches=("test_nothing_counts",),
        changes=(
            edit(FILE, LOSS, "return float(np.divide(losses[self._counted].sum(), self._counted.sum()))"),
            edit(FILE, LOSS_GRAD, "return grad * self._counted[..., None] / self._counted.sum()"),
        ),
        source="student-bugs 30",
    ),
    Mistake(
        name="mean_of_sequence_means",
        hint="The loss is the mean of the sequences' means; every counted token of the batch should have the same "
        "weight.",
        catches=("test_ignored_tokens",),
        changes=(
            edit(
                FILE,
                LOSS,
                "rows = np.where(self._counted, losses, 0.0).reshape(len(target), -1)\n"
                "        counts = self._counted.reshape(len(target), -1).sum(axis=1)\n"
                "        if target.ndim == 1:\n"
                "            rows, counts = rows.T, self._counted.sum(keepdims=True)\n"
                "        return float((rows.sum(axis=1) / np.maximum(counts, 1)).mean())",
            ),
        ),
        source="student-bugs 106",
    ),
    Mistake(
        name="smoothed_loss_summed",
        hint="The loss is a sum over the tokens; it should be a mean.",
        catches=("test_smoothed_loss",),
        changes=(
            edit(FILE, LOSS, "return float(losses[self._counted].sum())"),
            edit(FILE, LOSS_GRAD, "return grad * self._counted[..., None]"),
        ),
        source="student-bugs 8",
    ),
    Mistake(
        name="logarithm_of_rounded_probabilities",
        hint="The logarithm is taken of probabilities, which are rounded to 0 for large logits: use log_softmax.",
        catches=("test_logits_of_any_size",),
        changes=(
            edit(
                FILE,
                "self._log_probabilities = log_softmax(input)",
                "self._log_probabilities = np.log(np.maximum(np.exp(log_softmax(input)), 1e-15))",
            ),
        ),
        source="student-bugs 21",
    ),
    Mistake(
        name="smoothing_unchecked",
        hint="A target of another shape, or a smoothing that is not between 0 and 1, is accepted: raise ValueError.",
        catches=("test_impossible_smoothing_is_refused",),
        changes=(
            edit(
                FILE,
                "        if target.shape != input.shape[:-1]:\n"
                '            raise ValueError(f"target has shape {target.shape}, not {input.shape[:-1]}")\n',
                "",
            ),
            edit(
                FILE,
                "        if not 0.0 <= label_smoothing <= 1.0:\n"
                '            raise ValueError(f"label_smoothing is a share, not {label_smoothing}")\n',
                "",
            ),
        ),
    ),
    Mistake(
        name="targets_rewritten",
        hint="Ignored targets are set to 0 in the caller's array: work on a copy.",
        catches=("test_smoothed_loss_leaves_its_arguments_alone",),
        changes=(
            edit(
                FILE,
                "        hard = np.eye(classes)[np.where(self._counted, target, 0)]",
                "        target[~self._counted] = 0\n        hard = np.eye(classes)[target]",
            ),
        ),
        source="student-bugs 26",
    ),
]
