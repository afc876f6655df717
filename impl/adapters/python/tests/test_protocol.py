import json
import unittest

from crossloop_sdk.limits import COMMANDS_WAITING_MAX, LINE_BYTES_MAX

from .adapter_process import AdapterProcess
from .programs import BLOCKED, body, program, rooted, step

# inv and ret of newLoop and callSoon, inv and start of runForever, run of the body, inv of waitGate.
BLOCKED_RECORDS = 8


class TheProtocol(unittest.TestCase):
    def test_hello_is_answered_by_what_the_adapter_is(self):
        with AdapterProcess() as adapter:
            ready = adapter.greet()
        self.assertEqual((ready["re"], ready["protocol"], ready["adapter"]["language"]), (1, 1, "python"))
        self.assertEqual(ready["implementation"]["name"], "asyncio")
        self.assertEqual(ready["clock"]["stamp"], "atomic")
        self.assertLessEqual({"ON-LOOP", "OFFLOAD", "INBOUND", "LIFECYCLE", "call-at"}, set(ready["capabilities"]))

    def test_a_version_out_of_range_is_an_error(self):
        with AdapterProcess() as adapter:
            adapter.send("hello", 1, protocol={"min": 2, "max": 3})
            self.assertEqual(adapter.expect("error")["code"], "protocol-version")

    def test_calibration_measures_threads_and_clocks(self):
        with AdapterProcess() as adapter:
            adapter.send("calibrate", 2, count=10)
            samples = adapter.expect("calibrated")["samples"]
        self.assertEqual({len(values) for values in samples.values()}, {10})
        self.assertTrue(all(value > 0 for value in samples["wakeUpNs"] + samples["stampCostNs"] + samples["clockStepNs"]))

    def test_nonsense_is_answered_and_survived(self):
        with AdapterProcess() as adapter:
            for line, code in [
                (b"no json\n", "bad-line"),
                (b"\xff\xfe\n", "bad-line"),
                (b"[1]\n", "bad-line"),
                (b"[" * 100_000 + b"\n", "bad-line"),
                (b" " * (LINE_BYTES_MAX * 3) + b"\n", "line-too-long"),
            ]:
                adapter.write(line)
                error = adapter.expect("error")
                self.assertEqual((error["re"], error["code"], error["definite"]), (None, code, True))
            adapter.send("sing", 9)
            error = adapter.expect("error")
            self.assertEqual((error["re"], error["code"]), (9, "unknown-message"))
            adapter.send("abort", 9, run=3)
            self.assertEqual(adapter.ping(), 0)

    def test_a_program_that_cannot_be_performed_is_rejected_whole(self):
        wrong = [
            ("noSuchOperation", program([step("noSuchOperation")])),
            ("mark", program([step("mark")])),
            ("await", program([step("await", of="x")])),
            ("spawn", program([step("spawn", body="missing")])),
            ("signal", program([step("signal", gate="missing")])),
            ("raise", program([step("raise", error="UNSET")])),
            ("sleep", program([step("sleep", delayUs="none")])),
            ("rawCall", program([step("rawCall", call=step("try", steps=[]))])),
            ("", program([], odd=body("fiber"))),
            ("", {**program([]), "format": 2}),
            ("", "text"),
        ]
        deep = step("mark", tag="x")
        for _ in range(100):
            deep = step("try", steps=[deep])
        wrong.append(("try", program([deep])))
        with AdapterProcess() as adapter:
            for operation, source in wrong:
                adapter.send("run", 3, program=source, seed=1, options={})
                rejected = adapter.expect("rejected")
                self.assertEqual((rejected["re"], rejected["operation"]), (3, operation))
                self.assertTrue(rejected["reason"])
            adapter.start(4, program([step("mark", tag="x", unknown=1)]))
            self.assertEqual([event["ev"] for event in adapter.finish()], ["inv", "ret", "mark"])

    def test_ping_is_answered_while_the_loop_is_blocked(self):
        with AdapterProcess() as adapter:
            adapter.start(3, BLOCKED)
            adapter.reach(BLOCKED_RECORDS)
            self.assertEqual([adapter.ping() for _ in range(5)], [BLOCKED_RECORDS] * 5)

    def test_abort_dumps_every_thread_and_then_only_ping_and_stop_are_served(self):
        with AdapterProcess() as adapter:
            adapter.start(3, BLOCKED)
            adapter.reach(BLOCKED_RECORDS)
            adapter.send("abort", 4, run=2)
            adapter.send("abort", 5, run=3)
            dump = adapter.expect("dump")
            self.assertEqual((dump["re"], dump["progress"]), (3, BLOCKED_RECORDS))
            (main,) = [thread for thread in dump["threads"] if thread["th"] == "L"]
            self.assertIn("gates.py", main["stack"][-2])
            self.assertEqual(len(adapter.expect("events")["events"]), BLOCKED_RECORDS)
            done = adapter.expect("done")
            self.assertEqual((done["re"], done["outcome"], done["events"]), (3, "deadline", BLOCKED_RECORDS))
            adapter.send("run", 6, program=program([]), seed=1, options={})
            self.assertEqual(adapter.expect("error")["code"], "aborted")
            adapter.ping()
            adapter.send("stop", 8)
            self.assertEqual(adapter.wait(), 0)

    def test_stop_and_the_end_of_input_end_the_process_during_a_run(self):
        busy = rooted(step("runInExecutor", body="stuck"), step("await", of="never"), step("spin", delayUs=10**9),
                      stuck=body("worker", step("spin", delayUs=10**9)))  # fmt: skip
        for source in (BLOCKED, busy):
            for leave in (lambda adapter: adapter.send("stop", 4), lambda adapter: adapter.close_input()):
                with AdapterProcess() as adapter:
                    adapter.start(3, source)
                    leave(adapter)
                    self.assertEqual(adapter.wait(), 0)

    def test_sigterm_ends_the_process_during_a_run(self):
        with AdapterProcess() as adapter:
            adapter.start(3, BLOCKED)
            adapter.terminate()
            self.assertLess(adapter.wait(), 0)

    def test_many_events_come_in_lines_of_at_most_one_mebibyte(self):
        source = program([step("repeat", count=8_000, steps=[step("mark", tag="t", value="x" * 200)])])
        with AdapterProcess() as adapter:
            adapter.start(3, source)
            events = adapter.finish()
            self.assertEqual(len(events), 8_002)
            self.assertLessEqual(adapter.longest_line, LINE_BYTES_MAX)

    def test_what_the_implementation_prints_and_reads_does_not_disturb(self):
        with AdapterProcess("--loop", "watched_loops:watched_loop") as adapter:
            adapter.start(3, rooted(step("yield")))
            self.assertEqual(adapter.finish()[-1]["ev"], "loop")
            adapter.send("stop", 4)
            self.assertEqual(adapter.wait(), 0)
            self.assertIn("the selector returned", adapter.stderr())

    def test_programs_follow_each_other_and_a_flood_of_messages_is_refused(self):
        with AdapterProcess() as adapter:
            adapter.start(2, BLOCKED)
            adapter.reach(BLOCKED_RECORDS)
            for number in range(COMMANDS_WAITING_MAX + 1):
                adapter.send("calibrate", 10 + number)
            self.assertEqual(adapter.expect("error")["code"], "busy")
        with AdapterProcess() as adapter:
            for number in range(60):
                adapter.start(number, rooted(step("yield")))
                self.assertEqual(json.dumps(adapter.finish()[0]["seq"]), "1")


if __name__ == "__main__":
    unittest.main()
