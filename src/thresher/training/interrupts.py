"""Ctrl-C and SIGTERM as a request: the loop finishes its step and saves before it leaves."""

import signal
import threading
from types import FrameType, TracebackType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class TrainingStopped(KeyboardInterrupt):
    """Training was asked to stop and has saved everything; ``run_id`` can be resumed."""

    def __init__(self, run_id: str, step: int) -> None:
        super().__init__(f"run {run_id} stopped at step {step}")
        self.run_id = run_id
        self.step = step


class Interrupts:
    """Notes the signals that arrive in its block (only the main thread may listen)."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
