"""Says what is being done and for how long, in plain lines that also read well in a CI log."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

EVERY = 20.0  # seconds between two signs of life of one step
WORTH_TELLING = 2.0  # seconds; a shorter step has no line of its own for its end


def clock(seconds: float) -> str:
    """`4:07` for 247 seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


class Progress:
    """Steps of one run, from any number of threads; lines go to stderr and begin with the time since the start."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        elapsed = clock(time.monotonic() - self._began)
        sys.stderr.write(f"[{elapsed:>5}] {text}\n")
        sys.stderr.flush()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A line at the start, one every 20 seconds, and one at the end where the step took long and succeeded."""
        began = time.monotonic()
        ended = threading.Event()
        self.say(title)
        ticker = threading.Thread(target=self._tick, args=(title, began, ended), daemon=True)
        ticker.start()
        try:
            yield
        except BaseException:
            self.say(f"{title}: failed")
            raise
        finally:
            ended.set()
            ticker.join()
        if (took := time.monotonic() - began) >= WORTH_TELLING:
            self.say(f"{title}: done in {clock(took)}")

    def _tick(self, title: str, began: float, ended: threading.Event) -> None:
        while not ended.wait(EVERY):
            self.say(f"{title}: still at it after {clock(time.monotonic() - began)}")
