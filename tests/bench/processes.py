"""Processor time and memory of processes, and a function run in a process of its own. Linux only."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

import psutil

P = ParamSpec("P")
T = TypeVar("T")


def alone(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a module's function in a fresh interpreter, so that nothing measured before shares its memory or caches."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process so far, all threads, user and system; ticks are 10 ms long."""
    spent = psutil.Process(pid).cpu_times()
    return float(spent.user + spent.system)


def all_cpu_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """Return the processor time of each process so far."""
    return {name: cpu_seconds(pid) for name, pid in pids.items()}


def peak_mib(pid: int) -> float:
    """Return the most resident memory a process has had, MiB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


class Laps:
    """Notes the processor time of this process each time another `length` of something has been counted.

    The first lap is the warm-up.
    """

    def __init__(self, length: int, laps: int) -> None:
        self._length, self._wanted = length, laps + 1
        self._count = 0
        self._times = [time.process_time()]

    @property
    def complete(self) -> bool:
        return len(self._times) > self._wanted

    def count(self, number: int = 1) -> None:
        """Count so many more."""
        self._count += number
        if self._count >= self._length * len(self._times):
            self._times.append(time.process_time())

    def seconds(self) -> list[float]:
        """Return the processor time of each lap after the warm-up."""
        ends = self._times[1 : self._wanted + 1]
        return [later - earlier for earlier, later in pairwise(ends)]
