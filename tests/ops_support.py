"""What several tests of the development stack need."""

import signal

from sanfang.ops.processes import Process, wait


def kill(process: Process) -> None:
    """``kill -9``, until it has gone."""
    process.send(signal.SIGKILL)
    assert wait(lambda: not process.alive, 10)
