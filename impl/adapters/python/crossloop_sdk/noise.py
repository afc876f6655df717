"""Seeded perturbation at operation boundaries."""

import random
import time
from typing import Dict

from .limits import NOISE_PAUSE_US_MAX


class Noise:
    """Pauses or spins for 0-200 us before an operation, with a given probability.

    Every thread label draws from its own generator, seeded with (seed, label), so what one thread draws does not depend
    on how the others are scheduled.
    """

    def __init__(self, seed: int, probability: float) -> None:
        self._seed = seed
        self._probability = probability
        self._generators: Dict[str, random.Random] = {}

    def disturb(self, label: str) -> None:
        generator = self._generators.get(label)
        if generator is None:
            generator = self._generators[label] = random.Random("%s:%s" % (self._seed, label))
        if generator.random() >= self._probability:
            return
        pauses = generator.random() < 0.5
        duration_ns = int(generator.random() * NOISE_PAUSE_US_MAX * 1000)
        if pauses:
            time.sleep(duration_ns / 1e9)
        else:
            spin(duration_ns)


def spin(duration_ns: int) -> None:
    """Keeps the processor busy for so long."""
    end = time.monotonic_ns() + duration_ns
    while time.monotonic_ns() < end:
        pass
