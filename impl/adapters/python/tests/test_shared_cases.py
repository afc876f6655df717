import json
import os
import unittest

from . import in_process, notation

CASES = os.path.join(os.path.dirname(__file__), "..", "..", "..", "cases")


def load(folder):
    directory = os.path.join(CASES, folder)
    programs = []
    for name in sorted(os.listdir(directory)):
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            programs.append(json.load(file))
    return [program for program in programs if set(program["needs"]) <= set(in_process.ADAPTER.capabilities)]


class TheInterpreter(unittest.TestCase):
    maxDiff = None

    def test_performs_the_shared_programs_as_every_other_interpreter_does(self):
        for program in load("interpreter"):
            with self.subTest(program["name"]):
                path = os.path.join(CASES, "histories", program["name"] + ".txt")
                with open(path, encoding="utf-8") as file:
                    expected = file.read()
                self.assertEqual(notation.write_history(in_process.perform(program)), expected)

    def test_performs_the_example_programs_to_their_end(self):
        for program in load("programs"):
            with self.subTest(program["name"]):
                events, done = in_process.perform_run(program)
                self.assertEqual(done["leaked"], {"threads": 0, "tasks": 0, "handles": None})
                self.assertEqual(done["stray"], [])
                self.assertEqual(done["events"], len(events))
                self.assertEqual(in_process.of_kind(events, "loop")[-1]["state"], "closed")


if __name__ == "__main__":
    unittest.main()
