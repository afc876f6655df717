import unittest

from .in_process import kinds_of, of_kind, perform, perform_run, returns_of
from .programs import body, program, rooted, step


class Records(unittest.TestCase):
    def test_the_id_of_an_operation_is_the_stamp_of_its_inv_and_the_instance_of_its_body(self):
        events = perform(rooted(step("callSoon", body="a"), step("yield"), a=body("callback")))
        for inv in of_kind(events, "inv"):
            self.assertEqual(inv["id"], inv["seq"])
        (inv,) = of_kind(events, "inv", op="callSoon")
        self.assertEqual(of_kind(events, "run", inst=inv["id"])[0]["body"], "a")
        self.assertEqual(returns_of(events, "callSoon")[0]["v"], {"ref": inv["id"]})

    def test_paths_name_blocks_and_rounds(self):
        inner = step("repeat", count=2, steps=[step("mark", tag="inner")])
        guarded = step("try", steps=[step("raise", error="USER(x)")], on="USER", then=[step("mark", tag="then")],
                       finally_=[step("mark", tag="finally")])  # fmt: skip
        events = perform(rooted(step("yield"), step("repeat", count=17, steps=[inner, guarded])))
        paths = [(event["label"], event["step"]) for event in of_kind(events, "mark")]
        self.assertEqual(
            paths[:4],
            [
                ("inner", "1.0#1.0#1"),
                ("inner", "1.0#1.0#2"),
                ("then", "1.1#1.then.0"),
                ("finally", "1.1#1.finally.0"),
            ],
        )
        self.assertEqual(paths[-2], ("then", "1.1#17.then.0"))

    def test_a_waiting_operation_makes_four_records_also_when_nothing_was_suspended(self):
        events = perform(rooted(step("createFuture", to="f"), step("setResult", of="f", value=[1]), step("await", of="f")))
        (inv,) = of_kind(events, "inv", op="await")
        (made,) = of_kind(events, "inv", op="createFuture")
        four = [event for event in events if event.get("id") == inv["id"]]
        self.assertEqual(kinds_of(four), ["inv", "susp", "resm", "ret"])
        self.assertEqual(four[1]["on"], {"ref": made["id"]})
        self.assertEqual((four[2]["v"], four[3]["v"]), ([1], [1]))

    def test_gather_waits_for_itself_and_shows_its_slots(self):
        events = perform(
            rooted(
                step("createTask", body="one", to="a"),
                step("createTask", body="one", to="b"),
                step("gather", of=["a", "b"]),
                one=body("task", step("return", value=1)),
            )
        )
        (inv,) = of_kind(events, "inv", op="gather")
        refs = [made["v"] for made in returns_of(events, "createTask")]
        self.assertEqual(inv["args"], {"of": refs})
        self.assertEqual(of_kind(events, "susp", id=inv["id"])[0]["on"], {"ref": inv["id"]})
        self.assertEqual(returns_of(events, "gather")[0]["v"], [1, 1])

    def test_worker_arguments_are_shown_only_if_the_step_had_them(self):
        events = perform(
            rooted(
                step("runInExecutor", body="work", args=[1, {"a": None}], to="x"),
                step("await", of="x"),
                step("runInExecutor", body="work", to="y"),
                step("await", of="y"),
                work=body("worker"),
            )
        )
        runs = of_kind(events, "run", body="work")
        self.assertEqual(runs[0]["args"], [1, {"a": None}])
        self.assertNotIn("args", runs[1])
        self.assertEqual({run["th"] for run in runs}, {"W1"})

    def test_a_timed_out_wait_says_whether_it_is_done(self):
        events = perform(program([step("createConcurrent", to="c"), step("concurrentResult", of="c", timeoutUs=0)]))
        self.assertEqual(returns_of(events, "concurrentResult")[0].get("err"), "TIMEOUT")
        self.assertIs(returns_of(events, "concurrentResult")[0]["done"], False)

    def test_integers_beyond_2_to_the_53_are_decimal_strings(self):
        events = perform(program([step("cellWrite", tag="c", value=2**60), step("cellRead", tag="c")]))
        self.assertEqual(of_kind(events, "mark")[0]["data"], {"tag": "c", "v": str(2**60)})

    def test_every_loop_is_named_where_there_are_two(self):
        main = [step("newLoop", to="second"), step("callSoon", body="a"), step("stop"), step("runForever")]
        events = perform(program(main, a=body("callback")))
        second = returns_of(events, "newLoop")[1]["v"]
        for op in ("callSoon", "stop", "runForever"):
            self.assertEqual(of_kind(events, "inv", op=op)[0]["loop"], second)
        self.assertEqual(of_kind(events, "inv", op="newLoop")[0].get("loop"), None)

    def test_a_raw_call_is_shown_as_one_and_schedules_under_its_own_id(self):
        main = [step("rawCall", call=step("callSoon", body="a", to="h")), step("cancelHandle", of="h")]
        events = perform(program(main, a=body("callback")))
        (inv,) = of_kind(events, "inv", op="rawCall")
        self.assertEqual(inv["args"], {"call": {"op": "callSoon", "body": "a"}})
        self.assertEqual(of_kind(events, "inv", op="cancelHandle")[0]["args"], {"of": {"ref": inv["id"]}})

    def test_times_count_from_the_beginning_of_main_and_stamps_from_one(self):
        events = perform(program([step("time"), step("cpuTime"), step("time")]))
        self.assertEqual([event["seq"] for event in events], list(range(1, len(events) + 1)))
        first, cpu, second = of_kind(events, "mark")
        self.assertGreaterEqual(first["data"]["v"], 0)
        self.assertLessEqual(first["data"]["v"], second["data"]["v"])
        self.assertGreater(cpu["data"]["v"], 0)

    def test_what_the_handler_gets_comes_from_the_instance_it_first_left(self):
        events = perform(
            rooted(
                step("createFuture", to="f"),
                step("createTask", body="fails", to="t"),
                step("try", steps=[step("await", of="t")], on="USER"),
                step("callSoon", body="reraises"),
                step("yield"),
                fails=body("task", step("raise", error="USER(x)")),
                reraises=body("callback", step("result", of="t")),
            )
        )
        (task,) = of_kind(events, "inv", op="createTask")
        self.assertEqual([(h["src"], h["err"]) for h in of_kind(events, "hnd")], [(task["id"], "USER(x)")])

    def test_a_late_completion_from_a_thread_is_silent(self):
        events, done = perform_run(
            rooted(
                step("createFuture", to="f"),
                step("signal", gate="made"),
                step("await", of="f"),
                gates=["made"],
                spawned=["one", "two"],
                one=body("thread", step("waitGate", gate="made"), step("complete", of="f", value=1)),
                two=body("thread", step("waitGate", gate="made"), step("complete", of="f", error="USER(x)")),
            )
        )
        self.assertEqual(of_kind(events, "hnd"), [])
        self.assertEqual(done["stray"], [])


if __name__ == "__main__":
    unittest.main()
