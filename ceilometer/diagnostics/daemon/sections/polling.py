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

"""Section ``polling``: what ceilometer-polling polls, and what comes of it.

What is loaded and configured is read from the worker's live service; what it
has done, from :mod:`ceilometer.diagnostics.daemon.work`. Attributes of the
service differ between versions and while it starts: each is asked for with
care, and no lock of it is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import TypeVar

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import entry_points
from ceilometer.diagnostics.daemon import hooks
from ceilometer.diagnostics.daemon import polling_work
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import work
from ceilometer.diagnostics.daemon import work_told
from ceilometer.diagnostics import without_ids

_T = TypeVar('_T')

#: Module of the daemon that is followed.
MODULE = 'ceilometer.polling.manager'

#: How many pollsters and meters of each kind are told of.
TOLD_MAX = 1000

#: How much later than planned a cycle may begin: threads take turns.
LATE_SECONDS = 5.0


def collect(context: section.Context) -> section.Content:
    """Ask the worker's service, and what was counted."""
    service = context.daemon.worker_service
    moments = work_told.Moments()
    data: contents.Polling = {
        'state': contents.DOES_NOT, 'time_usec': moments.usec(moments.now),
        'since_usec': context.daemon.armed_usec, 'host': None,
        'namespaces': [], 'sources': [], 'loaded': [], 'not_loaded': [],
        'discoveries': [], 'cycles': [], 'pollsters': [], 'threads': [],
        'batches_sent': 0, 'samples_sent': 0, 'samples_lost': 0,
        'last_sent_usec': None, 'last_lost_usec': None, 'sending': 0,
        'unknown': []}
    if not _polls(service):
        return section.Content(data=data)
    conf: Any = context.daemon.conf
    data['host'] = _ask(data, 'the name of the host', lambda: str(conf.host))
    data['namespaces'] = list(map(str, getattr(
        conf, 'polling_namespaces', None) or ()))
    extensions = getattr(service, 'extensions', None)
    manager = getattr(service, 'polling_manager', None)
    if extensions is None or manager is None:
        data['state'] = contents.STARTS
        return section.Content(data=data)
    data['state'] = contents.POLLS
    names = sorted({str(extension.name) for extension in extensions})
    data['loaded'] = names[:TOLD_MAX]
    data['discoveries'] = sorted(
        str(discovery.name) for discovery in getattr(
            service, 'discoveries', ()))[:TOLD_MAX]
    _ask(data, 'which pollsters are not loaded',
         lambda: _add_not_loaded(data, names))
    _ask(data, 'the sources', lambda: _add_sources(
        data, manager.sources, names))
    _ask(data, 'the cycles', lambda: _add_cycles(
        data, getattr(service, 'polling_periodics', None), moments))
    data['threads'] = work_told.working_threads(
        (work.CYCLE, work.POLL, work.SEND), moments)
    _add_sent(data, moments)
    data['unknown'] += hooks.unknown(MODULE)
    return section.Content(data=data)


def _polls(service: Any) -> bool:
    """Whether a worker's service polls; it may be half made."""
    return any(kind.__name__ == 'AgentManager'
               for kind in type(service).__mro__)


def _ask(data: contents.Polling, what: str,
         function: Callable[[], _T]) -> _T | None:
    """Ask for something that a version may not have."""
    try:
        return function()
    except Exception as error:
        data['unknown'].append(
            f'{what}: {type(error).__name__}: {str(error)[:200]}')
        return None


def _add_not_loaded(data: contents.Polling, loaded: list[str]) -> None:
    missing = {
        entry.name for namespace in data['namespaces']
        for entry in entry_points.of(f'ceilometer.poll.{namespace}')
        } - set(loaded)
    for name in sorted(missing | set(polling_work.not_loaded))[:TOLD_MAX]:
        reason = polling_work.not_loaded.get(name)
        data['not_loaded'].append({
            'name': name,
            'reason': None if reason is None else without_ids.text(reason)})


def _add_sources(data: contents.Polling, sources: Any,
                 loaded: list[str]) -> None:
    for source in list(sources)[:TOLD_MAX]:
        data['sources'].append({
            'source': str(source.name),
            'interval_seconds': float(source.interval),
            'meters': list(map(str, source.meters))[:TOLD_MAX],
            'pollsters': sum(
                bool(source.support_meter(name)) for name in loaded),
            'static_resources': len(source.resources or ()),
            'discovery': list(map(str, source.discovery or ()))})


def _add_cycles(data: contents.Polling, periodics: Any,
                moments: work_told.Moments) -> None:
    # without a pollster that a source matches, there are none
    watchers = () if periodics is None else list(periodics.iter_watchers())
    for number, watcher in enumerate(watchers):
        task = watcher.work.args[0]
        interval = watcher.work.callback._periodic_spacing
        schedule = getattr(periodics, '_schedule', None)
        due = None if schedule is None else schedule.fetch_next_run(number)
        cycle: contents.PollingCycle = {
            **work_told.repeated(work.known(work.CYCLE, (interval,)), moments),
            'interval_seconds': float(interval),
            'sources': sorted(map(str, task.pollster_matches)),
            'overdue_seconds': None,
            'next_in_seconds': None if due is None else round(
                due - moments.now, 1)}
        cycle['overdue_seconds'] = _overdue(cycle, moments)
        data['cycles'].append(cycle)
        for source, pollster in _matches(task):
            if len(data['pollsters']) < TOLD_MAX:
                data['pollsters'].append(_pollster(
                    source, pollster, task, moments))


def _matches(task: Any) -> Iterator[tuple[str, Any]]:
    for source, pollsters in sorted(dict(task.pollster_matches).items()):
        for pollster in sorted(pollsters, key=lambda item: str(item.name)):
            yield source, pollster


def _overdue(cycle: contents.PollingCycle,
             moments: work_told.Moments) -> float | None:
    running = cycle['running_since_usec']
    late = None
    if running is not None:
        late = ((moments.usec(moments.now) - running) / 1e6
                - cycle['interval_seconds'])
    elif cycle['next_in_seconds'] is not None:
        late = -cycle['next_in_seconds'] - LATE_SECONDS
    return round(late, 1) if late is not None and late > 0 else None


def _pollster(source: str, pollster: Any, task: Any,
              moments: work_told.Moments) -> contents.Pollster:
    done = work.known(work.POLL, (source, pollster.name))
    resources = task.resources.get(f'{source}-{pollster.name}')
    return {
        **work_told.repeated(done, moments),
        'source': str(source), 'pollster': str(pollster.name),
        'resources': None if done is None else done.resources,
        'samples': 0 if done is None else done.items,
        'samples_ever': 0 if done is None else done.items_ever,
        'switched_off': len(getattr(resources, 'blacklist', ()))}


def _add_sent(data: contents.Polling, moments: work_told.Moments) -> None:
    sent = work.known(work.SEND, polling_work.SENT)
    if sent is not None:
        data['batches_sent'] = sent.runs - sent.failed
        data['samples_sent'] = sent.items_ever
        data['samples_lost'] = sent.lost
        data['last_sent_usec'] = moments.maybe_usec(sent.succeeded)
        data['last_lost_usec'] = moments.maybe_usec(sent.error_at)
    data['sending'] = sum(
        thread['kind'] == work.SEND for thread in data['threads'])
