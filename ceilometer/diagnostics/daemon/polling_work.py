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

"""Follows ceilometer-polling at its work: cycles, pollsters, what is sent.

These functions are laid around those of ``ceilometer.polling.manager``
(:mod:`.hooks`). They run in the threads that poll. Whatever fails in them,
the daemon's own function is called, and once.
"""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import logging
from typing import Any

from ceilometer.diagnostics.daemon import error_text
from ceilometer.diagnostics.daemon import work

#: Why pollsters could not be loaded: an error text by the pollster's name.
not_loaded: dict[str, str] = {}

#: How many of these are remembered.
NOT_LOADED_MAX = 500

SENT = ('samples',)

#: Called when a cycle has ended, with the number of samples of the last
#: cycles of all intervals, in the thread of the cycle; None for nobody.
cycle_ended: Callable[[int], None] | None = None

#: Logger of the module whose functions these are.
LOGGER = 'ceilometer.polling.manager'


def cycle(wrapped: Callable[..., Any], instance: Any, args: Any,
          kwargs: Any) -> Any:
    """Around ``AgentManager.interval_task``: a cycle of an interval."""
    try:
        task = args[0] if args else kwargs['task']
        matches = task.pollster_matches
        interval = None
        for source in instance.polling_manager.sources:
            if source.name in matches:
                interval = source.interval
                break
        doing = work.begin(work.CYCLE, (interval,))
    except Exception as error:
        work.cannot_follow('AgentManager.interval_task', error)
        return wrapped(*args, **kwargs)
    try:
        return work.run(doing, wrapped, args, kwargs)
    finally:
        _tell_cycle()


def _tell_cycle() -> None:
    told = cycle_ended
    if told is not None:
        with contextlib.suppress(Exception):
            # each pollster's last run; it may have a thread of its own
            told(sum(one.items for one in work.works(work.POLL)))


def poll(wrapped: Callable[..., Any], instance: Any, args: Any,
         kwargs: Any) -> Any:
    """Around ``PollingTask._internal_pollster_run``, of Ceilometer 25 on."""
    try:
        _, _, history, pollster, source = args
        name = pollster.name
        before = len(history.get(name, ()))
        doing = work.begin(work.POLL, (source, name))
        doing.work.items = 0
    except Exception as error:
        work.cannot_follow('PollingTask._internal_pollster_run', error)
        return wrapped(*args, **kwargs)
    try:
        return work.run(doing, wrapped, args, kwargs)
    finally:
        doing.work.resources = len(history.get(name, ())) - before


def key(wrapped: Callable[..., Any], instance: Any, args: Any,
        kwargs: Any) -> Any:
    """Around ``Resources.key``, where nothing else tells of a pollster.

    Up to Ceilometer 24 the thread of a cycle calls it just before it turns to
    a pollster. So one ends where the next begins, or with the cycle.
    """
    try:
        doing = work.current()
        if doing is not None and doing.work.kind == work.POLL:
            work.end(doing)
            doing = work.current()
        if doing is not None and doing.work.kind == work.CYCLE:
            source, pollster = args
            work.begin(work.POLL, (source, pollster.name)).work.items = 0
    except Exception as error:
        work.cannot_follow('Resources.key', error)
    return wrapped(*args, **kwargs)


def send(wrapped: Callable[..., Any], instance: Any, args: Any,
         kwargs: Any) -> Any:
    """Around ``PollingTask._send_notification``: a batch of samples.

    oslo.messaging logs that it could not send, and raises nothing.
    """
    try:
        count = len(args[0])
        doing = work.begin(work.SEND, SENT)
    except Exception as error:
        work.cannot_follow('PollingTask._send_notification', error)
        return wrapped(*args, **kwargs)
    try:
        return work.run(doing, wrapped, args, kwargs)
    finally:
        sent = doing.work
        if doing.failed:
            sent.lost += count
        else:
            sent.items_ever += count
            if doing.outer is not None:
                polled = doing.outer.work
                polled.items += count
                polled.items_ever += count
        sent.items = count


def logged(record: logging.LogRecord) -> None:
    """Note why a pollster could not be loaded; runs where that is logged."""
    args = record.args
    if (isinstance(args, dict) and 'name' in args
            and str(record.msg).startswith('Failed to import extension')
            and len(not_loaded) < NOT_LOADED_MAX):
        not_loaded[str(args['name'])] = error_text.of_record(record)
