"""Runs in the student's process: imports the submission, calls probes and sends their results.

The tester trusts nothing here. A submission may patch every line of it, and gains only a bad reply.
"""

from __future__ import annotations

import errno
import importlib
import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from time import process_time
from typing import Any

import numpy as np

from . import imports, plaindata, resources, wire
from .streams import Stream

TEXT_CHARACTERS = 2000
RESERVE_BYTES = 1 << 20
OUT_OF_MEMORY, CONNECTION_LOST = 119, 120  # exit codes of a process that could not reply
LOAD_LIMITS = wire.WireLimits(payload_bytes=256 << 20)
CALL_LIMITS = wire.WireLimits(payload_bytes=1 << 30)


def serve(
    stream: Stream,
    marker_fd: int | None = None,
    before_load: Callable[[frozenset[str]], None] | None = None,
) -> None:
    """Load the submission, then answer calls until the tester closes.

    Args:
        stream: the connection to the tester.
        marker_fd: where to write the request id at the end of a call's output, for a tester that cannot poll pipes.
        before_load: called with the paths of the submission's files before any of them is imported.
    """
    frame = wire.read_frame(stream.receive, LOAD_LIMITS, frozenset((wire.LOAD,)))
    message = frame.value
    student_paths = frozenset(json.loads(message["student_paths"]))
    limits = wire.WireLimits(payload_bytes=message["reply_bytes"])
    for file in (sys.stdout, sys.stderr):
        if isinstance(file, io.TextIOWrapper):
            file.reconfigure(line_buffering=True)  # what was printed before a time-out or a crash is not lost
    if before_load is not None:
        before_load(student_paths)
    load = partial(_load, message, student_paths)
    pieces = _attempt(load, frame.request_id, wire.READY, limits, student_paths)
    _finish(stream, pieces, marker_fd, frame.request_id)
    del frame, message, load
    while True:
        del pieces  # free a large reply, or large inputs, before the next ones are received
        try:
            frame = wire.read_frame(stream.receive, CALL_LIMITS, frozenset((wire.CALL,)), make_tensors=True)
        except wire.PeerClosedError:
            return
        answer = partial(_answer, frame.value, student_paths)
        request_id = frame.request_id
        del frame
        pieces = _attempt(answer, request_id, wire.OUTPUTS, limits, student_paths)
        del answer
        _finish(stream, pieces, marker_fd, request_id)


def exit_code_without_reply() -> int:
    """Return why no reply could be sent: no memory is left for it, or the student closed the connection."""
    try:
        np.empty(RESERVE_BYTES, np.uint8)
    except MemoryError:
        return OUT_OF_MEMORY
    return CONNECTION_LOST


def _load(load: Mapping[str, Any], student_paths: frozenset[str]) -> None:
    sources, codes = _files(load["table"], load["sources"]), _files(load["code_table"], load["codes"])
    resources.offer(_files(load["resource_table"], load["resources"]))
    imports.install(sources, codes, student_paths, load["owned"])
    for path in json.loads(load["required"]):
        name = imports.module_name(path)
        if name is None:
            continue
        try:
            importlib.import_module(name)
        except Exception:
            if not load["tolerant"]:
                raise  # otherwise the probe that needs this file raises it again


def _files(table: str, joined: Any) -> dict[str, bytes]:
    """Split what :func:`autograder.runner.exchange.load_message` has joined."""
    files, start = {}, 0
    data = joined.tobytes()
    for path, size in json.loads(table):
        files[path] = data[start : start + size]
        start += size
    return files


def _answer(calls: list[Any], student_paths: frozenset[str]) -> dict[str, list[Any]]:
    """Make the calls one after another, to the end or to the first after which this process cannot go on.

    Returns:
        results: of each call ``{"outputs": ...}`` or ``{"fault": ...}``; seconds: CPU time of each, an approximation.
    """
    results: list[Any] = []
    seconds: list[Any] = []
    reserve = np.empty(RESERVE_BYTES, np.uint8)  # freed to report a MemoryError
    while calls:
        start = process_time()
        try:
            results.append({"outputs": plaindata.plain(_call(*calls.pop(0)))})
        except BaseException as error:  # SystemExit and KeyboardInterrupt are the student's too
            del reserve
            results.append({"fault": describe(error, student_paths)})
            seconds.append(process_time() - start)
            if results[-1]["fault"]["class"] != "exception":
                break
            reserve = np.empty(RESERVE_BYTES, np.uint8)
            continue
        seconds.append(process_time() - start)
    return {"results": results, "seconds": seconds}


def _call(probe: str, inputs: Mapping[str, Any]) -> Any:
    function = getattr(importlib.import_module("probes"), probe)
    return function(**inputs)


def _attempt(
    action: Callable[[], Any], request_id: int, kind: int, limits: wire.WireLimits, student_paths: frozenset[str]
) -> list[bytes | memoryview]:
    """Return the frame with the plain data that ``action`` returned, or with its exception."""
    reserve = np.empty(RESERVE_BYTES, np.uint8)  # freed to report a MemoryError
    try:
        return wire.frame_of(kind, request_id, wire.body_of(action(), limits))
    except BaseException as error:  # SystemExit and KeyboardInterrupt are the student's too
        del reserve
        return wire.encode(wire.FAULT, request_id, describe(error, student_paths))


def describe(error: BaseException, student_paths: frozenset[str]) -> dict[str, Any]:
    """Return an exception as plain data: class, type, text, and the innermost line in a student's file.

    ``at_import`` is whether a file was being imported, also where the line is in a function that the import called.
    """
    path, line, at_import = "", 0, False
    try:
        for frame, number in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename in student_paths:
                path, line = frame.f_code.co_filename, number
            if frame.f_code is imports.RUNS_A_FILE:
                at_import = True
                if frame.f_locals["self"].path in student_paths:
                    path, line = frame.f_locals["self"].path, 1  # until a line of it has run
        if isinstance(error, SyntaxError) and error.filename in student_paths:  # not the line that imports the file
            path, line = str(error.filename), int(error.lineno or 0)
        text = str(error)[:TEXT_CHARACTERS]
    except BaseException:  # their __str__ may do anything
        text = ""
    name = type(error).__name__
    return {
        "class": _class_of(error),
        "type": name[:100] if type(name) is str else "Exception",
        "text": text,
        "path": path,
        "line": line,
        "at_import": at_import,
    }


def _class_of(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, SystemExit):
        return "exit"
    refused = (errno.EPERM, errno.EACCES, errno.EROFS)
    if isinstance(error, PermissionError) or (isinstance(error, OSError) and error.errno in refused):
        return "refused"
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return "memory"
    return "exception"


def _finish(stream: Stream, pieces: list[bytes | memoryview], marker_fd: int | None, request_id: int) -> None:
    """Flush what was printed, so that it belongs to this call, then send the reply."""
    for file in (sys.stdout, sys.stderr):
        try:
            file.flush()
        except BaseException:  # closed or replaced by the student: its output is lost
            continue
    if marker_fd is not None:
        try:
            os.write(marker_fd, b"\0%d\n" % request_id)
        except OSError:
            pass
    stream.send(pieces)
