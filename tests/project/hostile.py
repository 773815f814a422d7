"""Projects that attack the grader or ask for marks that they have not earned, and what each must lose."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MODEL, TRAIN, PREDICT = "project/model.py", "project/train.py", "project/predict.py"
CONFIG, RESULTS, REPORT = "project/config.toml", "project/results.json", "project/report.md"
WEIGHTS, LOG = "project/weights.safetensors", "project/runs/events.out.tfevents.1.project.1"
CANARY = "/tmp/autograder-project-canary"
Files = dict[str, bytes]
IN_TRAIN = '    settings = config["train"]\n'
IN_PREDICT = "    model.eval()\n    device = next"
TRAINING_TESTS = ("test_few_items_are_learnt", "test_early_training_can_be_reproduced")
PREDICTION_TESTS = ("test_predictions_have_their_form", "test_claim_holds_on_new_data")


@dataclass(frozen=True)
class Hostile:
    """One project.

    Attributes:
        change: makes its files of the model project's.
        loses: tests that it must not pass.
    """

    name: str
    change: Callable[[Files], Files]
    loses: tuple[str, ...]


def _edit(path: str, old: str, new: str) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        text = files[path].decode()
        if text.count(old) != 1:
            raise ValueError(f"{path} does not have once: {old}")
        return files | {path: text.replace(old, new).encode()}

    return change


def _with(path: str, data: bytes) -> Callable[[Files], Files]:
    return lambda files: files | {path: data}


def _log(data: bytes) -> Callable[[Files], Files]:
    """The only event file is this one."""
    return lambda files: {path: one for path, one in files.items() if "tfevents" not in path} | {LOG: data}


def _changed_log(change: Callable[[bytes], bytes]) -> Callable[[Files], Files]:
    def changed(files: Files) -> Files:
        (path,) = (path for path in files if "tfevents" in path)
        return files | {path: change(files[path])}

    return changed


def _claim(key: str, value: object) -> Callable[[Files], Files]:
    return lambda files: files | {RESULTS: json.dumps(json.loads(files[RESULTS]) | {key: value}).encode()}


def _both(*changes: Callable[[Files], Files]) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        for one in changes:
            files = one(files)
        return files

    return change


def _in_train(lines: str) -> Callable[[Files], Files]:
    return _edit(TRAIN, IN_TRAIN, "".join(f"    {line}\n" for line in lines.splitlines()) + IN_TRAIN)


def _in_predict(lines: str) -> Callable[[Files], Files]:
    return _edit(PREDICT, IN_PREDICT, "".join(f"    {line}\n" for line in lines.splitlines()) + IN_PREDICT)


class _Program:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (CANARY, "w")


def _zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(64 << 20))
    return file.getvalue()


def _header(header: Mapping[str, object] | bytes, numbers: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + numbers


def _nan_weights(files: Files) -> Files:
    data = files[WEIGHTS]
    start = 8 + int.from_bytes(data[:8], "little")
    numbers = struct.pack("<f", float("nan")) * ((len(data) - start) // 4)
    return files | {WEIGHTS: data[:start] + numbers + data[start + len(numbers) :]}


TENSOR = {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}
PATCH_METRICS = """import project.course.metrics as metrics
metrics.measure = lambda track, outputs, targets: metrics.Measured(1.0, 0.001)
"""
PATCH_FILES = """import project.course.handed_in as handed_in
handed_in.read_curve = handed_in.read_claims = lambda files: None
"""
HOSTILE = [
    Hostile("weights that are a pickle", _with(WEIGHTS, pickle.dumps(_Program())), ("test_weights_fit_the_model",)),
    Hostile("weights that are a zip bomb", _with(WEIGHTS, _zip_bomb()), ("test_weights_fit_the_model",)),
    Hostile(
        "weights with a header of 4 EiB",
        _with(WEIGHTS, (1 << 62).to_bytes(8, "little")),
        ("test_weights_fit_the_model",),
    ),
    Hostile("weights of 4 TiB", _with(WEIGHTS, _header({"w": TENSOR}, b"\0" * 8)), ("test_weights_fit_the_model",)),
    Hostile("weights with a nested header", _with(WEIGHTS, _header(b"[" * 90_000)), ("test_weights_fit_the_model",)),
    Hostile("weights of NaN", _nan_weights, ("test_weights_fit_the_model",)),
    Hostile("no weights", _with(WEIGHTS, b""), ("test_weights_fit_the_model",)),
    Hostile("log that declares 4 EiB", _log((1 << 62).to_bytes(8, "little") + bytes(8)), ("test_log_has_every_step",)),
    Hostile("log of 17 MiB", _log(bytes(17 << 20)), ("test_log_has_every_step",)),
    Hostile("log cut short", _changed_log(lambda data: data[:-5]), ("test_log_has_every_step",)),
    Hostile(
        "log with changed bytes",
        _changed_log(lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:]),
        ("test_log_has_every_step",),
    ),
    Hostile("log twice", _changed_log(lambda data: data + data), ("test_log_has_every_step",)),
    Hostile("claim of 1", _claim("value", 1.0), ("test_claim_holds_on_new_data", "test_claim_is_that_of_the_weights")),
    Hostile("claim of NaN", _claim("value", float("nan")), ("test_claims_can_be_read",)),
    Hostile("claims nested", _with(RESULTS, b"[" * 60_000), ("test_claims_can_be_read",)),
    Hostile("configuration nested", _with(CONFIG, b"a = " + b"[" * 30_000), ("test_claims_can_be_read",)),
    Hostile(
        "claim of 1, and metrics patched",
        _both(
            _claim("value", 1.0), _edit(MODEL, "import torch\nfrom torch", PATCH_METRICS + "import torch\nfrom torch")
        ),
        ("test_claim_holds_on_new_data",),
    ),
    Hostile(
        "claim of 1, and readers patched",
        _both(_claim("value", 1.0), _edit(MODEL, "import torch\nfrom torch", PATCH_FILES + "import torch\nfrom torch")),
        ("test_claim_holds_on_new_data",),
    ),
    Hostile(
        "predictions of one class",
        _in_predict("return torch.eye(6)[torch.zeros(len(inputs), dtype=torch.long)]"),
        ("test_new_data_beat_the_baseline", "test_claim_holds_on_new_data"),
    ),
    Hostile(
        "predictions from a file",
        _in_predict("return torch.tensor([len(open('/etc/passwd').read())])"),
        PREDICTION_TESTS,
    ),
    Hostile(
        "predictions by place in the batch",
        _edit(
            PREDICT,
            "    return torch.cat([model(part.to(device)).cpu() for part in inputs.split(256)])",
            "    scores = torch.cat([model(part.to(device)).cpu() for part in inputs.split(256)])\n"
            "    return scores + torch.arange(len(inputs))[:, None] % 6 * torch.arange(6)",
        ),
        ("test_items_do_not_see_each_other",),
    ),
    Hostile("predictions without end", _in_predict("while True:\n    pass"), PREDICTION_TESTS),
    Hostile("predictions of a gigabyte", _in_predict("return torch.zeros(len(inputs), 1 << 24)"), PREDICTION_TESTS),
    Hostile(
        "training over the network",
        _in_train("import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)"),
        TRAINING_TESTS,
    ),
    Hostile("training in another process", _in_train("import os\nif os.fork() == 0:\n    os._exit(0)"), TRAINING_TESTS),
    Hostile(
        "training in a thousand threads",
        _in_train(
            "import threading, time\nfor _ in range(1000):\n    threading.Thread(target=time.sleep, args=(9,)).start()"
        ),
        TRAINING_TESTS,
    ),
    Hostile("training on a GPU that is not there", _in_train('device = "cuda"'), TRAINING_TESTS),
    Hostile(
        "training that loads a program",
        _in_train(
            "import io, pickle\n"
            "class Program:\n"
            "    def __reduce__(self):\n"
            "        import os\n"
            "        return os.mkdir, ('/etc/autograder-canary',)\n"
            "torch.load(io.BytesIO(pickle.dumps(Program())), weights_only=False)"
        ),
        TRAINING_TESTS,
    ),
    Hostile("training that ends the process", _in_train("import os\nos._exit(0)"), TRAINING_TESTS),
    Hostile("training that fills the memory", _in_train("kept = [bytes(1 << 28) for _ in range(64)]"), TRAINING_TESTS),
    Hostile(
        "the curve as the losses",
        _edit(TRAIN, "    return model.eval(), losses\n", "    return model.eval(), [1.0] * len(losses)\n"),
        ("test_the_seed_decides_the_training", "test_early_training_can_be_reproduced"),
    ),
]
