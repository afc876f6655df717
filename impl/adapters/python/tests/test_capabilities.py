import sys
import unittest

from asyncio_binding.capabilities import find_capabilities, find_parameters
from crossloop_sdk.grammar import LANGUAGE_OPERATIONS, OPERATIONS

from .in_process import ADAPTER

SINCE = {
    "to-thread": (3, 9),
    "executor-shutdown": (3, 9),
    "executor-cancel-futures": (3, 9),
    "timeout-scope": (3, 11),
    "uncancel": (3, 11),
    "runner": (3, 11),
    "eager-tasks": (3, 12),
    "threadsafe-handle-blocking": (3, 14),
}
# Operations that older versions have not.
OPTIONAL = {
    "toThread": (3, 9),
    "shutdownDefaultExecutor": (3, 9),
    "timeout": (3, 11),
    "uncancel": (3, 11),
    "runner": (3, 11),
}


class Capabilities(unittest.TestCase):
    def test_are_those_of_the_running_version(self):
        found = find_capabilities()
        for name, version in SINCE.items():
            self.assertEqual(name in found, sys.version_info >= version, name)
        self.assertNotIn("clock-control", found)
        self.assertEqual(found, sorted(set(found)))

    def test_every_operation_is_performed_by_the_adapter_or_the_language(self):
        missing = set(OPERATIONS) - LANGUAGE_OPERATIONS - set(ADAPTER.operations)
        self.assertEqual(missing, {name for name, version in OPTIONAL.items() if sys.version_info < version})
        self.assertEqual(set(ADAPTER.operations) - set(OPERATIONS), set())

    def test_a_loop_that_does_not_say_how_coarse_its_clock_is_declares_nothing(self):
        self.assertNotIn("timerEarlyNs", find_parameters(object()))
        self.assertGreater(ADAPTER.parameters["timerEarlyNs"], 0)


if __name__ == "__main__":
    unittest.main()
