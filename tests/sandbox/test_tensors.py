"""Tensors of PyTorch on the wire: their dtypes arrive, in both directions, and reading them needs no torch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.model import Workspace
from autograder.runner.child import plaindata, tensors, wire
from autograder.runner.plain import PlainSandbox
from autograder.runner.protocol import Limits, Sandbox, StudentFault
from autograder.runner.runtimes import TORCH
from autograder.sandbox.select import build, doctor
from autograder.testing import CheckFailed, assert_close, dtype_name, tensor
from autograder.testing.values import digest, identical
from tests.sandbox.fuzz import Reader

LIMITS = Limits(cpu_seconds=30, wall_seconds=120, memory_mib=2048, files=128)
NAMES = sorted(tensors.HELD_AS)
ARRAYS = st.sampled_from(NAMES).flatmap(
    lambda name: hnp.arrays(
        tensors.HELD_AS[name], hnp.array_shapes(min_dims=0, min_side=0, max_side=4), elements={"allow_nan": False}
        if tensors.HELD_AS[name][1] in "fc" else None
    ).map(lambda array: tensor(array, name))
)  # fmt: skip
PROBES = b"""
import torch


def as_they_came(*, x, state, many):
    names = [str(one.dtype) for one in (x, *state.values(), *many)]
    return {"names": names, "tensors": all(isinstance(one, torch.Tensor) for one in (x, *state.values(), *many)),
            "x": x, "state": state, "many": many, "double": x + x}


def as_arrays(*, x):
    return {"type": type(x).__name__, "x": torch.from_numpy(x.copy()).requires_grad_() * 2}


def size(*, state):
    return {"count": len(state), "values": sum(one.numel() for one in state.values()), "state": state}


def odd():
    return {"sparse": torch.eye(3).to_sparse(), "transposed": torch.arange(6.0).reshape(2, 3).T,
            "conjugate": torch.tensor([1 + 2j]).conj(), "state": torch.nn.BatchNorm1d(2).state_dict()}


def without_numbers():
    return {"x": torch.empty(3, device="meta")}
"""


def through(value: Any) -> Any:
    """The value as the other side gets it."""
    data = b"".join(map(bytes, wire.encode(wire.OUTPUTS, 5, value)))
    return wire.read_frame(Reader(data), wire.WireLimits()).value


@given(ARRAYS)
def test_an_array_marked_as_a_tensor_arrives(array: np.ndarray) -> None:
    """Dtype, shape and every bit, with no torch on either side."""
    back = through({"state": {"w": array}})["state"]["w"]

    assert dtype_name(array) == dtype_name(back)
    assert identical(array, back)


@given(hnp.arrays("<f4", hnp.array_shapes(max_side=6)))
def test_rounding_to_bfloat16_is_that_of_torch(array: np.ndarray) -> None:
    """To the nearest, ties to even, infinities and NaN included."""
    torch = pytest.importorskip("torch")
    expected = torch.from_numpy(array).bfloat16()

    np.testing.assert_array_equal(expected.float().numpy(), np.asarray(tensor(array, "bfloat16")))


@given(ARRAYS)
def test_tensors_become_arrays_and_tensors_again(array: np.ndarray) -> None:
    """What torch makes of an array has the dtype that the array names, and comes back the same."""
    torch = pytest.importorskip("torch")
    made = tensors.to_torch(array)

    assert f"torch.{dtype_name(array)}" == str(made.dtype)
    back = through([made])[0]
    expected = np.asarray(array).astype(tensors.HELD_AS[dtype_name(array)])
    np.testing.assert_array_equal(expected, np.asarray(back))
    assert dtype_name(array) == dtype_name(back)
    assert isinstance(made, torch.Tensor)


def test_dtypes_are_compared() -> None:
    """bfloat16 is not float32, although all its numbers are float32 numbers."""
    short, full = tensor([1.0, 2.0], "torch.bfloat16"), np.float32([1.0, 2.0])

    assert not identical(short, full)
    assert digest(short) != digest(full)
    assert_close(short, full, rtol=0.0, atol=0.0)
    with pytest.raises(CheckFailed, match="expected dtype bfloat16, got float32"):
        assert_close(full, short, rtol=0.0, atol=0.0, dtype=True)


@pytest.mark.parametrize("name", ["float8_e4m3fn", "quint8", "object", "<U3", "uint16"])
def test_an_unknown_dtype_is_refused(name: str) -> None:
    """The test's author reads which there are."""
    with pytest.raises(ValueError, match=r"no tensors of dtype .*; there are bfloat16, float16"):
        tensor([1], name)


@pytest.mark.parametrize(
    "node",
    [["float32"], ["bfloat16", 0, 2], ["float99", 0, 2], [None, 0, 2], [], ["int8", 0, 3], ["float32", 0, 3], "x"],
)
def test_wrong_nodes_are_refused(node: object) -> None:
    """A dtype that is not that of the bytes, one that does not exist, or no dtype."""
    text = json.dumps({"id": 1, "value": {"$tensor": node}, "arrays": [["<f4", 8]]}).encode()
    data = wire.HEADER.pack(wire.MAGIC, wire.OUTPUTS, len(text), 8) + text + bytes(8)
    with pytest.raises(wire.WireError):
        wire.read_frame(Reader(data), wire.WireLimits())


def test_a_gigabyte_is_a_clear_error() -> None:
    """The weights of a ResNet-18 at the paper's size fit; much more does not, and the message has both numbers."""
    resnet18 = {f"layer{index // 30}.{index}.weight": tensor(np.zeros(93_816, np.float32)) for index in range(122)}
    assert 122 == len(through(resnet18))
    large = {f"w{index}": tensor(np.zeros(1 << 20, np.float32)) for index in range(17)}
    with pytest.raises(plaindata.TooLargeError, match="68 MiB of arrays; at most 64 MiB can be sent"):
        wire.encode(wire.CALL, 1, large)


@pytest.fixture(scope="module", params=["confined", "plain"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """The sandbox of grading, and that of a student's own machine."""
    pytest.importorskip("torch")
    report = doctor()
    if request.param == "confined" and report.strength == "plain":
        pytest.skip("this machine has no isolation")
    found: Sandbox = build(report, TORCH) if request.param == "confined" else PlainSandbox(TORCH.packages)
    yield found
    found.close()


@pytest.mark.slow
def test_probes_receive_tensors(sandbox: Sandbox) -> None:
    """Alone, in a state dict and in a list; results come back with their dtypes; a plain array stays an array."""
    session = sandbox.open(Workspace({"probes.py": PROBES}, frozenset()), LIMITS)
    x = tensor([[1.0, 0.1], [-2.0, 3.0]], "bfloat16")
    state = {"a.weight": tensor([1.5], "float16"), "a.count": tensor([3]), "mask": tensor([True, False])}
    many = [tensor([1j], "complex64"), tensor([255], "uint8")]
    found = session.call("as_they_came", {"x": x, "state": state, "many": many}).outputs
    arrays = session.call("as_arrays", {"x": np.array([1.0, 2.0])}).outputs
    weights = {f"w{index}": tensor(np.full(93_816, index, np.float32)) for index in range(122)}  # a ResNet-18's size
    size = session.call("size", {"state": weights}).outputs
    odd = session.call("odd", {}).outputs
    session.close()

    names = ["bfloat16", "float16", "int64", "bool", "complex64", "uint8"]
    assert ([f"torch.{name}" for name in names], True) == (found["names"], found["tensors"])
    assert ["bfloat16", "bfloat16"] == [dtype_name(found["x"]), dtype_name(found["double"])]
    assert identical(x, found["x"])
    assert names[1:4] == [dtype_name(one) for one in found["state"].values()]
    assert names[4:] == [dtype_name(one) for one in found["many"]]
    assert ("ndarray", [2.0, 4.0]) == (arrays["type"], np.asarray(arrays["x"]).tolist())
    assert (122, 122 * 93_816) == (size["count"], size["values"])
    assert [0.0, 121.0] == [float(size["state"][name][0]) for name in ("w0", "w121")]
    assert np.eye(3).tolist() == odd["sparse"].tolist()
    assert [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]] == odd["transposed"].tolist()
    assert [1 - 2j] == odd["conjugate"].tolist()
    assert ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"] == [*odd["state"]]


@pytest.mark.slow
def test_a_tensor_without_numbers_is_said_to_be_one(sandbox: Sandbox) -> None:
    """A tensor on the meta device cannot travel; the message says why."""
    session = sandbox.open(Workspace({"probes.py": PROBES}, frozenset()), LIMITS)
    with pytest.raises(StudentFault) as caught:
        session.call("without_numbers", {})
    session.close()

    assert "meta device has no numbers" in caught.value.exception_text
