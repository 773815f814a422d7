"""Wrong tensors that students write, the tests that each exists for, and its hint."""

from autograder.course.mistakes import Mistake, edit, redefine

TENSOR = "scratch/tensor.py"

# the checks of the reference; what follows is the walk
STORES_GRADIENTS = """
class Tensor(Tensor):
    def backward(self, grad_output=None):
        upstream = np.ones_like(self.data) if grad_output is None else np.asarray(grad_output)
        if not self.requires_grad:
            raise RuntimeError
        if upstream.shape != self.shape or (grad_output is None and self.data.size != 1):
            raise ValueError
        %s
"""

MISTAKES = [
    # ------------------------------------------------ the walk through the graph
    Mistake(
        name="leaf_keeps_the_last_gradient",
        hint="Each call of backward replaces a leaf's gradient: a second call should add to it.",
        catches=("test_gradients_add_up_over_calls",),
        changes=(
            edit(TENSOR, "np.array(grad) if tensor.grad is None else np.asarray(tensor.grad + grad)", "np.array(grad)"),
        ),
        source="student-bugs 1",
    ),
    Mistake(
        name="tensor_used_twice_keeps_one_path",
        hint="A tensor that is used twice has the gradient of only one of its uses: the other one must be added.",
        catches=("test_long_and_short_paths_meet", "test_diamonds_of_depth_three"),
        changes=(edit(TENSOR, "flowing[id(parent)] + part if id(parent) in flowing else part", "part"),),
        source="student-bugs 1",
    ),
    Mistake(
        name="breadth_first_order",
        hint="The graph is visited breadth first: a tensor may pass its gradient on only after all tensors that use "
        "it.",
        catches=("test_long_and_short_paths_meet", "test_random_graphs"),
        changes=(
            redefine(
                TENSOR,
                STORES_GRADIENTS
                % """
        order, seen, flowing = [self], {id(self)}, {id(self): upstream}
        for tensor in order:
            for parent in tensor._parents:
                if parent.requires_grad and id(parent) not in seen:
                    seen.add(id(parent))
                    order.append(parent)
        for tensor in order:
            grad = flowing[id(tensor)]
            if tensor._pull is None:
                tensor.grad = np.array(grad) if tensor.grad is None else tensor.grad + grad
                continue
            for parent, part in zip(tensor._parents, tensor._pull(grad)):
                if parent.requires_grad:
                    flowing[id(parent)] = flowing.get(id(parent), 0) + _unbroadcast(part, parent.shape)
""",
            ),
        ),
        source="student-bugs 2",
    ),
    Mistake(
        name="recursion_through_complete_sums",
        hint="Each time a tensor receives a part of its gradient it passes the whole sum on again: parts are counted "
        "twice.",
        catches=("test_diamonds_of_depth_three", "test_mlp_trains_as_with_modules"),
        changes=(
            redefine(
                TENSOR,
                STORES_GRADIENTS
                % """
        def push(tensor, grad):
            tensor.grad = np.array(grad) if tensor.grad is None else tensor.grad + grad
            if tensor._pull is not None:
                for parent, part in zip(tensor._parents, tensor._pull(tensor.grad)):
                    if parent.requires_grad:
                        push(parent, _unbroadcast(part, parent.shape))

        push(self, upstream)
""",
            ),
        ),
        source="student-bugs 2",
    ),
    Mistake(
        name="every_path_on_its_own",
        hint="Each path from the result to a leaf is followed separately: how many paths do forty diamonds have?",
        catches=("test_many_diamonds_cost_linear_time",),
        changes=(
            redefine(
                TENSOR,
                STORES_GRADIENTS
                % """
        waiting = [(self, upstream)]
        while waiting:
            tensor, grad = waiting.pop()
            if tensor._pull is None:
                tensor.grad = np.array(grad) if tensor.grad is None else tensor.grad + grad
                continue
            for parent, part in zip(tensor._parents, tensor._pull(grad)):
                if parent.requires_grad:
                    waiting.append((parent, _unbroadcast(part, parent.shape)))
""",
            ),
        ),
    ),
    Mistake(
        name="recursive_order",
        hint="The order is found by a recursive function: how many nested calls does Python allow?",
        catches=("test_graph_10000_operations_deep",),
        changes=(
            redefine(
                TENSOR,
                """
def _reverse_topological(root):
    order, seen = [], set()

    def visit(tensor):
        if id(tensor) not in seen:
            seen.add(id(tensor))
            for parent in tensor._parents:
                if parent.requires_grad:
                    visit(parent)
            order.append(tensor)

    visit(root)
    return order[::-1]
""",
            ),
        ),
    ),
    Mistake(
        name="inner_gradients_left_from_the_last_call",
        hint="Tensors between leaves and result still have the gradient of the previous call: is it passed on again?",
        catches=("test_gradients_add_up_over_calls",),
        changes=(
            redefine(
                TENSOR,
                STORES_GRADIENTS
                % """
        self.grad = upstream.copy() if self.grad is None else self.grad + upstream
        for tensor in _reverse_topological(self):
            if tensor._pull is not None:
                for parent, part in zip(tensor._parents, tensor._pull(tensor.grad)):
                    if parent.requires_grad:
                        part = _unbroadcast(part, parent.shape)
                        parent.grad = part.copy() if parent.grad is None else parent.grad + part
""",
            ),
        ),
        source="student-bugs 1 and 15",
    ),
    Mistake(
        name="graph_is_taken_apart",
        hint="After the first call of backward the graph is gone: can backward be called again from the same tensor?",
        catches=("test_graph_goes_on_after_backward",),
        changes=(
            edit(
                TENSOR,
                "            for parent, pulled in zip(tensor._parents, tensor._pull(grad), strict=True):",
                "            parents, pull = tensor._parents, tensor._pull\n"
                "            tensor._parents, tensor._pull = (), None\n"
                "            for parent, pulled in zip(parents, pull(grad), strict=True):",
            ),
        ),
    ),
    Mistake(
        name="gradients_forgotten_at_the_start",
        hint="Backward starts by removing all gradients: they should add up until zero_grad is called.",
        catches=("test_gradients_add_up_over_calls",),
        changes=(
            edit(
                TENSOR,
                "        flowing: dict[int, Array] = {id(self): upstream}\n",
                "        for tensor in _reverse_topological(self):\n            tensor.grad = None\n"
                "        flowing: dict[int, Array] = {id(self): upstream}\n",
            ),
        ),
        source="student-bugs 15",
    ),
    Mistake(
        name="starts_from_ones",
        hint="Backward always starts from ones, even if grad_output is given.",
        catches=("test_backward_of_a_leaf",),
        changes=(edit(TENSOR, "{id(self): upstream}", "{id(self): np.ones_like(upstream)}"),),
        source="holes-in-public-tests 1",
    ),
    Mistake(
        name="leaves_share_one_array",
        hint="Two gradients are the same array, so adding to one of them changes the other too.",
        catches=("test_arrays_handed_in_stay_as_they_are", "test_gradients_are_arrays_of_their_own"),
        changes=(
            edit(
                TENSOR,
                "tensor.grad = np.array(grad) if tensor.grad is None else np.asarray(tensor.grad + grad)",
                "if tensor.grad is None:\n"
                "                    tensor.grad = grad\n"
                "                else:\n"
                "                    tensor.grad += grad",
            ),
        ),
        source="student-bugs 44",
    ),
    Mistake(
        name="a_leaf_has_nothing_to_do",
        hint="Backward of a leaf does nothing: what is the gradient of a tensor with respect to itself?",
        catches=("test_backward_of_a_leaf",),
        changes=(
            edit(
                TENSOR,
                "        flowing: dict[int, Array] = {id(self): upstream}\n",
                "        if self._pull is None:\n            return\n"
                "        flowing: dict[int, Array] = {id(self): upstream}\n",
            ),
        ),
    ),
    Mistake(
        name="missing_gradient_is_ones",
        hint="Without grad_output a tensor of several numbers is treated as their sum; backward should refuse that.",
        catches=("test_backward_refuses_other_shapes",),
        changes=(edit(TENSOR, "            if self.data.size != 1:\n", "            if self.data.size < 1:\n"),),
    ),
    Mistake(
        name="gradient_is_broadcast",
        hint="A grad_output of another shape is broadcast to that of the tensor; backward should refuse it.",
        catches=("test_backward_needs_a_gradient_of_the_right_shape", "test_backward_refuses_other_shapes"),
        changes=(
            edit(
                TENSOR,
                "        if upstream.shape != self.shape:\n",
                "        upstream = np.broadcast_to(upstream, self.shape)\n        if upstream.shape != self.shape:\n",
            ),
        ),
        source="student-bugs 4",
    ),
    Mistake(
        name="backward_of_a_constant_does_nothing",
        hint="Backward of a tensor that does not require grad does nothing; it should raise an error.",
        catches=("test_backward_refuses_constants",),
        changes=(
            edit(
                TENSOR,
                'raise RuntimeError("backward of a tensor that does not require grad")',
                "return",
            ),
        ),
    ),
    # ------------------------------------------------ who requires a gradient
    Mistake(
        name="every_parent_must_require_grad",
        hint="A result requires grad only if all of its parents do: one parent should be enough.",
        catches=("test_requires_grad_is_passed_on", "test_no_grad_cuts_the_graph"),
        changes=(edit(TENSOR, "any(parent.requires_grad for", "all(parent.requires_grad for"),),
    ),
    Mistake(
        name="constants_get_gradients",
        hint="Tensors that do not require grad have a gradient after backward.",
        catches=("test_constants_have_no_gradient", "test_constants_collect_nothing"),
        changes=(
            edit(
                TENSOR,
                "                if parent.requires_grad:\n                    part",
                "                if True:\n                    part",
            ),
            edit(
                TENSOR,
                "(parent, False) for parent in tensor._parents if parent.requires_grad)",
                "(parent, False) for parent in tensor._parents)",
            ),
        ),
    ),
    Mistake(
        name="every_result_requires_grad",
        hint="Results of constants require grad, although none of their parents does.",
        catches=("test_requires_grad_is_passed_on",),
        changes=(
            edit(
                TENSOR,
                "if _recording.get() and any(parent.requires_grad for parent in parents):",
                "if _recording.get():",
            ),
        ),
    ),
    Mistake(
        name="no_grad_changes_nothing",
        hint="Results made within no_grad still require grad: do your operations check whether recording is on?",
        catches=("test_no_grad_flags",),
        changes=(edit(TENSOR, "if _recording.get() and any(", "if any("),),
    ),
    Mistake(
        name="no_grad_is_left_on_by_an_exception",
        hint="After an exception within no_grad, recording stays off: which code runs whenever a with block ends?",
        catches=("test_no_grad_ends_with_an_exception",),
        changes=(
            edit(
                TENSOR,
                "    try:\n        yield\n    finally:\n        _recording.reset(token)\n",
                "    yield\n    _recording.reset(token)\n",
            ),
        ),
    ),
    Mistake(
        name="inner_no_grad_switches_on",
        hint="At the end of an inner no_grad recording is on again, although the outer one has not ended.",
        catches=("test_no_grad_flags", "test_no_grad_ends_with_an_exception"),
        changes=(edit(TENSOR, "        _recording.reset(token)\n", "        _recording.set(True)\n"),),
    ),
    Mistake(
        name="no_grad_for_leaves_too",
        hint="A tensor made within no_grad with requires_grad=True does not require grad; it should.",
        catches=("test_no_grad_flags",),
        changes=(
            edit(
                TENSOR,
                "        self.requires_grad = requires_grad\n",
                "        self.requires_grad = requires_grad and _recording.get()\n",
            ),
        ),
    ),
    # ------------------------------------------------ broadcasting
    Mistake(
        name="broadcasting_is_not_undone",
        hint="The gradient has the result's shape: sum it over the axes along which the operand was repeated.",
        catches=("test_arithmetic_with_broadcasting", "test_empty_batches"),
        changes=(edit(TENSOR, "    if grad.shape == shape:\n        return grad\n", "    return grad\n"),),
        source="student-bugs 3",
    ),
    Mistake(
        name="only_new_axes_are_summed",
        hint="The gradient is summed over the axes that broadcasting added in front, but not over stretched axes of "
        "size 1.",
        catches=("test_arithmetic_with_broadcasting", "test_batched_matmul"),
        changes=(edit(TENSOR, "grad.sum(axis=stretched, keepdims=True)", "grad"),),
        source="student-bugs 3",
    ),
    Mistake(
        name="broadcasting_sums_to_one_number",
        hint="Every element of a repeated operand has the same gradient: is it summed over all axes?",
        catches=("test_arithmetic_with_broadcasting", "test_numbers_and_arrays_on_either_side"),
        changes=(
            edit(
                TENSOR,
                "    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))\n",
                "    return np.full(shape, grad.sum())\n",
            ),
        ),
        source="student-bugs 5",
    ),
    Mistake(
        name="broadcasting_takes_the_mean",
        hint="The gradient of a repeated operand is the mean over its copies; it should be their sum.",
        catches=("test_arithmetic_with_broadcasting",),
        changes=(
            edit(TENSOR, "    grad = grad.sum(axis=tuple(", "    grad = grad.mean(axis=tuple("),
            edit(TENSOR, "grad.sum(axis=stretched, keepdims=True)", "grad.mean(axis=stretched, keepdims=True)"),
        ),
        source="student-bugs 7",
    ),
    # ------------------------------------------------ arithmetic
    Mistake(
        name="subtraction_sends_the_same_gradient_to_both",
        hint="The gradient of what is subtracted has the opposite sign.",
        catches=("test_arithmetic_agrees_with_slopes", "test_arithmetic_with_broadcasting"),
        changes=(edit(TENSOR, "lambda grad: (grad, -grad))", "lambda grad: (grad, grad))"),),
    ),
    Mistake(
        name="product_rule_with_the_wrong_factor",
        hint="The gradient of each factor of a product is multiplied by that factor; it should be the other factor.",
        catches=("test_arithmetic_with_broadcasting",),
        changes=(edit(TENSOR, "(grad * other.data, grad * self.data)", "(grad * self.data, grad * other.data)"),),
    ),
    Mistake(
        name="quotient_without_the_square",
        hint="The gradient of the denominator is -a / b: a second division by b is missing.",
        catches=("test_arithmetic_with_broadcasting",),
        changes=(edit(TENSOR, "-grad * quotient / other.data", "-grad * quotient"),),
    ),
    Mistake(
        name="number_minus_tensor_reversed",
        hint="A number minus a tensor gives the tensor minus the number.",
        catches=("test_numbers_and_arrays_on_either_side",),
        changes=(edit(TENSOR, "self._constant(other) - self", "self - self._constant(other)"),),
    ),
    Mistake(
        name="number_over_tensor_reversed",
        hint="A number divided by a tensor gives the tensor divided by the number.",
        catches=("test_numbers_and_arrays_on_either_side",),
        changes=(edit(TENSOR, "self._constant(other) / self", "self / self._constant(other)"),),
    ),
    Mistake(
        name="array_times_tensor_reversed",
        hint="With an array on the left of @ the two matrices are exchanged.",
        catches=("test_matmul_with_an_array",),
        changes=(edit(TENSOR, "self._constant(other) @ self", "self @ self._constant(other)"),),
    ),
    Mistake(
        name="power_keeps_its_exponent",
        hint="The gradient of x**n is n x**n: is the exponent reduced by one?",
        catches=("test_powers",),
        changes=(edit(TENSOR, "self.data ** (exponent - 1)", "self.data**exponent"),),
    ),
    Mistake(
        name="power_by_the_logarithm",
        hint="A power is computed as exp(n log x): what is the logarithm of a negative number?",
        catches=("test_powers",),
        changes=(edit(TENSOR, "power = self.data**exponent", "power = np.exp(exponent * np.log(self.data))"),),
    ),
    Mistake(
        name="matmul_turns_all_axes",
        hint="The matrices are transposed with .T, which reverses all axes, also those of the batch.",
        catches=("test_batched_matmul",),
        changes=(
            edit(TENSOR, "grad @ other.data.swapaxes(-1, -2)", "grad @ other.data.T"),
            edit(TENSOR, "self.data.swapaxes(-1, -2) @ grad", "self.data.T @ grad"),
        ),
        source="student-bugs 17",
    ),
    # ------------------------------------------------ functions
    Mistake(
        name="exp_times_its_input",
        hint="The gradient of exp is x here: the slope of exp at x is exp(x).",
        catches=("test_functions",),
        changes=(
            edit(
                TENSOR,
                "return _result(y, (self,), lambda grad: (grad * y,))",
                "return _result(y, (self,), lambda grad: (grad * self.data,))",
            ),
        ),
        source="student-bugs 10",
    ),
    Mistake(
        name="tanh_slope_of_the_input",
        hint="The slope of tanh is 1 - y**2, where y is the output, not the input.",
        catches=("test_functions",),
        changes=(edit(TENSOR, "(grad * (1 - y**2),)", "(grad * (1 - self.data**2),)"),),
        source="student-bugs 10",
    ),
    Mistake(
        name="sigmoid_slope_of_the_input",
        hint="The slope of the sigmoid is y (1 - y), where y is the output, not the input.",
        catches=("test_functions",),
        changes=(edit(TENSOR, "(grad * y * (1 - y),)", "(grad * self.data * (1 - self.data),)"),),
        source="student-bugs 10",
    ),
    Mistake(
        name="sigmoid_by_two_exponentials",
        hint="The sigmoid is exp(x) / (1 + exp(x)): what is that for x = 800?",
        catches=("test_functions_far_out",),
        changes=(
            edit(TENSOR, "y = np.exp(-np.logaddexp(0, -self.data))", "y = np.exp(self.data) / (1 + np.exp(self.data))"),
        ),
        source="student-bugs 33",
    ),
    Mistake(
        name="tanh_by_four_exponentials",
        hint="tanh is computed with exp(x) and exp(-x), and one of them overflows for large |x|.",
        catches=("test_functions_far_out",),
        changes=(
            edit(
                TENSOR,
                "y = np.tanh(self.data)",
                "up, down = np.exp(self.data), np.exp(-self.data)\n        y = (up - down) / (up + down)",
            ),
        ),
        source="student-bugs 33",
    ),
    Mistake(
        name="relu_writes_into_its_input",
        hint="relu sets negative elements of its input to 0 in place: work on a copy.",
        catches=("test_arrays_handed_in_stay_as_they_are",),
        changes=(
            edit(
                TENSOR,
                "_result(np.where(positive, self.data, 0), (self,),",
                "_result(np.maximum(self.data, 0, out=self.data), (self,),",
            ),
        ),
        source="student-bugs 12",
    ),
    Mistake(
        name="relu_writes_into_the_gradient",
        hint="relu's backward sets elements of the gradient that it receives to 0 in place: work on a copy.",
        catches=("test_arrays_handed_in_stay_as_they_are",),
        changes=(
            edit(
                TENSOR,
                "lambda grad: (np.where(positive, grad, 0),))",
                "lambda grad: (np.multiply(grad, positive, out=grad),))",
            ),
        ),
        source="student-bugs 13",
    ),
    # ------------------------------------------------ reductions
    Mistake(
        name="axis_is_not_put_back",
        hint="The summed axis is not restored before a sum's gradient is repeated: along which axis does numpy repeat "
        "it?",
        catches=("test_reductions",),
        changes=(
            edit(
                TENSOR,
                "np.broadcast_to(_with_axes(grad, self.shape, axis, keepdims), self.shape)",
                "np.broadcast_to(grad, self.shape)",
            ),
        ),
    ),
    Mistake(
        name="mean_sends_the_gradient_of_a_sum",
        hint="Each element of a mean has the whole gradient: by which number should it be divided?",
        catches=("test_reductions",),
        changes=(
            edit(
                TENSOR,
                "return total / (self.data.size / max(total.data.size, 1))",
                "count = self.data.size / max(total.data.size, 1)\n"
                "        return _result(total.data / count, (total,), lambda grad: (grad,))",
            ),
        ),
        source="student-bugs 7",
    ),
    Mistake(
        name="mean_divides_by_all_elements",
        hint="A mean over one axis is divided by the number of all elements.",
        catches=("test_reductions",),
        changes=(
            edit(
                TENSOR,
                "return total / (self.data.size / max(total.data.size, 1))",
                "return total / max(self.data.size, 1)",
            ),
        ),
        source="student-bugs 25",
    ),
    Mistake(
        name="mean_divides_by_the_size_of_nothing",
        hint="The number of elements in a mean is computed with a division by the size of the result, which may be 0.",
        catches=("test_zero_size_axes",),
        changes=(edit(TENSOR, "(self.data.size / max(total.data.size, 1))", "(self.data.size // total.data.size)"),),
    ),
    Mistake(
        name="max_sends_the_gradient_to_all",
        hint="Every element has the gradient of a max; only the largest should have it.",
        catches=("test_reductions",),
        changes=(
            edit(
                TENSOR,
                "_with_axes(grad, self.shape, axis, keepdims) * share",
                "_with_axes(grad, self.shape, axis, keepdims) + 0 * share",
            ),
        ),
    ),
    Mistake(
        name="max_of_all_for_every_axis",
        hint="Only the largest element of the whole array has a gradient: a max over an axis is taken in each slice.",
        catches=("test_reductions",),
        changes=(
            edit(TENSOR, "chosen = self.data == largest", "chosen = self.data == self.data.max(initial=-np.inf)"),
            edit(TENSOR, "chosen.sum(axis=axis, keepdims=True, dtype=self.data.dtype)", "max(chosen.sum(), 1)"),
        ),
    ),
    # ------------------------------------------------ rearrangements
    Mistake(
        name="reshape_back_by_columns",
        hint="The gradient of reshape has its elements in another order than the input has.",
        catches=("test_reshape_and_transpose",),
        changes=(edit(TENSOR, "(grad.reshape(self.shape),)", '(grad.reshape(self.shape, order="F"),)'),),
    ),
    Mistake(
        name="transpose_forward_again",
        hint="The gradient of transpose uses the same order of axes again: which order is the inverse, for three axes?",
        catches=("test_reshape_and_transpose",),
        changes=(edit(TENSOR, "grad.transpose(np.argsort(order))", "grad.transpose(order)"),),
    ),
    Mistake(
        name="repeated_element_keeps_one_gradient",
        hint="An element that is taken twice has only one of its gradients: what does array[index] += do with repeats?",
        catches=("test_indexing",),
        changes=(edit(TENSOR, "np.add.at(back, index, grad)", "back[index] += grad"),),
        source="student-bugs 97",
    ),
    Mistake(
        name="concatenation_in_equal_pieces",
        hint="The gradient of concatenate is split into equal parts, but the inputs may have different sizes.",
        catches=("test_concatenation",),
        changes=(edit(TENSOR, "np.split(grad, ends[:-1], axis=axis)", "np.array_split(grad, len(parts), axis=axis)"),),
    ),
    Mistake(
        name="concatenation_cut_along_rows",
        hint="The gradient of concatenate is always split along axis 0, even if axis is another one.",
        catches=("test_concatenation",),
        changes=(edit(TENSOR, "np.split(grad, ends[:-1], axis=axis)", "np.split(grad, ends[:-1])"),),
    ),
    # ------------------------------------------------ kinds of numbers
    Mistake(
        name="everything_becomes_float64",
        hint="Tensors of float32 become float64.",
        catches=("test_float32_stays_float32",),
        changes=(
            edit(
                TENSOR,
                "values if np.issubdtype(values.dtype, np.floating) else values.astype(np.float64)",
                "values.astype(np.float64)",
            ),
        ),
        source="student-bugs 49",
    ),
    Mistake(
        name="numbers_are_float64",
        hint="A Python number with a float32 tensor makes a float64 result: which dtype has the array made from the "
        "number?",
        catches=("test_float32_stays_float32",),
        changes=(edit(TENSOR, "dtype=self.data.dtype if isinstance(value, int | float) else None", "dtype=None"),),
        source="student-bugs 49",
    ),
    Mistake(
        name="integers_stay_integers",
        hint="A tensor of integers stays one, and so does its gradient: fractions are lost.",
        catches=("test_integers_become_float64",),
        changes=(
            edit(
                TENSOR,
                "values if np.issubdtype(values.dtype, np.floating) else values.astype(np.float64)",
                "values",
            ),
        ),
        source="student-bugs 87",
    ),
    Mistake(
        name="scalars_have_one_axis",
        hint="A single number becomes an array of shape (1,); its shape should be ().",
        catches=("test_scalars",),
        changes=(edit(TENSOR, "values = np.asarray(data)\n", "values = np.atleast_1d(data)\n"),),
    ),
]
