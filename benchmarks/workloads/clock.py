"""How every workload is timed, here and in the peers' environments: nothing but the standard library."""

from __future__ import annotations

import json
import statistics
import sys
import time


class Clock:
    """Collects figures by name and prints them as one JSON object.

    A measurement is short (half a millisecond, or one call) and the median is taken over many, so that what another
    process takes away from a few of them does not count.
    """

    def __init__(self, sdk, seconds=0.4, now=time.perf_counter):
        self.figures = {}
        self.sdk = sdk
        self.seconds = seconds
        self.now = now

    def time(self, name, *functions, per=1):
        """Keep the microseconds of a call; several functions are timed in turn, as ``name``, ``name.1`` and so on."""
        counts = [self._calls(function) for function in functions]
        taken = [[] for _ in functions]
        end = time.perf_counter() + self.seconds * len(functions)
        while len(taken[-1]) < 3 or time.perf_counter() < end:
            for function, count, times in zip(functions, counts, taken, strict=True):
                times.append(self._once(function, count))
        for number, times in enumerate(taken):
            self.figures[f"{name}.{number}" if number else name] = statistics.median(times) * 1e6 / per

    def attempt(self, name, function, per=1):
        """Time what a peer may not be able to do; then it has no figure."""
        try:
            self.time(name, function, per=per)
        except Exception as error:
            print(f"{self.sdk}: {name}: {type(error).__name__}: {error}", file=sys.stderr)

    def report(self):
        print(json.dumps(self.figures))

    def _calls(self, function):
        """Return how many calls one measurement takes; the first calls warm everything up."""
        function()
        count = 1
        while self._once(function, count) * count < 0.0005:
            count *= 2
        return count

    def _once(self, function, count):
        rounds, now = range(count), self.now
        begin = now()
        for _ in rounds:
            function()
        return (now() - begin) / count
