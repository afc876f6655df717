import gc
import sys
import unittest

from crossloop_sdk.compiler import compile_program
from crossloop_sdk.run import Options, Run

from . import in_process
from .in_process import kinds_of, of_kind, perform, perform_run, returns_of
from .programs import body, program, rooted, step


class TheInterpreter(unittest.TestCase):
    def test_a_destroyed_coroutine_records_nothing_more(self):
        source = rooted(
            step("createFuture", to="f"),
            step("createTask", body="waits", to="t"),
            step("yield"),
            waits=body("task", step("try", steps=[step("await", of="f")], on="ANY", then=[step("mark", tag="then")],
                                    finally_=[step("mark", tag="finally"), step("yield")])),
        )  # fmt: skip
        source["main"] += [step("drop", of="t"), step("drop", of="f"), step("collectGarbage")]
        events = perform(source)
        (task,) = of_kind(events, "inv", op="createTask")
        self.assertEqual(kinds_of([e for e in events if e.get("inst") == task["id"]]), ["run", "inv", "susp"])

    def test_what_escapes_a_foreign_thread_is_stray(self):
        source = program([step("spawn", body="a"), step("spawn", body="b"), step("join")],
                         a=body("thread", step("raise", error="USER(x)")),
                         b=body("thread", step("raise", error="FATAL(SystemExit)")))  # fmt: skip
        events, done = perform_run(source)
        expected = [{"th": "F1", "err": "USER(x)"}, {"th": "F2", "err": "FATAL(SystemExit)"}]
        self.assertEqual(sorted(done["stray"], key=str), sorted(expected, key=str))
        self.assertEqual({event["th"] for event in of_kind(events, "end")}, {"F1", "F2"})

    def test_threads_and_tasks_left_behind_are_counted_and_do_not_record_into_the_next_run(self):
        source = program([step("createTask", body="task", to="t"), step("spawn", body="stuck"), step("waitGate", gate="in")],
                         ["in", "go"],
                         task=body("task", step("yield")),
                         stuck=body("thread", step("signal", gate="in"), step("waitGate", gate="go"),
                                    step("mark", tag="late")))  # fmt: skip
        run = Run(1, compile_program(source, in_process.ADAPTER), in_process.ADAPTER, Options())
        run.perform()
        self.assertEqual(run.leaked_threads(), 1)
        self.assertEqual(in_process.ADAPTER.finish(run), 1)
        run.gates["go"].signal()
        run.threads[0].join()
        self.assertEqual([record for record in run.records if record[3] == "mark"], [])
        gc.collect()

    def test_only_main_drives_the_loop_others_are_refused_without_loop_records(self):
        # Not with runForever: refusing it corrupts the running loop of CPython 3.13.0.
        events = perform(
            rooted(
                step("try", steps=[step("runUntil", body="other", to="x")], on="ALREADY_RUNNING"),
                step("try", steps=[step("close")], on="ANY"),
                other=body("task"),
            )
        )
        self.assertEqual([e["state"] for e in of_kind(events, "loop")], ["start", "stop", "start", "stop", "closed"])
        self.assertEqual(returns_of(events, "runUntil")[1]["err"], "ALREADY_RUNNING")
        self.assertEqual(of_kind(events, "run", body="other"), [])
        self.assertEqual(returns_of(events, "close")[0]["err"], "OTHER(RuntimeError)")

    def test_quiesce_gives_up_after_a_hundred_passes(self):
        again = body("callback", step("callSoon", body="again"))
        source = program([step("callSoon", body="again"), step("quiesce")], again=again)
        self.assertEqual(returns_of(perform(source), "quiesce")[0]["v"], 100)

    def test_quiesce_passes_until_three_in_a_row_did_nothing(self):
        events = perform(program([step("callSoon", body="a"), step("quiesce")], a=body("callback")))
        self.assertEqual(returns_of(events, "quiesce")[0]["v"], 4)

    def test_the_debug_option_finds_calls_from_the_wrong_thread(self):
        source = rooted(step("createFuture", to="f"), step("signal", gate="on"), step("await", of="f"),
                        gates=["on"], spawned=["foreign"],
                        foreign=body("thread", step("waitGate", gate="on"),
                                     step("try", steps=[step("rawCall", call=step("callSoon", body="a"))], on="ANY"),
                                     step("complete", of="f", value=1)), a=body("callback"))  # fmt: skip
        self.assertEqual(returns_of(perform(source, debug=True), "rawCall")[0]["err"], "WRONG_THREAD")

    def test_noise_changes_when_things_happen_and_not_what(self):
        source = rooted(step("callSoon", body="a"), step("yield"), a=body("callback"))
        quiet, noisy = perform(source), perform(source, noise=1.0, seed=3)
        self.assertEqual([(e["ev"], e["th"]) for e in quiet], [(e["ev"], e["th"]) for e in noisy])

    @unittest.skipIf(sys.version_info < (3, 11), "since 3.11")
    def test_the_runner_runs_on_a_loop_of_the_factory_that_reports_to_the_recorder(self):
        source = program([step("runner", body="root"), step("close")],
                         root=body("task", step("callSoon", body="fails"), step("yield"), step("return", value=1)),
                         fails=body("callback", step("raise", error="USER(x)")))  # fmt: skip
        events = perform(source)
        self.assertEqual(returns_of(events, "runner")[0]["v"], 1)
        self.assertEqual(of_kind(events, "hnd")[0]["err"], "USER(x)")

    @unittest.skipIf(sys.version_info < (3, 11), "since 3.11")
    def test_a_scope_that_expires_fails_outside_its_steps(self):
        scope = step("timeout", timeoutUs=0, steps=[step("sleep", delayUs=1_000_000)])
        events = perform(rooted(step("try", steps=[scope], on="TIMEOUT", then=[step("return", value="late")])))
        self.assertEqual(returns_of(events, "sleep")[0]["err"], "CANCELLED")
        self.assertEqual(returns_of(events, "timeout")[0]["err"], "TIMEOUT")
        self.assertEqual(returns_of(events, "runUntil")[0]["v"], "late")

    @unittest.skipIf(sys.version_info < (3, 12), "since 3.12")
    def test_an_eager_task_takes_its_first_step_inside_the_call(self):
        events = perform(rooted(step("createTask", body="t", eager=True), t=body("task")))
        (inv,) = of_kind(events, "inv", op="createTask")
        about = [e["ev"] for e in events if inv["id"] in (e.get("id"), e.get("inst"))]
        self.assertEqual(about, ["inv", "run", "end", "ret"])


if __name__ == "__main__":
    unittest.main()
