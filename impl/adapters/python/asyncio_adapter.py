"""crossloop's adapter for asyncio and every event loop that follows its API.

    python3 asyncio_adapter.py [--loop module:factory] [--complete threadsafe|direct]

`--complete direct` puts a defect in: a foreign thread sets a loop's future itself, and an idle loop is not woken.
"""

import argparse
import sys

from asyncio_binding.binding import make_adapter
from asyncio_binding.futures import COMPLETIONS
from asyncio_binding.loop_factory import DEFAULT_LOOP, BadLoop, load_loop_factory
from crossloop_sdk.channel import open_channel
from crossloop_sdk.server import serve

EXIT_USAGE = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="asyncio_adapter", description="Perform crossloop's programs on an event loop.")
    parser.add_argument("--loop", default=DEFAULT_LOOP, metavar="MODULE:FACTORY", help="makes the loop under test")
    parser.add_argument("--complete", default="threadsafe", choices=sorted(COMPLETIONS), help="how `complete` is done")
    options = parser.parse_args()
    # Before the implementation is loaded: what it prints must not reach crossloop.
    channel = open_channel()
    try:
        factory = load_loop_factory(options.loop)
    except BadLoop as error:
        print("asyncio_adapter: --loop %s: %s" % (options.loop, " ".join(str(error).split())), file=sys.stderr)
        return EXIT_USAGE
    serve(make_adapter(factory, options.complete), channel)
    return 0


if __name__ == "__main__":
    sys.exit(main())
