"""Small programs for the tests."""

from typing import Any, Dict, List, Optional

Json = Dict[str, Any]


def program(main: List[Json], gates: Optional[List[str]] = None, **bodies: Json) -> Json:
    """A program whose main makes a loop first."""
    steps = [{"op": "newLoop"}] + main
    return {"format": 1, "name": "test", "needs": [], "gates": gates or [], "bodies": bodies, "main": steps}


def body(kind: str, *steps: Json) -> Json:
    return {"kind": kind, "steps": list(steps)}


def step(op: str, **arguments: Any) -> Json:
    """A step; `finally_` stands for finally, `as_` for as."""
    return {"op": op, **{name.rstrip("_"): value for name, value in arguments.items()}}


def rooted(*steps: Json, gates: Optional[List[str]] = None, spawned: Optional[List[str]] = None, **bodies: Json) -> Json:
    """A program that runs the steps as its root task, with the named threads spawned before."""
    spawns = [step("spawn", body=name) for name in spawned or []]
    main = spawns + [step("runUntil", body="root"), step("quiesce"), step("join"), step("close")]
    return program(main, gates, root=body("task", *steps), **bodies)


# The loop's thread is blocked for ever, outside its selector.
BLOCKED = program([step("callSoon", body="blocks"), step("runForever")], ["never"],
                  blocks=body("callback", step("waitGate", gate="never")))  # fmt: skip

# A foreign thread completes the future that an otherwise idle loop waits for.
COMPLETED = rooted(
    step("createFuture", to="future"),
    step("signal", gate="made"),
    step("await", of="future"),
    step("mark", tag="resumed"),
    gates=["made"],
    spawned=["foreign"],
    foreign=body("thread", step("waitGate", gate="made"), step("sleep", delayUs=20_000),
                 step("complete", of="future", value=25)),
)  # fmt: skip

# A foreign thread submits twelve callbacks in order to a loop that it finds blocked, and ends the loop by a thirteenth.
SUBMITTED = rooted(
    step("createFuture", to="finished"),
    step("callSoon", body="block"),
    step("await", of="finished"),
    gates=["blocked", "submitted"],
    spawned=["foreign"],
    block=body("callback", step("signal", gate="blocked"), step("waitGate", gate="submitted")),
    foreign=body("thread", step("waitGate", gate="blocked"),
                 step("repeat", count=12, steps=[step("callSoonThreadsafe", body="submitted")]),
                 step("callSoonThreadsafe", body="finish"), step("signal", gate="submitted")),
    submitted=body("callback"),
    finish=body("callback", step("setResult", of="finished", value=None)),
)  # fmt: skip
