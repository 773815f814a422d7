"""Hidden tests of s03: every operation at several shapes, and graphs of every form."""

import itertools

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

# The rounding errors of some dozens of float64 operations stay below 1e-12 of the values, which are of order one;
# every known mistake differs by more than 1e-3.
EXACT = {"rtol": 1e-9, "atol": 1e-10}

SHAPES = pytest.mark.parametrize(
    ("shape_a", "shape_b"),
    [
        pytest.param((4, 3), (4, 3), id="equal"),
        pytest.param((3,), (4, 3), id="row"),
        pytest.param((1, 3), (2, 1), id="both_stretched"),
        pytest.param((), (2, 3), id="scalar"),
        pytest.param((2, 1, 4), (3, 1), id="three_axes"),
        pytest.param((1,), (2, 1, 3), id="single"),
    ],
)


def away_from_zero(rng, *shape):
    """Random numbers of either sign, between 0.5 and 2."""
    return rng.uniform(0.5, 2.0, shape) * rng.choice([-1.0, 1.0], shape)


def compare(student, reference, probe, inputs):
    """All outputs of a probe equal the reference's."""
    assert_close(getattr(student, probe)(**inputs), getattr(reference, probe)(**inputs), **EXACT)


@SHAPES
@pytest.mark.parametrize("name", ["+", "-", "*", "/"], ids=["add", "subtract", "multiply", "divide"])
def test_arithmetic_with_broadcasting(student, reference, rng, name, shape_a, shape_b):
    """Values and both gradients of + - * / for shapes that numpy broadcasts; each gradient has its operand's shape."""
    inputs = {
        "name": name,
        "a": away_from_zero(rng, *shape_a),
        "b": away_from_zero(rng, *shape_b),
        "grad_output": rng.standard_normal(np.broadcast_shapes(shape_a, shape_b)),
    }
    compare(student, reference, "binary", inputs)


@pytest.mark.parametrize("constant_is_left", [True, False], ids=["left", "right"])
@pytest.mark.parametrize("shape", [None, (3,), (4, 3)], ids=["number", "array", "larger_array"])
@pytest.mark.parametrize("name", ["+", "-", "*", "/"], ids=["add", "subtract", "multiply", "divide"])
def test_numbers_and_arrays_on_either_side(student, reference, rng, name, shape, constant_is_left):
    """A plain number or array on the left or right of a tensor is a constant, broadcast like a tensor."""
    constant = away_from_zero(rng, *(shape or ()))
    inputs = {
        "name": name,
        "x": away_from_zero(rng, 3),
        "constant": float(constant) if shape is None else constant,
        "constant_is_left": constant_is_left,
        "grad_output": rng.standard_normal(shape or 3),
    }
    compare(student, reference, "with_constant", inputs)


@pytest.mark.parametrize("constant_is_left", [True, False], ids=["left", "right"])
def test_matmul_with_an_array(student, reference, rng, constant_is_left):
    """A plain array on the left or right of @ is a constant matrix."""
    inputs = {
        "name": "@",
        "x": rng.standard_normal((3, 5)),
        "constant": rng.standard_normal((2, 3) if constant_is_left else (5, 2)),
        "constant_is_left": constant_is_left,
        "grad_output": rng.standard_normal((2, 5) if constant_is_left else (3, 2)),
    }
    compare(student, reference, "with_constant", inputs)


@pytest.mark.parametrize("exponent", [2, 3, 1, -1, -2, 0.5, 2.5], ids=lambda exponent: f"exponent_{exponent}")
def test_powers(student, reference, rng, exponent):
    """Values and gradients of x ** n for positive, negative and fractional n; for whole n also where x < 0."""
    x = away_from_zero(rng, 2, 4)
    inputs = {
        "name": "**",
        "x": x if exponent == int(exponent) else np.abs(x),
        "settings": {"exponent": exponent},
        "grad_output": rng.standard_normal((2, 4)),
    }
    compare(student, reference, "unary", inputs)


@pytest.mark.parametrize("name", ["neg", "exp", "log", "relu", "tanh", "sigmoid"])
def test_functions(student, reference, rng, name):
    """Values and gradients of the functions of one tensor, for a random upstream gradient."""
    x = away_from_zero(rng, 3, 5)
    inputs = {"name": name, "x": np.abs(x) if name == "log" else x, "grad_output": rng.standard_normal((3, 5))}
    compare(student, reference, "unary", inputs)


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_functions_far_out(student, reference, rng, name):
    """Tanh and sigmoid and their gradients are finite and correct for inputs as large as 1000."""
    x = np.array([-1000.0, -800.0, -40.0, -1.5, 1.5, 40.0, 800.0, 1000.0]) * rng.uniform(0.9, 1.0)
    inputs = {"name": name, "x": x, "grad_output": away_from_zero(rng, 8)}
    # 1 - y is rounded to 1e-16 near y = 1; the known mistakes give NaN there.
    assert_close(student.unary(**inputs), reference.unary(**inputs), rtol=0.0, atol=1e-9)


@pytest.mark.parametrize(
    ("shape_a", "shape_b", "shape_y"),
    [
        pytest.param((2, 4), (4, 3), (2, 3), id="matrices"),
        pytest.param((5, 2, 4), (5, 4, 3), (5, 2, 3), id="equal_batches"),
        pytest.param((5, 2, 4), (4, 3), (5, 2, 3), id="batch_and_matrix"),
        pytest.param((2, 4), (5, 4, 3), (5, 2, 3), id="matrix_and_batch"),
        pytest.param((5, 1, 2, 4), (6, 4, 3), (5, 6, 2, 3), id="batches_broadcast"),
        pytest.param((1, 2, 4), (5, 4, 1), (5, 2, 1), id="batch_of_one"),
    ],
)
def test_batched_matmul(student, reference, rng, shape_a, shape_b, shape_y):
    """Values and both gradients of matrix products whose leading axes are batches and broadcast."""
    inputs = {
        "name": "@",
        "a": rng.standard_normal(shape_a),
        "b": rng.standard_normal(shape_b),
        "grad_output": rng.standard_normal(shape_y),
    }
    compare(student, reference, "binary", inputs)


@pytest.mark.parametrize("keepdims", [False, True], ids=["dropped", "kept"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, [0, 2], [-1, -2]], ids=lambda axis: f"axis_{axis}")
@pytest.mark.parametrize("name", ["sum", "mean", "max"])
def test_reductions(student, reference, rng, name, axis, keepdims):
    """Values and gradients of sum, mean and max over one axis, several and all, with and without keepdims."""
    x = rng.permutation(30).reshape(2, 3, 5) / 10 + rng.uniform(0.0, 0.05)  # no two are equal
    shape = np.sum(x, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims).shape
    inputs = {
        "name": name,
        "x": x,
        "settings": {"axis": axis, "keepdims": keepdims},
        "grad_output": np.asarray(away_from_zero(rng, *shape)),
    }
    compare(student, reference, "unary", inputs)


@pytest.mark.parametrize(
    ("name", "settings", "shape"),
    [
        pytest.param("reshape", {"shape": [6, 5]}, (6, 5), id="reshape"),
        pytest.param("reshape", {"shape": [3, -1]}, (3, 10), id="reshape_with_-1"),
        pytest.param("reshape with a tuple", {"shape": [5, 3, 2]}, (5, 3, 2), id="reshape_with_a_tuple"),
        pytest.param("T", {}, (5, 3, 2), id="T"),
        pytest.param("transpose", {}, (5, 3, 2), id="transpose"),
        pytest.param("transpose", {"axes": [1, 2, 0]}, (3, 5, 2), id="transpose_in_a_cycle"),
        pytest.param("transpose", {"axes": [0, -1, 1]}, (2, 5, 3), id="transpose_with_negative_axes"),
    ],
)
def test_reshape_and_transpose(student, reference, rng, name, settings, shape):
    """Each gradient of reshape and transpose is at the place from which its element was taken."""
    inputs = {
        "name": name,
        "x": rng.standard_normal((2, 3, 5)),
        "settings": settings,
        "grad_output": rng.standard_normal(shape),
    }
    compare(student, reference, "unary", inputs)


@pytest.mark.parametrize(
    ("index", "shape"),
    [
        pytest.param([1], (3, 5), id="number"),
        pytest.param([{"slice": [None, None, None]}, {"slice": [2, None, -1]}], (2, 3, 5), id="slices"),
        pytest.param(["...", {"slice": [0, 5, 2]}], (2, 3, 3), id="ellipsis"),
        pytest.param([0, None, 2], (1, 5), id="new_axis"),
        pytest.param([np.array([1, 1, 0, 1])], (4, 3, 5), id="repeated_rows"),
        pytest.param([np.array([0, 1, 0]), np.array([2, 1, 2])], (3, 5), id="repeated_pairs"),
        pytest.param([np.array([[True, False, True], [False, True, True]])], (4, 5), id="boolean"),
    ],
)
def test_indexing(student, reference, rng, index, shape):
    """Each gradient of [] is at the place of its element, and those of a repeated element are added."""
    inputs = {
        "name": "[]",
        "x": rng.standard_normal((2, 3, 5)),
        "settings": {"index": index},
        "grad_output": away_from_zero(rng, *shape),
    }
    compare(student, reference, "unary", inputs)


@pytest.mark.parametrize(
    ("axis", "parts", "use", "shape"),
    [
        pytest.param(0, [(2, 3), (4, 3)], [0, 1], (6, 3), id="axis_0"),
        pytest.param(-1, [(2, 3), (2, 5)], [0, 1], (2, 8), id="last_axis"),
        pytest.param(1, [(2, 1, 4), (2, 3, 4)], [1, 0, 1], (2, 7, 4), id="one_part_twice"),
        pytest.param(0, [(4, 3)], [0], (4, 3), id="one_part"),
    ],
)
def test_concatenation(student, reference, rng, axis, parts, use, shape):
    """Each part, also beside an array, gets its piece of the gradient; a part used twice gets the sum of two."""
    inputs = {
        "parts": [rng.standard_normal(size) for size in parts],
        "use": use,
        "axis": axis,
        "grad_output": rng.standard_normal(shape),
    }
    compare(student, reference, "joined", inputs)
    twice = [size * 2 if place == axis % len(shape) else size for place, size in enumerate(shape)]
    constant = {"constant": rng.standard_normal(shape), "grad_output": rng.standard_normal(twice)}
    compare(student, reference, "joined", inputs | constant)


def test_diamonds_of_depth_three(student, reference, rng):
    """Three diamonds in series, in which each tensor is used twice, pass on complete gradients only."""
    inputs = {
        "leaves": {"x": rng.standard_normal((2, 3)), "w": away_from_zero(rng, 3)},
        "program": [
            ["a", "*", "x", "x"],
            ["b", "*", "a", "w"],
            ["c", "+", "a", "b"],
            ["d", "tanh", "c"],
            ["e", "+", "c", "d"],
            ["f", "*", "e", "d"],
            ["g", "+", "f", "e"],
        ],
        "backward": [["g", rng.standard_normal((2, 3))]],
    }
    compare(student, reference, "graph", inputs)


def test_long_and_short_paths_meet(student, reference, rng):
    """A tensor that is used directly and through a long path passes on the sum of both gradients."""
    inputs = {
        "leaves": {"x": rng.standard_normal((3, 2)), "w": away_from_zero(rng, 3, 1)},
        "program": [
            ["a", "*", "x", "w"],
            ["b", "tanh", "a"],
            ["c", "*", "b", "w"],
            ["d", "tanh", "c"],
            ["e", "+", "a", "d"],  # the short path from a is first here
            ["f", "*", "d", "a"],  # and last here
            ["y", "-", "e", "f"],
            ["z", "*", "y", "x"],
        ],
        "backward": [["z", rng.standard_normal((3, 2))]],
    }
    compare(student, reference, "graph", inputs)


def random_program(rng, leaves, steps):
    """A program in which every leaf and many results are used several times; tanh keeps the values of order one."""
    names, program = list(leaves), []
    for number in range(steps):
        left = names[number % len(names)] if number < 2 * len(leaves) else str(rng.choice(names))
        recent = names[-int(rng.integers(1, 4))]
        program += [[f"p{number}", "+*-"[number % 3], left, recent], [f"q{number}", "tanh", f"p{number}"]]
        names.append(f"q{number}")
    total = [["s0", "sum", "q0"]]
    total += [[f"t{number}", "sum", f"q{number}"] for number in range(1, steps)]
    total += [[f"s{number}", "+", f"s{number - 1}", f"t{number}"] for number in range(1, steps)]
    return program + total


@pytest.mark.parametrize("steps", [6, 15, 40])
def test_random_graphs(student, reference, rng, steps):
    """Random graphs of tensors of four shapes, in which every result is part of the loss."""
    leaves = {
        "a": rng.standard_normal((3, 1)),
        "b": rng.standard_normal(4),
        "c": rng.standard_normal((3, 4)),
        "d": np.array(rng.standard_normal()),
    }
    inputs = {
        "leaves": leaves,
        "program": random_program(rng, leaves, steps),
        "backward": [[f"s{steps - 1}", np.array(rng.uniform(0.5, 2.0))]],
    }
    compare(student, reference, "graph", inputs)


def test_many_diamonds_cost_linear_time(student, reference, rng):
    """Forty diamonds in series: 2**40 paths, but only 120 operations."""
    inputs = {
        "x": rng.standard_normal((2, 3)),
        "a": 0.7,
        "b": 0.25,
        "levels": 40,
        "grad_output": away_from_zero(rng, 2, 3),
    }
    compare(student, reference, "diamonds", inputs)


def test_graph_10000_operations_deep(student, reference, rng):
    """A chain of 10,000 operations, one after another, has its gradient."""
    factor = rng.uniform(0.9998, 0.9999)
    inputs = {
        "x": rng.standard_normal(3),
        "factor": factor,
        "shift": 0.01,
        "links": 5000,
        "grad_output": away_from_zero(rng, 3),
    }
    compare(student, reference, "chain", inputs)


def test_gradients_add_up_over_calls(student, reference, rng):
    """Backward called three times, from two results of one graph, adds three complete gradients to each leaf."""
    inputs = {
        "leaves": {"x": rng.standard_normal((2, 3)), "w": away_from_zero(rng, 3)},
        "program": [["h", "*", "x", "w"], ["y", "tanh", "h"], ["z", "*", "h", "y"]],
        "backward": [[name, rng.standard_normal((2, 3))] for name in ("y", "z", "y")],
    }
    compare(student, reference, "graph", inputs)


def test_graph_goes_on_after_backward(student, reference, rng):
    """Backward from the middle of a graph does not change the result of a later call from its end."""
    inputs = {
        "leaves": {"x": rng.standard_normal(4)},
        "program": [["a", "*", "x", "x"], ["b", "tanh", "a"], ["y", "*", "b", "a"]],
        "backward": [[name, rng.standard_normal(4)] for name in ("a", "b", "y")],
    }
    compare(student, reference, "graph", inputs)


def test_gradients_are_arrays_of_their_own(student, reference, rng):
    """Two leaves of a sum, whose gradients are equal after the first call, do not share one array afterwards."""
    inputs = {
        "leaves": {"a": rng.standard_normal((2, 3)), "b": rng.standard_normal((2, 3))},
        "program": [["y", "+", "a", "b"], ["z", "*", "a", "y"]],
        "backward": [[name, away_from_zero(rng, 2, 3)] for name in ("y", "y", "z")],
    }
    compare(student, reference, "graph", inputs)


def test_backward_of_a_leaf(student, rng):
    """Backward of a leaf itself adds grad_output to its gradient, once for each call."""
    first, second = rng.standard_normal((2, 3)), rng.standard_normal((2, 3))
    inputs = {"leaves": {"x": rng.standard_normal((2, 3))}, "program": [], "backward": [["x", first], ["x", second]]}
    assert_close(student.graph(**inputs)["grads"]["x"], first + second, label="grads['x']", **EXACT)


def test_arrays_handed_in_stay_as_they_are(student, rng):
    """No operation and no backward changes the data of its operands or the gradient it was given."""
    inputs = {"x": away_from_zero(rng, 3, 2), "b": away_from_zero(rng, 3, 2), "grad_output": away_from_zero(rng, 3, 2)}
    inputs["x"][1, 0] = -abs(inputs["x"][1, 0])  # for relu: else all elements are positive on one seed in 64
    assert_close(student.kept(**inputs), inputs, rtol=0.0)  # nothing wrote to them, so they are equal


@pytest.mark.parametrize(
    "program",
    [
        pytest.param([["h", "@", "x", "w"], ["z", "+", "h", "b"], ["a", "relu", "z"], ["y", "sum", "a"]], id="layer"),
        pytest.param([["p", "*", "x", "r"], ["q", "-", "p", "r"], ["y", "sum", "q"]], id="stretched_to_nothing"),
        pytest.param([["m", "mean", "b"], ["p", "/", "x", "m"], ["y", "sum", "p"]], id="beside_a_mean"),
    ],
)
def test_empty_batches(student, reference, rng, program):
    """Forward and backward of a batch without rows: its gradient is empty, and those of the weights are 0."""
    leaves = {
        "x": np.zeros((0, 3)),
        "w": rng.standard_normal((3, 2)),
        "b": rng.uniform(0.5, 2.0, 2),
        "r": rng.standard_normal((1, 3)),
    }
    used = {operand for step in program for operand in step[2:]} & leaves.keys()
    inputs = {"leaves": {name: leaves[name] for name in sorted(used)}, "program": program, "backward": [["y"]]}
    compare(student, reference, "graph", inputs)


@pytest.mark.parametrize(
    ("name", "settings", "shape"),
    [
        pytest.param("mean", {"axis": 1}, (0,), id="mean"),
        pytest.param("max", {"axis": 1}, (0,), id="max"),
        pytest.param("sum", {"axis": 0}, (3,), id="sum"),
        pytest.param("reshape", {"shape": [0, 3, 1]}, (0, 3, 1), id="reshape"),
        pytest.param("transpose", {}, (3, 0), id="transpose"),
        pytest.param("[]", {"index": [{"slice": [0, 2, None]}]}, (0, 3), id="slice"),
    ],
)
def test_zero_size_axes(student, reference, rng, name, settings, shape):
    """Operations on a tensor of shape (0, 3) have the same shapes as in numpy, and an empty gradient."""
    inputs = {"name": name, "x": np.zeros((0, 3)), "settings": settings, "grad_output": rng.standard_normal(shape)}
    compare(student, reference, "unary", inputs)


def test_scalars(student, rng):
    """A tensor of one Python number and its gradient have shape (), and backward needs no argument."""
    value = float(rng.uniform(0.5, 1.5))
    result = student.from_scalar(value=value)
    slope = np.tanh(value) + value * (1 - np.tanh(value) ** 2)
    assert_close(result["y"], value * np.tanh(value), label="y", **EXACT)
    assert_close(result["grad_x"], slope, label="grad_x", **EXACT)
    assert_that(result["shapes"] == [[], []], "the shapes of y and of grad should both be ()")


def test_integers_become_float64(student, rng):
    """A tensor made from a list of integers has fractional gradients."""
    values, grad_output = rng.integers(1, 9, 5), rng.uniform(0.1, 0.9, 5)
    result = student.of_integers(values=values.tolist(), grad_output=grad_output)
    assert_close(result, {"y": values**2.0, "grad_x": 2 * values * grad_output}, **EXACT)


def test_float32_stays_float32(student, rng):
    """Results and gradients of float32 tensors and Python numbers are float32; beside float64 they are float64."""
    result = student.dtypes(x=rng.standard_normal((4, 3)), weight=rng.standard_normal((3, 2)))
    for name in ("y", "grad_x", "grad_weight", "grad of a float64 grad_output"):
        assert_that(result[name] == "float32", f"{name} is not float32")
    assert_that(result["float64"] == "float64", "a float32 tensor times a float64 array is not float64")


def test_requires_grad_is_passed_on(student, rng):
    """A result requires grad if one of its parents does, and not otherwise."""
    result = student.flags(x=rng.standard_normal((2, 3)))
    for name in ("made directly", "constant * constant", "constant.exp()"):
        assert_that(not result[name], f"requires_grad should be False: {name}")
    for name in (
        "made directly with requires_grad=True",
        "constant * tensor",
        "tensor.exp()",
        "concatenate of both",
    ):
        assert_that(result[name], f"requires_grad should be True: {name}")


def test_constants_collect_nothing(student, reference, rng):
    """Constants within a graph have no gradient afterwards, and every leaf that requires one has the correct one."""
    inputs = {
        "leaves": {"w": rng.standard_normal((3, 2)), "b": rng.standard_normal(2)},
        "constants": {"x": rng.standard_normal((4, 3)), "k": away_from_zero(rng, 2)},
        "program": [["s", "*", "k", "k"], ["h", "@", "x", "w"], ["i", "+", "h", "b"], ["j", "*", "i", "s"]],
        "backward": [["j", rng.standard_normal((4, 2))]],
    }
    compare(student, reference, "graph", inputs)


def test_no_grad_flags(student, rng):
    """Within no_grad results require no grad, also after an inner no_grad has ended; afterwards they do again."""
    found = student.without_recording(x=rng.standard_normal(3), grad_output=rng.standard_normal(3))["flags"]
    for name in ("inside", "inside two", "inside one, after the second"):
        assert_that(not found[name], f"requires_grad of a result should be False: {name}")
    for name in ("made directly inside", "after"):
        assert_that(found[name], f"requires_grad should be True: {name}")


def test_no_grad_ends_with_an_exception(student, rng):
    """After an exception within a no_grad block, recording is as it was before the block."""
    found = student.after_exception(x=rng.standard_normal(3))
    assert_that(found["after both"], "results do not require grad after an exception has ended two blocks")
    assert_that(
        not found["within the outer"],
        "results require grad in the outer block after an exception has ended the inner one",
    )


def test_no_grad_cuts_the_graph(student, rng):
    """What was computed within no_grad is a constant in a later graph."""
    x, grad_output = away_from_zero(rng, 3), rng.standard_normal(3)
    result = student.without_recording(x=x, grad_output=grad_output)
    assert_close(result["value_k"], 3 * x, label="value of k", **EXACT)
    assert_close(result["grad_x"], 2 * x * grad_output, label="grad of x", **EXACT)


@pytest.mark.parametrize(
    ("shape", "grad_shape"),
    [
        pytest.param((2, 3), None, id="missing"),
        pytest.param((2, 3), (3,), id="row"),
        pytest.param((2, 3), (2, 1), id="column"),
        pytest.param((2, 3), (3, 2), id="transposed"),
    ],
)
def test_backward_refuses_other_shapes(student, rng, shape, grad_shape):
    """Backward raises ValueError if grad_output is missing or has another shape, even one that broadcasts."""
    grad_output = None if grad_shape is None else rng.standard_normal(grad_shape)
    result = student.refusal(x=rng.standard_normal(shape), requires_grad=True, grad_output=grad_output)
    assert_that(result["raised"] == "ValueError", "backward did not raise ValueError")


def test_backward_refuses_constants(student, rng):
    """Backward of a tensor that does not require grad raises RuntimeError."""
    result = student.refusal(x=rng.standard_normal(3), requires_grad=False, grad_output=rng.standard_normal(3))
    assert_that(result["raised"] == "RuntimeError", "backward did not raise RuntimeError")


@pytest.mark.parametrize(
    ("activation", "loss"),
    [("tanh", "CrossEntropyLoss"), ("relu", "MSELoss"), ("sigmoid", "CrossEntropyLoss")],
    ids=["tanh_cross_entropy", "relu_mse", "sigmoid_cross_entropy"],
)
def test_mlp_trains_as_with_modules(student, reference, rng, activation, loss):
    """Thirty steps on an MLP of tensors have the same losses as with the layers of s02."""
    sizes = [4, 6, 5, 3]
    inputs = {
        "activation": activation,
        "loss": loss,
        "weights": [rng.standard_normal((m, n)) / np.sqrt(n) for n, m in itertools.pairwise(sizes)],
        "biases": [0.1 * rng.standard_normal(m) for m in sizes[1:]],
        "x": rng.standard_normal((12, 4)),
        "target": rng.integers(0, 3, 12) if loss == "CrossEntropyLoss" else rng.standard_normal((12, 3)),
        "lr": 0.1,
        "steps": 30,
    }
    got = student.tensor_curve(**inputs)
    # In 30 steps rounding errors grow to 1e-13; every known mistake differs by more than 1e-3.
    assert_close(got, reference.module_curve(**inputs), rtol=1e-8)
