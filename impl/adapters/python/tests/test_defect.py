import unittest

from .adapter_process import AdapterProcess
from .programs import COMPLETED
from .watched_loops import WOKEN

# All records of COMPLETED up to where a loop that nobody wakes stays: the foreign thread has ended, the root waits.
HUNG_RECORDS = 21
PINGS = 50


class TheDefectOfTheArticle(unittest.TestCase):
    """A foreign thread completes a future directly: it must hang for as long as nothing else wakes the loop."""

    def test_hangs_although_control_messages_come(self):
        with AdapterProcess("--loop", "watched_loops:watched_loop", "--complete", "direct") as adapter:
            adapter.start(3, COMPLETED)
            adapter.reach(HUNG_RECORDS)
            self.assertEqual({adapter.ping() for _ in range(PINGS)}, {HUNG_RECORDS})
            adapter.send("abort", 4, run=3)
            dump = adapter.expect("dump")
            events = adapter.finish()
            self.assertEqual(adapter.ping(), HUNG_RECORDS)
            adapter.send("stop", 5)
            self.assertEqual(adapter.wait(), 0)
            (loop,) = [thread for thread in dump["threads"] if thread["th"] == "L"]
            self.assertIn("selectors.py", loop["stack"][-1])
            self.assertTrue(loop["stack"][-1].endswith(" in select"))
            self.assertEqual([event for event in events if event.get("label") == "resumed"], [])
            # The loop began, took the first step of its root, and has been in its selector since: no ping, no abort and
            # nothing else of the adapter's has woken it.
            self.assertEqual(adapter.stderr().count(WOKEN), 1)

    def test_is_gone_when_the_future_is_completed_as_prescribed(self):
        with AdapterProcess() as adapter:
            adapter.start(3, COMPLETED)
            self.assertEqual(len([event for event in adapter.finish() if event.get("label") == "resumed"]), 1)


if __name__ == "__main__":
    unittest.main()
