import asyncio
import concurrent.futures
import unittest

from asyncio_binding import errors as asyncio_errors
from crossloop_sdk import errors

RAISABLE = [
    "INVALID_STATE",
    "CANCELLED",
    "TIMEOUT",
    "CLOSED",
    "SHUTDOWN",
    "WRONG_THREAD",
    "NOT_RUNNING",
    "ALREADY_RUNNING",
    "TYPE",
    "FATAL(KeyboardInterrupt)",
    "FATAL(SystemExit)",
    "USER(a b)",
    "OTHER(StopIteration)",
    "OTHER(RuntimeError)",
    "OTHER(NoSuchClass)",
    "OTHER(UnicodeDecodeError)",
    "OTHER(GeneratorExit)",
]


def kind_of(error):
    return errors.kind_of(error, asyncio_errors.kind_of_error)


class ErrorKinds(unittest.TestCase):
    def test_what_is_raised_is_recorded_under_its_own_kind(self):
        for text in RAISABLE:
            error = errors.make_error(errors.parse_error(text), asyncio_errors.make_error)
            self.assertEqual(kind_of(error), text)
            self.assertNotIsInstance(error, GeneratorExit)

    def test_fatal_without_a_class_is_an_interrupt(self):
        error = errors.make_error(errors.parse_error("FATAL"), asyncio_errors.make_error)
        self.assertIsInstance(error, KeyboardInterrupt)

    def test_what_cannot_be_raised_is_no_error_text(self):
        for text in ["UNSET", "USER", "OTHER", "OTHER()", "TYPE(x)", "FATAL(ValueError)", "user(x)", "", None, 3]:
            self.assertIsNone(errors.parse_error(text))

    def test_three_timeouts_and_two_cancellations_are_one_kind_each(self):
        for timeout in (asyncio.TimeoutError(), concurrent.futures.TimeoutError(), TimeoutError()):
            self.assertEqual(kind_of(timeout), "TIMEOUT")
        for cancelled in (asyncio.CancelledError(), concurrent.futures.CancelledError()):
            self.assertEqual(kind_of(cancelled), "CANCELLED")

    def test_runtime_errors_are_told_apart_by_their_text(self):
        texts = {
            "Event loop is closed": "CLOSED",
            "cannot schedule new futures after shutdown": "SHUTDOWN",
            "Executor shutdown has been called": "SHUTDOWN",
            "Non-thread-safe operation invoked on an event loop other than the current one": "WRONG_THREAD",
            "no running event loop": "NOT_RUNNING",
            "This event loop is already running": "ALREADY_RUNNING",
            "Cannot run the event loop while another loop is running": "ALREADY_RUNNING",
            "Cannot close a running event loop": "OTHER(RuntimeError)",
        }
        for text, kind in texts.items():
            self.assertEqual(kind_of(RuntimeError(text)), kind)

    def test_on_catches_a_kind_a_family_or_any(self):
        self.assertTrue(errors.catches("USER", "USER(x)"))
        self.assertTrue(errors.catches("USER(x)", "USER(x)"))
        self.assertTrue(errors.catches("ANY", "CANCELLED"))
        self.assertFalse(errors.catches("USER(y)", "USER(x)"))
        self.assertFalse(errors.catches("OTHER", "USER(x)"))
        self.assertFalse(errors.catches(None, "USER(x)"))


if __name__ == "__main__":
    unittest.main()
