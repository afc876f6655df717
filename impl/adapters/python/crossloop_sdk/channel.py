"""The channel to crossloop: JSON lines on private copies of stdin and stdout."""

import json
import os
import sys
import threading
from typing import Any, Dict, Optional

from .json_text import encode
from .limits import LINE_BYTES_MAX


class BadLine(Exception):
    """A line that is no message. `code` goes into the answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Channel:
    """Reads and writes whole messages. Any thread may send; one thread receives."""

    def __init__(self, input_fd: int, output_fd: int) -> None:
        self._input = os.fdopen(input_fd, "rb")
        self._output_fd = output_fd
        self._sending = threading.Lock()

    def receive(self) -> Optional[Dict[str, Any]]:
        """The next message, None at the end of input. Raises BadLine for a line that is none; the next call goes on."""
        line = self._input.readline(LINE_BYTES_MAX + 1)
        if not line:
            return None
        if len(line) > LINE_BYTES_MAX:
            while line and not line.endswith(b"\n"):
                line = self._input.readline(LINE_BYTES_MAX)
            raise BadLine("line-too-long", "a line is longer than %d bytes" % LINE_BYTES_MAX)
        try:
            message = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise BadLine("bad-line", "not a line of JSON: %s" % error) from None
        if not isinstance(message, dict):
            raise BadLine("bad-line", "a message is an object")
        return message

    def send(self, message: Dict[str, Any]) -> None:
        self.send_text(encode(message))

    def send_text(self, line: str) -> None:
        """Writes one line. Ends the process if nobody reads any more: that is the end of crossloop."""
        data = memoryview(line.encode("utf-8") + b"\n")
        with self._sending:
            try:
                while data:
                    data = data[os.write(self._output_fd, data) :]
            except OSError:
                os._exit(0)


def open_channel() -> Channel:
    """Takes stdin and stdout for the protocol alone, before the implementation is loaded.

    From now on file descriptor 1 is stderr and 0 is empty, for Python and native code alike, so nothing an implementation
    prints or reads can disturb the protocol. The copies are not inherited by child processes.
    """
    sys.stdout.flush()
    input_fd, output_fd = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return Channel(input_fd, output_fd)
