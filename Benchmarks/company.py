"""Processors for threads, and what other programs take of them while something is measured."""

import os
import resource
import time
from pathlib import Path

# More than this share of one processor disturbs a repetition.
MOST = 0.05


def spread() -> list[int]:
    """The processors that this process may use, the first of each core before the second of any."""
    firsts, others, cores = [], [], set()
    for processor in sorted(os.sched_getaffinity(0)):
        topology = Path(f"/sys/devices/system/cpu/cpu{processor}/topology")
        try:
            core = ((topology / "physical_package_id").read_text(), (topology / "core_id").read_text())
        except OSError:
            core = ("", str(processor))
        (others if core in cores else firsts).append(processor)
        cores.add(core)
    return firsts + others


class Company:
    """What others take from the making of this value on."""

    def __init__(self) -> None:
        self.busy, self.own, self.begin = busy(), own(), time.perf_counter()

    def share(self) -> float:
        """Processors' worth of others since then: 0.5 is half a processor."""
        seconds = time.perf_counter() - self.begin
        return max(0.0, (busy() - self.busy) - (own() - self.own)) / seconds


def busy() -> float:
    """Seconds that all processors together have worked, in steps of 10 ms; time that a virtual machine was not given counts, too."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def own() -> float:
    """Seconds that this process and its ended children have worked."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
