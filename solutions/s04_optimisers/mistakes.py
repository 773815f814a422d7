"""Wrong optimisers that students write, the tests that each exists for, and its hint."""

from autograder.course.mistakes import Mistake, edit

OPTIM = "scratch/optim.py"

# the reference's lines that several mistakes change
SGD_MOVE = "param.data -= self.lr * direction"
SGD_GRAD = "direction = param.grad + self.weight_decay * param.data  # a new array: grad belongs to the caller"
BUFFER_FIRST = "buffer = grad if"
BUFFER_NEXT = "self.momentum * buffer + (1 - self.dampening) * grad"
NESTEROV = "return grad + self.momentum * buffer if self.nesterov else buffer"
SKIP = "            if param.grad is None:\n                continue\n"
RMSPROP_GRAD = "            grad = param.grad + self.weight_decay * param.data\n"
MEAN_SQUARE = "mean_square = self.alpha * self.mean_squares[index] + (1 - self.alpha) * grad**2"
RMSPROP_MOVE = "param.data -= self.lr * grad / (np.sqrt(mean_square) + self.eps)"
ADAM_GRAD = RMSPROP_GRAD + "            self.m[index]"
ADAM_COUNT = "self.t += 1  # once a step, whatever the number of parameters"
M_HAT = "m_hat = self.m[index] / (1 - beta1**self.t)"
V_HAT = "v_hat = self.v[index] / (1 - beta2**self.t)"
ADAM_MOVE = "param.data -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)"
ADAMW_DECAY = """            if param.grad is not None:
                param.data -= self.lr * self.decoupled_decay * param.data
"""
CLIP_NORM = "norm = float(np.sqrt(sum(float(np.sum(np.square(param.grad))) for param in with_grad)))"
CLIP_FACTOR = "factor = min(1.0, max_norm / (norm + 1e-6))  # 1e-6 as in PyTorch: a norm of 0 is no division by 0"
CLIP_SCALE = "        param.grad = param.grad * factor\n"
COSINE = "return self.eta_min + (self.base_lr - self.eta_min) * share"
WARMUP_DONE = "done = min(t, self.total_iters) / self.total_iters"
SET_AT_START = 'self.optimiser.lr = self.lr_at(self.t)\n        # STUB: raise NotImplementedError("Scheduler.__init__")'

MISTAKES = [
    Mistake(
        name="sgd_goes_uphill",
        hint="SGD moves in the direction of the gradient: which sign makes the loss smaller?",
        catches=("test_sgd_worked_example", "test_gradient_descent_on_a_badly_conditioned_quadratic"),
        changes=(edit(OPTIM, SGD_MOVE, "param.data += self.lr * direction"),),
    ),
    Mistake(
        name="sgd_moves_a_copy",
        hint="The parameter never changes: after w = w - step the name w is a new array, and data is still the old "
        "one.",
        catches=("test_sgd_over_many_steps",),
        changes=(edit(OPTIM, SGD_MOVE, "data = param.data\n            data = data - self.lr * direction"),),
        source="student-bugs 43",
    ),
    Mistake(
        name="nesterov_in_place_of_momentum",
        hint="This is Nesterov's momentum, even if nesterov is False.",
        catches=("test_momentum_on_a_badly_conditioned_quadratic",),
        changes=(edit(OPTIM, NESTEROV, "return grad + self.momentum * buffer"),),
        source="student-bugs 36",
    ),
    Mistake(
        name="nesterov_is_ignored",
        hint="With nesterov=True the step is still that of plain momentum.",
        catches=("test_sgd_over_many_steps",),
        changes=(edit(OPTIM, NESTEROV, "return buffer"),),
    ),
    Mistake(
        name="first_gradient_is_dampened",
        hint="The first gradient is dampened too: the buffer should start as the gradient itself.",
        catches=("test_sgd_over_many_steps",),
        changes=(edit(OPTIM, BUFFER_FIRST, "buffer = (1 - self.dampening) * grad if"),),
        source="student-bugs 37",
    ),
    Mistake(
        name="dampening_is_ignored",
        hint="dampening has no effect on the momentum buffer.",
        catches=("test_sgd_over_many_steps",),
        changes=(edit(OPTIM, BUFFER_NEXT, "self.momentum * buffer + grad"),),
    ),
    Mistake(
        name="momentum_as_moving_average",
        hint="The buffer is a moving average, with 1 - momentum as the gradient's factor: SGD uses the whole gradient.",
        catches=("test_momentum_on_a_badly_conditioned_quadratic",),
        changes=(
            edit(OPTIM, BUFFER_FIRST, "buffer = (1 - self.momentum) * grad if"),
            edit(OPTIM, BUFFER_NEXT, "self.momentum * buffer + (1 - self.momentum) * grad"),
        ),
    ),
    Mistake(
        name="momentum_buffer_of_steps",
        hint="The buffer contains steps (lr times gradient), so an old lr still has an effect after lr has changed.",
        catches=("test_lr_may_change_between_steps",),
        changes=(
            edit(OPTIM, BUFFER_FIRST, "buffer = self.lr * grad if"),
            edit(OPTIM, BUFFER_NEXT, "self.momentum * buffer + (1 - self.dampening) * self.lr * grad"),
            edit(OPTIM, NESTEROV, "return self.lr * grad + self.momentum * buffer if self.nesterov else buffer"),
            edit(OPTIM, SGD_MOVE, "param.data -= direction if self.momentum != 0 else self.lr * direction"),
        ),
        source="the form of Sutskever et al. 2013, which PyTorch's documentation warns of",
    ),
    Mistake(
        name="sgd_decay_beside_the_buffer",
        hint="Weight decay is added after the momentum buffer: in SGD it is part of the gradient that enters the "
        "buffer.",
        catches=("test_sgd_over_many_steps",),
        changes=(
            edit(OPTIM, SGD_GRAD, "direction = param.grad.copy()"),
            edit(OPTIM, SGD_MOVE, "param.data -= self.lr * (direction + self.weight_decay * param.data)"),
        ),
    ),
    Mistake(
        name="sgd_weight_decay_doubled",
        hint="Weight decay counts twice: weight_decay * w is already the whole gradient of (weight_decay / 2) * w**2.",
        catches=("test_sgd_over_many_steps",),
        changes=(edit(OPTIM, SGD_GRAD, "direction = param.grad + 2 * self.weight_decay * param.data"),),
        source="student-bugs 47",
    ),
    Mistake(
        name="momentum_buffer_is_the_gradient_array",
        hint="The first buffer is the same array as grad: when the next gradient is written there, the buffer is lost.",
        catches=("test_parameters_however_they_are_handled",),
        changes=(
            edit(
                OPTIM,
                SGD_GRAD,
                "direction = param.grad + self.weight_decay * param.data if self.weight_decay else param.grad",
            ),
        ),
    ),
    Mistake(
        name="sgd_promotes_to_float64",
        hint="A float64 number among float32 arrays made data float64: np.float64 does that, a Python float does not.",
        catches=("test_float32_stays_float32",),
        changes=(edit(OPTIM, SGD_MOVE, "param.data = param.data - np.float64(self.lr) * direction"),),
        source="student-bugs 49",
    ),
    Mistake(
        name="sgd_state_by_array_id",
        hint="The buffer belongs to the array in data and is lost when data is replaced: it should belong to the "
        "parameter.",
        catches=("test_parameters_however_they_are_handled",),
        changes=(
            edit(OPTIM, "self.buffers: list[Array | None] = [None for _ in self.params]", "self.buffers = {}"),
            edit(
                OPTIM,
                "direction = self._smoothed(index, direction)",
                "direction = self._smoothed(id(param.data), direction)",
            ),
            edit(OPTIM, "buffer = self.buffers[index]", "buffer = self.buffers.get(index)"),
        ),
        source="student-bugs 41",
    ),
    Mistake(
        name="sgd_takes_none_for_zeros",
        hint="A grad of None is treated as zeros, so momentum and weight decay still change the parameter.",
        catches=("test_parameters_without_gradient_are_skipped",),
        changes=(
            edit(
                OPTIM,
                SKIP + "            " + SGD_GRAD,
                "            grad = np.zeros_like(param.data) if param.grad is None else param.grad\n"
                "            direction = grad + self.weight_decay * param.data",
            ),
        ),
        source="student-bugs 48",
    ),
    Mistake(
        name="rmsprop_eps_under_the_root",
        hint="eps is inside the square root: it should be added to the root.",
        catches=("test_rmsprop_with_small_gradients", "test_rmsprop_over_many_steps"),
        changes=(edit(OPTIM, RMSPROP_MOVE, "param.data -= self.lr * grad / np.sqrt(mean_square + self.eps)"),),
        source="correct-alternatives 3",
    ),
    Mistake(
        name="rmsprop_sums_the_squares",
        hint="The squares are summed, not averaged: this is AdaGrad, whose steps become smaller and smaller.",
        catches=("test_rmsprop_over_many_steps",),
        changes=(edit(OPTIM, MEAN_SQUARE, "mean_square = self.mean_squares[index] + grad**2"),),
    ),
    Mistake(
        name="rmsprop_alpha_swapped",
        hint="alpha is the weight of the new square here: it should be the weight of the old average.",
        catches=("test_rmsprop_with_small_gradients", "test_rmsprop_over_many_steps"),
        changes=(
            edit(
                OPTIM, MEAN_SQUARE, "mean_square = (1 - self.alpha) * self.mean_squares[index] + self.alpha * grad**2"
            ),
        ),
    ),
    Mistake(
        name="rmsprop_without_root",
        hint="The gradient is divided by the mean square itself, not by its root.",
        catches=("test_rmsprop_over_many_steps",),
        changes=(edit(OPTIM, RMSPROP_MOVE, "param.data -= self.lr * grad / (mean_square + self.eps)"),),
    ),
    Mistake(
        name="rmsprop_alpha_of_the_lecture",
        hint="The default of alpha is that of the lecture, 0.9: the specification has 0.99, as PyTorch does.",
        catches=("test_rmsprop_with_small_gradients",),
        changes=(edit(OPTIM, "alpha: float = 0.99,", "alpha: float = 0.9,"),),
        source="Hinton's lecture 6e, slide 29",
    ),
    Mistake(
        name="rmsprop_writes_decay_into_grad",
        hint="Weight decay is written into grad itself: += on an array changes it for all code that uses it.",
        catches=("test_gradients_are_left_as_they_were",),
        changes=(
            edit(
                OPTIM,
                RMSPROP_GRAD + "            mean",
                "            grad = param.grad\n            grad += self.weight_decay * param.data\n            mean",
            ),
        ),
    ),
    Mistake(
        name="rmsprop_state_in_float64",
        hint="np.zeros makes float64 state, and data becomes float64 too: np.zeros_like uses the parameter's dtype.",
        catches=("test_float32_stays_float32",),
        changes=(
            edit(
                OPTIM,
                "self.mean_squares = [np.zeros_like(param.data) for param in self.params]",
                "self.mean_squares = [np.zeros(param.data.shape) for param in self.params]",
            ),
            edit(OPTIM, RMSPROP_MOVE, RMSPROP_MOVE.replace("data -=", "data = param.data -")),
        ),
        source="student-bugs 49",
    ),
    Mistake(
        name="rmsprop_crashes_without_gradient",
        hint="A parameter whose grad is None must be skipped.",
        catches=("test_parameters_without_gradient_are_skipped",),
        changes=(edit(OPTIM, SKIP + RMSPROP_GRAD + "            mean", RMSPROP_GRAD + "            mean"),),
        source="student-bugs 48",
    ),
    Mistake(
        name="adam_without_bias_correction",
        hint="This is Adam without bias correction: are both moment estimates divided by 1 - beta**t?",
        catches=("test_adam_follows_algorithm_1", "test_adam_with_small_gradients"),
        changes=(edit(OPTIM, M_HAT, "m_hat = self.m[index]"), edit(OPTIM, V_HAT, "v_hat = self.v[index]")),
        source="student-bugs 38",
    ),
    Mistake(
        name="adam_corrects_the_first_moment_only",
        hint="Only m is corrected for its start at 0: v also starts at 0.",
        catches=("test_adam_follows_algorithm_1",),
        changes=(edit(OPTIM, V_HAT, "v_hat = self.v[index]"),),
    ),
    Mistake(
        name="adam_divides_by_one_minus_beta",
        hint="Every step uses the bias correction of the first step: beta must be raised to the power t.",
        catches=("test_adam_follows_algorithm_1",),
        changes=(
            edit(OPTIM, M_HAT, "m_hat = self.m[index] / (1 - beta1)"),
            edit(OPTIM, V_HAT, "v_hat = self.v[index] / (1 - beta2)"),
        ),
        source="student-bugs 39",
    ),
    Mistake(
        name="adam_starts_at_the_second_step",
        hint="t is 2 in the first step: the first bias correction uses beta**1.",
        catches=("test_adam_follows_algorithm_1",),
        changes=(edit(OPTIM, "self.t = 0\n        self.m", "self.t = 1\n        self.m"),),
        source="holes-in-public-tests 6",
    ),
    Mistake(
        name="adam_counts_parameters_as_steps",
        hint="t increases for each parameter: it should count the calls of step.",
        catches=("test_parameters_however_they_are_handled",),
        changes=(edit(OPTIM, ADAM_COUNT + "\n", "\n"), edit(OPTIM, ADAM_GRAD, "            self.t += 1\n" + ADAM_GRAD)),
        source="student-bugs 40",
    ),
    Mistake(
        name="adam_eps_under_the_root",
        hint="eps is inside the square root: it should be added to the root.",
        catches=("test_adam_with_small_gradients",),
        changes=(edit(OPTIM, ADAM_MOVE, "param.data -= self.lr * m_hat / np.sqrt(v_hat + self.eps)"),),
        source="correct-alternatives 3",
    ),
    Mistake(
        name="adam_without_eps",
        hint="A gradient that is always 0 gives 0 / 0 here: that is one reason for eps.",
        catches=("test_adam_with_small_gradients", "test_zero_gradients_move_nothing"),
        changes=(edit(OPTIM, ADAM_MOVE, "param.data -= self.lr * m_hat / np.sqrt(v_hat)"),),
        source="student-bugs 42",
    ),
    Mistake(
        name="adam_ignores_its_eps",
        hint="eps is always 1e-8, whatever the argument is.",
        catches=("test_adam_with_small_gradients",),
        changes=(
            edit(OPTIM, "self.betas = betas\n        self.eps = eps", "self.betas = betas\n        self.eps = 1e-8"),
        ),
    ),
    Mistake(
        name="adam_without_root",
        hint="The step is divided by v_hat, not by its root.",
        catches=("test_adam_ignores_the_scale_of_the_gradients",),
        changes=(edit(OPTIM, ADAM_MOVE, "param.data -= self.lr * m_hat / (v_hat + self.eps)"),),
    ),
    Mistake(
        name="adam_betas_swapped",
        hint="beta1 and beta2 are exchanged: beta1 belongs to the gradients, beta2 to their squares.",
        catches=("test_adam_follows_algorithm_1",),
        changes=(edit(OPTIM, "beta1, beta2 = self.betas", "beta2, beta1 = self.betas"),),
    ),
    Mistake(
        name="adam_decay_is_decoupled",
        hint="This is AdamW's weight decay: Adam's is added to the gradient and so enters both moments.",
        catches=("test_adam_weight_decay_goes_through_the_moments",),
        changes=(
            edit(OPTIM, ADAM_GRAD, "            grad = param.grad\n            self.m[index]"),
            edit(OPTIM, ADAM_MOVE, "param.data -= self.lr * self.weight_decay * param.data\n            " + ADAM_MOVE),
        ),
        source="student-bugs 45",
    ),
    Mistake(
        name="adam_state_by_shape",
        hint="Parameters of the same shape share their moments: each parameter needs its own m and v.",
        catches=("test_every_parameter_has_its_own_state",),
        changes=(
            edit(
                OPTIM,
                ADAM_GRAD,
                "            index = [other.data.shape for other in self.params].index(param.data.shape)\n" + ADAM_GRAD,
            ),
        ),
        source="student-bugs 41",
    ),
    Mistake(
        name="adam_keeps_its_first_lr",
        hint="The lr of the constructor is used in all steps: each step must read the attribute lr again.",
        catches=("test_lr_may_change_between_steps",),
        changes=(
            edit(OPTIM, "self.betas = betas\n", "self.betas = betas\n        self.first_lr = lr\n"),
            edit(OPTIM, ADAM_MOVE, ADAM_MOVE.replace("self.lr", "self.first_lr")),
        ),
    ),
    Mistake(
        name="adam_promotes_to_float64",
        hint="np.sqrt of a number is an np.float64, which makes a float32 array float64.",
        catches=("test_float32_stays_float32",),
        changes=(
            edit(
                OPTIM,
                ADAM_MOVE,
                "size = self.lr * np.sqrt(1 - beta2**self.t) / (1 - beta1**self.t)\n"
                "            param.data = param.data - size * self.m[index] / (np.sqrt(self.v[index]) + self.eps)",
            ),
        ),
        source="student-bugs 49",
    ),
    Mistake(
        name="adamw_decay_in_the_gradient",
        hint="This is Adam with weight_decay in the gradient: AdamW keeps it out of both moments.",
        catches=("test_adamw_weight_decay_stays_out_of_the_moments",),
        changes=(
            edit(OPTIM, "betas, eps, weight_decay=0.0)  # nothing of it in the moments", "betas, eps, weight_decay)"),
            edit(OPTIM, "self.decoupled_decay = weight_decay", "self.decoupled_decay = 0.0"),
        ),
        source="student-bugs 45",
    ),
    Mistake(
        name="adamw_decay_without_lr",
        hint="The weights shrink by weight_decay in each step, not by lr * weight_decay.",
        catches=("test_adamw_weight_decay_stays_out_of_the_moments",),
        changes=(
            edit(
                OPTIM,
                "param.data -= self.lr * self.decoupled_decay * param.data",
                "param.data -= self.decoupled_decay * param.data",
            ),
        ),
        source="student-bugs 46",
    ),
    Mistake(
        name="adamw_decays_after_the_step",
        hint="The decay uses the weights after Adam's step: it should use the weights before it.",
        catches=("test_adamw_weight_decay_stays_out_of_the_moments",),
        changes=(
            edit(
                OPTIM,
                "        for param in self.params:\n" + ADAMW_DECAY + "        super().step()\n",
                "        super().step()\n        for param in self.params:\n" + ADAMW_DECAY,
            ),
        ),
        source="correct-alternatives 5",
    ),
    Mistake(
        name="adamw_decays_what_has_no_gradient",
        hint="A parameter whose grad is None is still decayed: it must be skipped.",
        catches=("test_parameters_without_gradient_are_skipped",),
        changes=(edit(OPTIM, ADAMW_DECAY, "            param.data -= self.lr * self.decoupled_decay * param.data\n"),),
    ),
    Mistake(
        name="adamw_without_default_decay",
        hint="The default weight_decay of AdamW is 0.01; yours is that of Adam.",
        catches=("test_defaults_are_pytorchs",),
        changes=(edit(OPTIM, "weight_decay: float = 1e-2,", "weight_decay: float = 0.0,"),),
    ),
    Mistake(
        name="parameters_are_used_up",
        hint="The parameters were given as a generator, which can be read only once: make a list of them.",
        catches=("test_parameters_however_they_are_handled",),
        changes=(edit(OPTIM, "self.params = list(params)", "self.params = params"),),
    ),
    Mistake(
        name="zero_grad_leaves_a_number",
        hint="grad became the number 0: it should be None, or an array of the parameter's shape.",
        catches=("test_zero_grad_with_missing_gradients",),
        changes=(edit(OPTIM, "param.grad = None\n        # STUB", "param.grad = 0.0\n        # STUB"),),
    ),
    Mistake(
        name="zero_grad_needs_a_gradient",
        hint="zero_grad fails if grad is None.",
        catches=("test_zero_grad_with_missing_gradients",),
        changes=(edit(OPTIM, "param.grad = None\n        # STUB", "param.grad[...] = 0.0\n        # STUB"),),
    ),
    Mistake(
        name="clipping_each_parameter_alone",
        hint="Each gradient is clipped by its own norm: use the norm of all gradients together.",
        catches=("test_clipping_scales_all_parameters_by_one_factor",),
        changes=(
            edit(
                OPTIM,
                CLIP_SCALE,
                "        own_norm = float(np.sqrt(np.sum(np.square(param.grad))))\n"
                "        param.grad = param.grad * min(1.0, max_norm / (own_norm + 1e-6))\n",
            ),
        ),
        source="student-bugs 52",
    ),
    Mistake(
        name="clipping_scales_up",
        hint="Gradients below max_norm are scaled up to it: the factor must never be above 1.",
        catches=("test_clipping_leaves_small_gradients",),
        changes=(edit(OPTIM, CLIP_FACTOR, "factor = max_norm / (norm + 1e-6)"),),
    ),
    Mistake(
        name="clipping_fails_without_gradient",
        hint="A grad that is None has no norm: it must be skipped.",
        catches=("test_clipping_nothing",),
        changes=(
            edit(
                OPTIM,
                "with_grad = [param for param in parameters if param.grad is not None]",
                "with_grad = list(parameters)",
            ),
        ),
        source="student-bugs 53",
    ),
    Mistake(
        name="clipping_divides_by_zero",
        hint="There is a division by a norm of 0: gradients of 0 should stay 0.",
        catches=("test_clipping_nothing",),
        changes=(edit(OPTIM, CLIP_FACTOR, "factor = min(1.0, max_norm / norm)"),),
    ),
    Mistake(
        name="clipping_returns_the_new_norm",
        hint="The norm after clipping is returned: it should be the norm before, which shows how large the gradients "
        "were.",
        catches=("test_clipping_scales_all_parameters_by_one_factor",),
        changes=(edit(OPTIM, CLIP_SCALE + "    return norm", CLIP_SCALE + "    return norm * factor"),),
    ),
    Mistake(
        name="clipping_by_value",
        hint="Every value is limited to max_norm: clipping by the norm multiplies all values by one factor.",
        catches=("test_clipping_scales_all_parameters_by_one_factor",),
        changes=(edit(OPTIM, CLIP_SCALE, "        param.grad = np.clip(param.grad, -max_norm, max_norm)\n"),),
    ),
    Mistake(
        name="clipping_uses_up_the_parameters",
        hint="The parameters were given as a generator: computing the norm read it to the end, and nothing was scaled.",
        catches=("test_clipping_scales_all_parameters_by_one_factor",),
        changes=(
            edit(
                OPTIM,
                "    for param in with_grad:\n" + CLIP_SCALE,
                "    for param in parameters:\n        if param.grad is not None:\n    " + CLIP_SCALE,
            ),
        ),
    ),
    Mistake(
        name="clipping_without_root",
        hint="The norm is the root of the sum of squares; this is the sum.",
        catches=("test_clipping_scales_all_parameters_by_one_factor",),
        changes=(
            edit(OPTIM, CLIP_NORM, "norm = float(sum(float(np.sum(np.square(param.grad))) for param in with_grad))"),
        ),
    ),
    Mistake(
        name="clipping_promotes_to_float64",
        hint="np.sqrt of a number is an np.float64, which makes a float32 gradient float64.",
        catches=("test_clipping_keeps_float32",),
        changes=(
            edit(OPTIM, CLIP_NORM, CLIP_NORM.replace("float(np.sqrt(", "np.sqrt(").removesuffix(")")),
            edit(OPTIM, CLIP_FACTOR, "factor = np.minimum(1.0, max_norm / (norm + 1e-6))"),
        ),
        source="student-bugs 49",
    ),
    Mistake(
        name="step_lr_one_step_early",
        hint="The learning rate decreases one step too early: t // step_size increases at t = step_size, not before.",
        catches=("test_step_lr_table",),
        changes=(edit(OPTIM, "self.gamma ** (t // self.step_size)", "self.gamma ** ((t + 1) // self.step_size)"),),
        source="student-bugs 51",
    ),
    Mistake(
        name="step_lr_without_steps",
        hint="The learning rate decreases in every step, as in an exponential schedule: t / step_size must be rounded "
        "down.",
        catches=("test_step_lr_table",),
        changes=(edit(OPTIM, "self.gamma ** (t // self.step_size)", "self.gamma ** (t / self.step_size)"),),
    ),
    Mistake(
        name="cosine_one_step_short",
        hint="The minimum is reached one step too early: the cosine is -1 at t = T_max, after T_max + 1 values.",
        catches=("test_cosine_table",),
        changes=(edit(OPTIM, "np.cos(np.pi * t / self.T_max)", "np.cos(np.pi * t / (self.T_max - 1))"),),
        source="student-bugs 51",
    ),
    Mistake(
        name="cosine_adds_eta_min",
        hint="eta_min is added to the whole cosine: it should go from lr to eta_min, so its height is lr - eta_min.",
        catches=("test_cosine_table",),
        changes=(edit(OPTIM, COSINE, "return self.eta_min + self.base_lr * share"),),
    ),
    Mistake(
        name="cosine_stays_at_its_minimum",
        hint="The learning rate stays at eta_min after T_max: as in PyTorch, the cosine should continue and increase "
        "again.",
        catches=("test_cosine_table",),
        changes=(edit(OPTIM, "np.cos(np.pi * t / self.T_max)", "np.cos(np.pi * min(t, self.T_max) / self.T_max)"),),
        source="student-bugs 51",
    ),
    Mistake(
        name="schedule_on_schedule",
        hint="Each learning rate is computed from the last one: use the lr from before the schedule began.",
        catches=("test_step_lr_table",),
        changes=(
            edit(
                OPTIM,
                "        self.t += 1\n        self.optimiser",
                "        self.t += 1\n        self.base_lr = self.optimiser.lr\n        self.optimiser",
            ),
        ),
    ),
    Mistake(
        name="schedule_starts_with_the_first_step",
        hint="lr is still the optimiser's own until the scheduler's first step: the constructor should set the lr of "
        "t = 0.",
        catches=("test_warmup_table", "test_training_with_a_schedule"),
        changes=(edit(OPTIM, SET_AT_START, '# STUB: raise NotImplementedError("Scheduler.__init__")'),),
        source="student-bugs 51",
    ),
    Mistake(
        name="warmup_goes_on_rising",
        hint="The learning rate still increases after total_iters: there it should be lr and stay so.",
        catches=("test_warmup_table",),
        changes=(edit(OPTIM, WARMUP_DONE, "done = t / self.total_iters"),),
        source="student-bugs 51",
    ),
    Mistake(
        name="warmup_ends_one_step_early",
        hint="The full lr is reached one step too early: it should be reached at t = total_iters.",
        catches=("test_warmup_table",),
        changes=(edit(OPTIM, WARMUP_DONE, "done = min(t + 1, self.total_iters) / self.total_iters"),),
        source="student-bugs 51",
    ),
    Mistake(
        name="last_lr_is_the_first",
        hint="get_last_lr returns the lr of t = 0: it should return the last one that was set.",
        catches=("test_get_last_lr_is_the_optimisers",),
        changes=(edit(OPTIM, "return self.lr_at(self.t)", "return self.base_lr"),),
    ),
]
