"""Calibration: how fast this machine wakes a thread, and how fine the clocks are.

It uses two threads and a condition variable, and of the implementation nothing but its clock: a loop whose hand-over is
dead can be calibrated, and a slow one does not widen its own bound.
"""

import threading
import time
from typing import Any, Callable, Dict, List, Optional

from .adapter import Adapter
from .limits import (
    CALIBRATION_SAMPLES_MAX,
    CALIBRATION_TIMER_US,
    CALIBRATION_WAIT_S,
    CLOCK_STEP_SEARCH_NS,
    CLOCK_STEP_TOTAL_NS,
    STAMPS_PER_SAMPLE,
)
from .recorder import make_stamp


def calibrate(adapter: Adapter, count: int) -> Dict[str, List[int]]:
    """Samples of each kind, at most `count`; fewer, or none, where something could not be measured."""
    count = max(1, min(count, CALIBRATION_SAMPLES_MAX))
    return {
        "wakeUpNs": _measure_wake_ups(count),
        "timerLatenessNs": _measure_timers(count),
        "stampCostNs": _measure_stamps(count, adapter.clock_ns),
        "clockStepNs": _measure_clock_steps(count, adapter),
    }


class _Bell:
    """Hands one time from the ringing thread to the listening one, round by round."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.is_listening = False
        self.rung_ns: Optional[int] = None


def _measure_wake_ups(count: int) -> List[int]:
    bell = _Bell()
    samples: List[int] = []

    def listen() -> None:
        for _ in range(count):
            with bell.changed:
                bell.is_listening = True
                bell.changed.notify_all()
                if not bell.changed.wait_for(lambda: bell.rung_ns is not None, CALIBRATION_WAIT_S):
                    return
                samples.append(time.monotonic_ns() - (bell.rung_ns or 0))
                bell.rung_ns = None

    listener = threading.Thread(target=listen, name="crossloop-calibration", daemon=True)
    listener.start()
    for _ in range(count):
        with bell.changed:
            if not bell.changed.wait_for(lambda: bell.is_listening, CALIBRATION_WAIT_S):
                break
            bell.is_listening = False
            bell.rung_ns = time.monotonic_ns()
            bell.changed.notify_all()
    listener.join(CALIBRATION_WAIT_S)
    return samples


def _measure_timers(count: int) -> List[int]:
    nothing = threading.Condition()
    samples = []
    for _ in range(count):
        with nothing:
            started_ns = time.monotonic_ns()
            nothing.wait(CALIBRATION_TIMER_US / 1e6)
            samples.append(max(0, time.monotonic_ns() - started_ns - CALIBRATION_TIMER_US * 1000))
    return samples


def _measure_stamps(count: int, clock_ns: Callable[[], int]) -> List[int]:
    stamp = make_stamp()
    samples = []
    for _ in range(count):
        started_ns = time.perf_counter_ns()
        for _ in range(STAMPS_PER_SAMPLE):
            stamp()
            clock_ns()
        samples.append((time.perf_counter_ns() - started_ns) // STAMPS_PER_SAMPLE)
    return samples


def _measure_clock_steps(count: int, adapter: Adapter) -> List[int]:
    """Reads the implementation's clock until it changes. A clock that stands still while its loop does gives no sample."""
    try:
        read, release = adapter.open_clock()
    except Exception:
        return []
    samples: List[int] = []
    end_all_ns = time.monotonic_ns() + CLOCK_STEP_TOTAL_NS
    try:
        while len(samples) < count and time.monotonic_ns() < end_all_ns:
            step_ns = _find_step(read)
            if step_ns is None:
                break
            samples.append(step_ns)
    finally:
        release()
    return samples


def _find_step(read: Callable[[], float]) -> Optional[int]:
    before: Any = read()
    end_ns = time.monotonic_ns() + CLOCK_STEP_SEARCH_NS
    while time.monotonic_ns() < end_ns:
        now = read()
        if now != before:
            return max(1, round((now - before) * 1e9))
    return None
