"""Progress from inside a compiled loop, which a signal or a listener's error stops.

Python runs signal handlers in its main thread only, and not while that thread is inside TensorFlow:
Ctrl-C in a compiled loop would take effect when the loop has ended. `LoopProgress.run` therefore
runs the loop in a thread of its own and waits for it in Python, where handlers run.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from .interruption import raise_if_requested

__all__ = ["LoopProgress"]

_LOOK_EVERY = 0.1  # seconds; where a signal does not end the wait (Windows), its handler runs then


class LoopProgress:
    """Reports the progress of a compiled loop, and stops the loop early.

    The loop's body calls the object, and the loop's condition reads what that returned. `run` calls
    the compiled function and names the listener of this run:

        progress = LoopProgress()

        @tf.function
        def compute(x):
            def body(k, x, go_on):
                x = tf.cos(x)
                return k + 1, x, progress(k + 1, x)

            def more(k, x, go_on):
                return tf.logical_and(go_on, k < 100)

            return tf.while_loop(more, body, (0, x, True))

        progress.run(compute, tf.constant(1.0), report=print)

    An object may be used by several threads; their runs take turns.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._run = _Run(_unheard)

    def __call__(self, done: tf.Tensor, after: tf.Tensor) -> tf.Tensor:
        """Report a number from the body of a loop.

        Args:
            done: the number, a scalar.
            after: the number is reported once this has been computed.

        Returns:
            Whether the loop is to go on, a scalar bool; its condition must read it.
        """
        with tf.control_dependencies([after]):  # else the counter runs ahead of the work
            go_on = tf.numpy_function(self._tell, [done], tf.bool)
        go_on.set_shape([])
        return go_on

    def run(
        self, function: Callable[..., Any], *arguments: Any, report: Callable[[int], None]
    ) -> Any:
        """Call a `tf.function` whose loop calls this object.

        What is raised in the calling thread meanwhile, such as `KeyboardInterrupt`, stops the loop
        after its current iteration and is raised once the loop has ended (a second one at once).
        What `report` raises does the same. In both cases the loop's result is dropped.

        Args:
            function: the `tf.function`; it is traced in the calling thread, and has its device.
            *arguments: its arguments.
            report: called with each number, in one of TensorFlow's threads.

        Returns:
            What the function returns.
        """
        from tensorflow.python.eager import context  # the device has no public name

        device = context.context().device_name  # pyright: ignore[reportOptionalMemberAccess]
        if tf.config.functions_run_eagerly():  # the loop is Python, and stays in this thread
            compiled = function
        else:
            # Traced here: Keras's dtype policy and scopes belong to the thread.
            compiled = function.get_concrete_function(*arguments)
        run = _Run(report)

        def work() -> None:
            try:
                with self._turn_of(run), tf.device(device):
                    run.result = compiled(*arguments)
            except BaseException as error:
                run.stop(error)
            finally:
                run.ended.set()

        if compiled is function:
            work()
        else:
            thread = threading.Thread(target=work, name="compiled loop")
            try:
                thread.start()
                run.wait()
            except BaseException as error:
                run.stop(error)
                if thread.is_alive():  # and not interrupted while it started
                    run.wait()
                raise
        if run.error is not None:
            raise run.error
        return run.result

    @contextlib.contextmanager
    def _turn_of(self, run: _Run) -> Iterator[None]:
        """Make it the run whose listener is told, once the one before has ended."""
        while not self._turn.acquire(timeout=_LOOK_EVERY):
            if run.error is not None:
                raise run.error
        try:
            self._run = run
            yield
        finally:
            self._run = _Run(_unheard)
            self._turn.release()

    def _tell(self, number: int) -> bool:
        return self._run.tell(int(number))


class _Run:
    """One run of a loop: its listener, its end, and why it is to end early."""

    def __init__(self, report: Callable[[int], None]) -> None:
        self._report = report
        self.error: BaseException | None = None
        self.result: Any = None
        self.ended = threading.Event()

    def tell(self, number: int) -> bool:
        """Tell the listener; whether the loop is to go on."""
        if self.error is None:
            try:
                raise_if_requested()  # if the loop is Python, in the main thread
                self._report(number)
            except BaseException as error:
                self.stop(error)
        return self.error is None

    def stop(self, error: BaseException) -> None:
        """Have the loop end; what was first counts."""
        if self.error is None:
            self.error = error

    def wait(self) -> None:
        """Until the loop has ended. Python's handlers of signals run meanwhile.

        Raises:
            Interrupted: a signal has asked the program to end, and what it raised got lost.
        """
        while not self.ended.wait(_LOOK_EVERY):
            raise_if_requested()


def _unheard(done: int) -> None:
    pass
