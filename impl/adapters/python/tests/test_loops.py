import collections
import unittest

from .adapter_process import AdapterProcess
from .programs import SUBMITTED, body, rooted, step


# All records up to where a loop that is not woken stays.
SILENT_RECORDS = 21


class TheLoopOption(unittest.TestCase):
    def test_a_loop_that_cannot_be_used_fails_before_ready_with_one_line_that_says_what_to_do(self):
        for text, words in [
            ("nonsense", "module:factory"),
            ("no_such_module:make", "PYTHONPATH"),
            ("wrong_loops:no_such_loop", "silent_loop"),
            ("os:getcwd", "lacks run_forever"),
            ("os:rename", "without arguments"),
        ]:
            with self.subTest(text), AdapterProcess("--loop", text) as adapter:
                self.assertIsNone(adapter.receive())
                self.assertEqual(adapter.wait(), 2)
                self.assertEqual(adapter.stderr().count("\n"), 1)
                self.assertIn(text, adapter.stderr())
                self.assertIn(words, adapter.stderr())

    def test_another_loop_is_named_after_its_module(self):
        with AdapterProcess("--loop", "wrong_loops:lossy_loop") as adapter:
            implementation = adapter.greet()["implementation"]
        self.assertEqual((implementation["name"], implementation["version"]), ("wrong_loops", "unknown"))


class WrongLoops(unittest.TestCase):
    def perform(self, loop, source):
        with AdapterProcess("--loop", "wrong_loops:" + loop) as adapter:
            adapter.start(3, source)
            return adapter.finish()

    def submitted(self, loop):
        """The positions, in order of submission, of the callbacks that ran."""
        events = self.perform(loop, SUBMITTED)
        accepted = [event["id"] for event in events if event.get("op") == "callSoonThreadsafe"]
        return [accepted.index(event["inst"]) for event in events if event["ev"] == "run" and event["inst"] in accepted]

    def test_silent_loop_is_not_woken_by_another_thread(self):
        source = rooted(step("createFuture", to="f"), step("signal", gate="made"), step("await", of="f"), gates=["made"],
                        spawned=["foreign"], set=body("callback", step("setResult", of="f", value=1)),
                        foreign=body("thread", step("waitGate", gate="made"), step("sleep", delayUs=20_000),
                                     step("callSoonThreadsafe", body="set")))  # fmt: skip
        with AdapterProcess("--loop", "wrong_loops:silent_loop") as adapter:
            adapter.start(3, source)
            adapter.reach(SILENT_RECORDS)
            adapter.send("abort", 4, run=3)
            (thread,) = adapter.expect("dump")["threads"]
            self.assertEqual((thread["th"], thread["stack"][-1].endswith(" in select")), ("L", True))
            runs = [event for event in adapter.finish() if event["ev"] == "run"]
            self.assertNotIn("set", [run["body"] for run in runs])

    def test_lifo_threadsafe_loop_runs_the_last_first(self):
        self.assertEqual(self.submitted("lifo_threadsafe_loop"), list(range(12, -1, -1)))

    def test_double_run_loop_runs_everything_twice(self):
        self.assertEqual(set(collections.Counter(self.submitted("double_run_loop")).values()), {2})

    def test_lossy_loop_loses_every_seventh(self):
        self.assertEqual(self.submitted("lossy_loop"), [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12])

    def test_crashing_loop_dies_of_a_signal(self):
        with AdapterProcess("--loop", "wrong_loops:crashing_loop") as adapter:
            adapter.start(3, SUBMITTED)
            self.assertIsNone(adapter.receive())
            self.assertEqual(adapter.wait(), -11)

    def test_early_timer_loop_is_five_milliseconds_early(self):
        source = rooted(step("createFuture", to="f"), step("callLater", body="set", delayUs=20_000), step("await", of="f"),
                        set=body("callback", step("setResult", of="f", value=1)))  # fmt: skip
        events = self.perform("early_timer_loop", source)
        (inv,) = [event for event in events if event.get("op") == "callLater"]
        (run,) = [event for event in events if event["ev"] == "run" and event["inst"] == inv["id"]]
        self.assertGreaterEqual(run["t"] - inv["t"], 14_000_000)
        # On a machine this busy the test says nothing.
        if run["t"] - inv["t"] >= 20_000_000:
            self.skipTest("the timer was too late to be seen early")


if __name__ == "__main__":
    unittest.main()
