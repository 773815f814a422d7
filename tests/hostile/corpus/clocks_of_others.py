"""Reads the processor clock, the processors and the policy of other processes, by their ids."""

import os
import resource
import time

from scratch.honest import *

EXPECT = "passed"


def _ask(what):
    try:
        what()
    except OSError:
        return False
    return True


for number in range(1, 400):
    if number == os.getpid():
        continue
    asked = (
        lambda: time.clock_gettime((~number << 3) | 2),
        lambda: time.clock_getres((~number << 3) | 2),
        lambda: os.sched_getaffinity(number),
        lambda: os.sched_getscheduler(number),
        lambda: os.sched_getparam(number),
        lambda: resource.prlimit(number, resource.RLIMIT_AS),
    )
    if any(map(_ask, asked)):
        print("LEAKED", number)
time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID), time.thread_time(), time.sleep(0.001), os.sched_getaffinity(0)
