"""An adapter in a process of its own, as crossloop would run it."""

import json
import os
import queue
import subprocess
import sys
import threading
from typing import Any, Dict, List, Optional

ADAPTER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "asyncio_adapter.py")
LOOPS = os.path.dirname(os.path.abspath(__file__))
# Generous: reached only when an adapter is broken.
ANSWER_S = 20.0


class AdapterProcess:
    """Sends messages and collects answers. Every wait ends after ANSWER_S with a failure."""

    def __init__(self, *options: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, ADAPTER, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": LOOPS},
        )
        self._answers: "queue.Queue[Optional[Dict[str, Any]]]" = queue.Queue()
        self._stderr: List[bytes] = []
        self._readers = [threading.Thread(target=self._read), threading.Thread(target=self._read_stderr)]
        for reader in self._readers:
            reader.start()
        self.longest_line = 0

    def __enter__(self) -> "AdapterProcess":
        return self

    def __exit__(self, *_: Any) -> None:
        self._process.kill()
        self.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            try:
                stream.close()  # type: ignore[union-attr]
            except BrokenPipeError:
                pass

    def _read(self) -> None:
        for line in self._process.stdout:  # type: ignore[union-attr]
            self.longest_line = max(self.longest_line, len(line))
            self._answers.put(json.loads(line))
        self._answers.put(None)

    def _read_stderr(self) -> None:
        self._stderr.extend(self._process.stderr)  # type: ignore[arg-type]

    def write(self, data: bytes) -> None:
        self._process.stdin.write(data)  # type: ignore[union-attr]
        self._process.stdin.flush()  # type: ignore[union-attr]

    def send(self, kind: str, message_id: int, **fields: Any) -> None:
        self.write(json.dumps({"type": kind, "id": message_id, **fields}).encode() + b"\n")

    def close_input(self) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]

    def terminate(self) -> None:
        self._process.terminate()

    def receive(self) -> Optional[Dict[str, Any]]:
        """The next answer, None when the adapter has closed its output."""
        return self._answers.get(timeout=ANSWER_S)

    def expect(self, kind: str) -> Dict[str, Any]:
        answer = self.receive()
        assert answer is not None and answer["type"] == kind, "expected %s, got %r" % (kind, answer)
        return answer

    def greet(self) -> Dict[str, Any]:
        self.send("hello", 1, protocol={"min": 1, "max": 1}, suite="0")
        return self.expect("ready")

    def start(self, run_id: int, program: Dict[str, Any], **options: Any) -> None:
        self.send("run", run_id, program=program, seed=1, options=options)
        assert self.expect("started")["re"] == run_id

    def finish(self) -> List[Dict[str, Any]]:
        """The events of the run under way, up to its done."""
        events: List[Dict[str, Any]] = []
        while True:
            answer = self.receive()
            assert answer is not None, "the adapter ended during a run: %s" % self.stderr()
            if answer["type"] == "done":
                assert answer["events"] == len(events)
                return events
            assert answer["type"] == "events", answer
            assert answer["first"] == len(events)
            events.extend(answer["events"])

    def reach(self, run_progress: int) -> None:
        """Pings until the run under way has made so many records."""
        while self.ping() < run_progress:
            pass

    def ping(self) -> int:
        self.send("ping", 7)
        return int(self.expect("pong")["progress"])

    def wait(self) -> int:
        """The exit status; negative: the signal."""
        status = self._process.wait(ANSWER_S)
        for reader in self._readers:
            reader.join(ANSWER_S)
        return status

    def stderr(self) -> str:
        """What the adapter wrote there; complete after `wait`."""
        return b"".join(self._stderr).decode()
