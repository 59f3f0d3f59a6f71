# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What following the daemon at its work costs it, while no report is made.

The peer is Ceilometer without the hooks. Compares:

  a hook  processor time of one call of a function that does nothing, wrapped
          as the list of hooks has it, against the same without
  a poll  processor time of a run of a pollster with 1,000 samples, in batches
          of 50, by Ceilometer's own classes; what is sent goes to
          oslo.messaging's driver for tests
  a line  processor time of handling a log record, of two levels, against that
          of a handler that formats it for a file

Exit status 1 if a hook takes more than 5 microseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import logging
import os
import pathlib
import statistics
import sys
import tempfile
import time
import types
from typing import Any
import warnings

import harness
import wrapt

from ceilometer.diagnostics.daemon import hooks
from ceilometer.diagnostics.daemon import log_watch
from ceilometer.diagnostics.daemon import notification_work

HOOK_USEC_MAX = 5.0
CALLS = 20_000
SAMPLES = 1_000


def nothing(*arguments: Any) -> None:
    """Do what the daemon's function would do: here, nothing."""


class Publisher:
    """Publishes nothing."""

    def publish_samples(self, samples: list[Any]) -> None:
        """Publish them."""


def cases() -> Iterator[tuple[str, Callable[[], Any], Callable[[], Any]]]:
    """Names of hooks; a call without, and one with it."""
    pollster = types.SimpleNamespace(name='cpu')
    source = types.SimpleNamespace(name='all', interval=300)
    instance = types.SimpleNamespace(
        polling_manager=types.SimpleNamespace(sources=[source]),
        _purpose='sample')
    batch = list(range(50))
    arguments: dict[str, tuple[Any, ...]] = {
        'AgentManager.interval_task': (
            types.SimpleNamespace(pollster_matches={'all': [pollster]}),),
        'PollingTask._internal_pollster_run': ({}, {}, {}, pollster, 'all'),
        'PollingTask._send_notification': (batch,),
        'BatchNotificationDispatcher.dispatch': (batch,),
    }
    for hook in hooks.HOOKS:
        if hook.name not in arguments:
            continue
        given = arguments[hook.name]
        wrapped = types.MethodType(wrapt.FunctionWrapper(
            nothing, hooks._while_active(hook.wrapper)), instance)
        plain = types.MethodType(nothing, instance)
        yield hook.name, lambda p=plain, g=given: p(*g), (
            lambda w=wrapped, g=given: w(*g))
    stock, followed = Publisher(), Publisher()
    notification_work.follow(followed, ('sample', 'file:///x'))
    yield ('publish_samples', lambda: stock.publish_samples(batch),
           lambda: followed.publish_samples(batch))


def microseconds(call: Callable[[], Any]) -> float:
    """Processor time of a call."""
    start = time.thread_time_ns()
    for _ in range(CALLS):
        call()
    return (time.thread_time_ns() - start) / CALLS / 1000


class Poll:
    """A run of a pollster, by Ceilometer.

    :param directory: for its files
    """

    def __init__(self, directory: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            from ceilometer.polling import manager
            from ceilometer.polling import plugin_base
            from ceilometer import sample
            from ceilometer import service
            from stevedore import extension
        conf = service.prepare_service(
            ['benchmark'], [harness.configure(directory)])
        self._agent = manager.AgentManager(0, conf, ['nothing'])
        self._task_class = manager.PollingTask

        class Pollster(plugin_base.PollsterBase):
            default_discovery = ''

            def get_samples(self, manager: Any, cache: Any,
                            resources: list[Any]) -> Iterator[Any]:
                for number in range(SAMPLES):
                    yield sample.Sample(
                        name='x', type=sample.TYPE_GAUGE, unit='x',
                        volume=number, user_id=None, project_id=None,
                        resource_id='r', resource_metadata={})

        self._pollster = extension.Extension(
            'x', None, Pollster, Pollster(conf))
        source = types.SimpleNamespace(
            name='all', resources=['r'], discovery=[],
            group_for_coordination=None)
        self._task = self._task_class(self._agent)
        self._task.add(self._pollster, source)
        self._names = [
            name for name in ('_internal_pollster_run', '_send_notification')
            if hasattr(getattr(self._task_class, name, None), '__wrapped__')]

    @contextlib.contextmanager
    def without_hooks(self) -> Iterator[None]:
        """Have Ceilometer's own functions meanwhile."""
        kept = {name: vars(self._task_class)[name] for name in self._names}
        for name, function in kept.items():
            setattr(self._task_class, name, function.__wrapped__)
        try:
            yield
        finally:
            for name, function in kept.items():
                setattr(self._task_class, name, function)

    def milliseconds(self) -> float:
        """Processor time of a run."""
        start = time.thread_time_ns()
        self._task._internal_pollster_run({}, {}, {}, self._pollster, 'all')
        return (time.thread_time_ns() - start) / 1e6


def record_microseconds(handler: logging.Handler, level: int) -> float:
    """Processor time of handling a record."""
    record = logging.LogRecord(
        'benchmark', level, 'f', 1, 'no %s for %s', ('a', 'b'), None)
    start = time.thread_time_ns()
    for _ in range(CALLS):
        handler.handle(record)
    return (time.thread_time_ns() - start) / CALLS / 1000


def log_rows(pairs: int) -> Iterator[tuple[str, ...]]:
    """Rows of what the watch of the log costs, against writing the log."""
    log_watch.start()
    with open(os.devnull, 'w') as file:
        writer = logging.StreamHandler(file)
        writer.setFormatter(logging.Formatter(
            '%(asctime)s %(process)d %(levelname)s %(name)s %(message)s'))
        for level in (logging.INFO, logging.WARNING):
            found: tuple[list[float], list[float]] = ([], [])
            for _ in range(pairs):
                found[0].append(record_microseconds(writer, level))
                found[1].append(record_microseconds(
                    log_watch._handler, level))
            ratio = statistics.median(
                b / a for a, b in zip(*found, strict=True))
            yield (logging.getLevelName(level),
                   f'{statistics.median(found[0]):.2f}',
                   f'{statistics.median(found[1]):.2f}', f'{ratio:.2f}')
    log_watch.stop()


def main() -> int:
    """Measure the hooks, the poll and the log; give the exit status."""
    arguments = harness.parser(__doc__, pairs=15).parse_args()
    harness.print_versions()
    hooks.install()
    rows = [('hook, us a call', 'without', 'with', 'difference')]
    slow = []
    for name, plain, hooked in cases():
        found: tuple[list[float], list[float]] = ([], [])
        for _ in range(arguments.pairs):
            found[0].append(microseconds(plain))
            found[1].append(microseconds(hooked))
        cost = statistics.median(
            b - a for a, b in zip(*found, strict=True))
        rows.append((name, f'{statistics.median(found[0]):.2f}',
                     f'{statistics.median(found[1]):.2f}', f'{cost:.2f}'))
        if cost > HOOK_USEC_MAX:
            slow.append(name)
    harness.print_table(rows)
    with tempfile.TemporaryDirectory() as directory:
        pathlib.Path(directory).chmod(0o700)
        poll = Poll(directory)
        runs: tuple[list[float], list[float]] = ([], [])
        for _ in range(arguments.pairs):
            with poll.without_hooks():
                runs[0].append(poll.milliseconds())
            runs[1].append(poll.milliseconds())
    ratio = statistics.median(b / a for a, b in zip(*runs, strict=True))
    harness.print_table([
        ('a poll of 1,000 samples, ms', 'without', 'with', 'ratio'),
        ('', f'{statistics.median(runs[0]):.2f}',
         f'{statistics.median(runs[1]):.2f}', f'{ratio:.3f}')])
    harness.print_table([('a log record, us', 'file', 'watch', 'ratio'),
                         *log_rows(arguments.pairs)])
    if slow:
        print('Too slow:', ', '.join(slow))
    return 1 if slow else 0


if __name__ == '__main__':
    sys.exit(main())
