import threading
import time
import unittest
from unittest import mock

from crossloop_sdk import recorder
from crossloop_sdk.history import write_batches
from crossloop_sdk.limits import EVENTS_BATCH_BYTES

THREADS = 4
RECORDS = 2_000


def start(*targets):
    threads = [threading.Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class TheRecorder(unittest.TestCase):
    def setUp(self):
        self.recorder = recorder.Recorder(time.monotonic_ns, time.monotonic_ns())

    def test_gives_every_thread_its_own_label_though_the_system_uses_idents_again(self):
        for _ in range(20):
            start(lambda: self.recorder.loop("start"))
        labels = [record[2] for record in self.recorder.snapshot()]
        self.assertEqual(labels, ["W%d" % number for number in range(1, 21)])

    def record_many(self):
        for _ in range(RECORDS):
            self.recorder.loop("start")

    def test_stamps_of_all_threads_are_unique_and_ascend_in_each(self):
        for make_locked in (False, True):
            with self.subTest(locked=make_locked), mock.patch.object(recorder, "has_gil", lambda: not make_locked):
                self.setUp()
                start(*[self.record_many] * THREADS)
                stamps = [record[0] for record in self.recorder.snapshot()]
                self.assertEqual(stamps, list(range(1, THREADS * RECORDS + 1)))
                for state in self.recorder.states:
                    own = [record[0] for record in state.records]
                    self.assertEqual(own, sorted(own))
                    times = [record[1] for record in state.records]
                    self.assertEqual(times, sorted(times))

    def test_keeps_no_more_records_than_its_limit_and_says_so(self):
        with mock.patch.object(recorder, "RECORDS_MAX", 10):
            self.record_many()
        self.assertEqual(self.recorder.count(), 10)
        self.assertTrue(self.recorder.overflowed)


class Batches(unittest.TestCase):
    def test_hold_every_event_once_in_order_and_fit_on_a_line(self):
        events = ['{"n":%d,"x":"%s"}' % (number, "x" * 1_000) for number in range(1_000)]
        batches = list(write_batches(events))
        self.assertEqual([event for batch in batches for event in batch], events)
        self.assertGreater(len(batches), 1)
        self.assertLessEqual(max(len(",".join(batch)) for batch in batches), EVENTS_BATCH_BYTES)


if __name__ == "__main__":
    unittest.main()
