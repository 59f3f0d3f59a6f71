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

"""Section ``workers``: which workers a master has, and which have died."""

from __future__ import annotations

import time
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import death_text
from ceilometer.diagnostics.daemon import last_words
from ceilometer.diagnostics.daemon import readiness
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import worker_deaths
from ceilometer.diagnostics import findings

#: Deaths are unusual for so long.
LATELY_SECONDS = 600.0

#: For so long after its start, or after it was told to reload, a service may
#: lack workers.
SETTLE_SECONDS = 60.0

#: A worker that dies is started anew within that time.
RESTART_SECONDS = 10.0

_UNNOTICED = 'the master starts no other, as always with Python 3.14'


def collect(context: section.Context) -> section.Content:
    """Look at cotyledon's manager and at the kernel's list of processes."""
    watch = worker_deaths.watch
    now = time.time()
    data: contents.Workers = {
        'state': None, 'state_seconds': None, 'reloaded_seconds': None,
        'replaces': None, 'services': []}
    if watch.manager is not None:
        moment = worker_deaths.seconds()
        state, since = _state(watch, moment)
        data['state'] = state
        data['state_seconds'] = round(max(moment - since, 0), 1)
        reloaded = None if watch.reloaded_boot is None else (
            moment - watch.reloaded_boot)
        if reloaded is not None:
            data['reloaded_seconds'] = round(reloaded, 1)
        data['replaces'] = _replaces(watch.manager)
        services = getattr(watch.manager, '_services', {})
        data['services'] = [
            _service(watch, service_id, config, now, reloaded)
            for service_id, config in list(services.items())]
    return section.Content(data=data)


def _state(watch: worker_deaths.Watch, now: float) -> tuple[str, float]:
    dead = getattr(watch.manager, '_dead', None)
    if dead is not None and dead.is_set():
        return contents.STOPPING, now
    reloaded = watch.reloaded_boot
    if reloaded is not None and now - reloaded < SETTLE_SECONDS:
        return contents.RELOADING, reloaded
    if now - watch.began < SETTLE_SECONDS:
        return contents.STARTS, watch.began
    return contents.RUNNING, watch.began


def _replaces(manager: Any) -> bool:
    """Whether this master learns that a worker has ended."""
    return readiness.master is not None or not worker_deaths.are_served(
        manager)


def _misses_reload(manager: Any, age: float | None,
                   reloaded: float | None) -> bool:
    """Whether a reload should have replaced a worker.

    :param manager: cotyledon's
    :param age: of the worker, seconds; None if it does not run
    :param reloaded: for so many seconds the reload has been under way
    """
    if age is None or reloaded is None or age <= reloaded:
        return False
    # a worker may finish what it does, for ever if there is no limit
    limit = getattr(manager, '_graceful_shutdown_timeout', SETTLE_SECONDS)
    return bool(limit) and reloaded > (
        max(float(limit), SETTLE_SECONDS) + RESTART_SECONDS)


def _service(watch: worker_deaths.Watch, service_id: Any, config: Any,
             now: float, reloaded: float | None) -> contents.WorkersOfService:
    known = watch.services.get(service_id) or worker_deaths.Service()
    noted = {death.pid for death in list(known.last)}
    expected = int(getattr(config, 'workers', 0))
    alive: dict[int, int] = {}
    ended: dict[int, contents.LoggedError | None] = {}
    for process, number in worker_deaths.processes(watch.manager, service_id):
        if worker_deaths.age(process.pid) is not None:
            alive[number] = process.pid
        elif process.pid not in noted:
            ended[number] = death_text.error(
                last_words.of(watch.descriptor, process.pid), now)
    moment = worker_deaths.seconds()
    lately = [when for when in list(known.times)
              if moment - when <= LATELY_SECONDS]
    workers: list[contents.Worker] = []
    for number in sorted({*range(expected), *alive}):
        pid = alive.get(number)
        age = None if pid is None else worker_deaths.age(pid)
        workers.append({
            'worker': number, 'pid': pid,
            'age_seconds': None if age is None else round(age, 1),
            'restarts': known.restarts.get(number, 0),
            'missed_reload': _misses_reload(watch.manager, age, reloaded),
            'last_error': ended.get(number) if pid is None else None})
    return {
        'service': str(getattr(getattr(config, 'service', None), '__name__',
                               'service')),
        'expected': expected,
        'workers': workers,
        'deaths': [death_text.data(death, now) for death in reversed(list(
            known.last))],
        'deaths_count': known.count,
        'deaths_lately': len(lately),
        'deaths_lately_seconds': round(now - lately[0], 1) if lately else None,
    }


def findings_of(data: contents.Workers) -> list[contents.Finding]:
    """Workers that die, that are missing, or that no reload has replaced.

    :param data: of the section
    """
    found: list[contents.Finding] = []
    if data['state'] in (None, contents.STOPPING):
        return found
    for service in data['services']:
        dying = _dying(service, _of(service, data))
        if dying is not None:
            found.append(dying)
        doubled = _doubled(service, _of(service, data))
        if doubled is not None:
            found.append(doubled)
        missing = [worker['worker'] for worker in service['workers']
                   if worker['pid'] is None]
        if missing and data['state'] == contents.RUNNING and not any(
                death['seconds_ago'] < RESTART_SECONDS
                for death in service['deaths']):
            found.append(findings.finding(
                'workers-missing',
                f'{len(missing)} of {service["expected"]} workers'
                f'{_of(service, data)} do not run: worker '
                + ', '.join(map(str, missing))
                + _last_error(service)
                + (f'; {_UNNOTICED}: restart the unit'
                   if data['replaces'] is False else ''),
                service=service['service']))
        late = [worker['worker'] for worker in service['workers']
                if worker['missed_reload']]
        if late:
            found.append(findings.finding(
                'workers-not-replaced',
                f'{len(late)} of {service["expected"]} workers'
                f'{_of(service, data)} run on since before the reload '
                f'{findings.span(data["reloaded_seconds"] or 0)} ago, with '
                'what was configured then: worker '
                + ', '.join(map(str, late)) + '; restart the unit',
                service=service['service']))
    return found


def _of(service: contents.WorkersOfService, data: contents.Workers) -> str:
    """Whose workers: that is told only where there are several services."""
    return f' of {service["service"]}' if len(data['services']) > 1 else ''


def _last_error(service: contents.WorkersOfService) -> str:
    """The end of a sentence: the newest of workers that do not run."""
    told = [error for worker in service['workers']
            if (error := worker.get('last_error')) is not None]
    if not told:
        return ''
    newest = min(told, key=lambda error: error['seconds_ago'])
    return (f'; its last error, {findings.span(newest["seconds_ago"])} ago: '
            f'{death_text.error_words(newest)}')


def _dying(service: contents.WorkersOfService,
           whose: str) -> contents.Finding | None:
    unusual = [death for death in service['deaths']
               if not death['replaced'] and death['exit_status'] != 0
               and 'lives' not in death
               and death['seconds_ago'] <= LATELY_SECONDS]
    count = service['deaths_lately']
    since = service['deaths_lately_seconds']
    if not unusual or not count or since is None:
        return None
    last = unusual[0]
    how = death_text.how(last)
    ago = findings.span(last['seconds_ago'])
    if count == 1:
        sentence = f'worker {last["worker"]}{whose} died {ago} ago {how}'
    else:
        sentence = (f'workers{whose} have died {count} times in '
                    f'{findings.span(since)}; the last, {ago} ago, {how}')
    sentence += death_text.cause(last)
    return findings.finding(
        'workers-dying', sentence, unusual[-1]['time'],
        # one that died is no fault of the service yet
        findings.WARNING if count == 1 else findings.ERROR,
        service=service['service'], worker=last['worker'], pid=last['pid'])


def _doubled(service: contents.WorkersOfService,
             whose: str) -> contents.Finding | None:
    """Workers that the master has lost, and that run beside others."""
    pids = sorted(death['pid'] for death in service['deaths']
                  if death.get('lives') and not death['replaced']
                  and death['pid'] is not None
                  and worker_deaths.age(death['pid']) is not None)
    if not pids:
        return None
    return findings.finding(
        'workers-doubled',
        f'{findings.count(len(pids), "worker")}{whose} of a forkserver that '
        f'has ended {"runs" if len(pids) == 1 else "run"} on beside what was '
        'started instead: pid '
        + ', '.join(map(str, pids)) + '; restart the unit',
        service=service['service'])


def render(data: contents.Workers) -> str:
    """The workers of each service, and those that have died."""
    if data['state'] is None:
        return 'This process has no workers; its master tells of them'
    since = findings.span(data['state_seconds'] or 0)
    lines = [f'{data["state"]} for {since}']
    if data['replaces'] is False:
        lines.append(f'If a worker ends, {_UNNOTICED}')
    for service in data['services']:
        alive = [worker for worker in service['workers']
                 if worker['pid'] is not None]
        lines.append(f'{service["service"]}: {len(alive)} of '
                     f'{service["expected"]} workers run')
        for worker in service['workers']:
            words = ('does not run' if worker['pid'] is None
                     else f'pid {worker["pid"]}, for '
                     f'{findings.span(worker["age_seconds"] or 0)}')
            if (error := worker.get('last_error')) is not None:
                words += (f'; its last error, at {error["time"]}: '
                          f'{death_text.error_words(error)}')
            if worker['missed_reload']:
                words += ', not replaced by the last reload'
            if worker['restarts']:
                words += f', started anew {worker["restarts"]} times'
            lines.append(f'  worker {worker["worker"]}: {words}')
        lines += _render_deaths(service)
    return '\n'.join(lines)


def _render_deaths(service: contents.WorkersOfService) -> list[str]:
    if not service['deaths']:
        return []
    lines = [f'  {service["deaths_count"]} ended without being told to, '
             f'{service["deaths_lately"]} of them in the last '
             f'{findings.span(LATELY_SECONDS)}; the last that ended:']
    for death in service['deaths']:
        lines += [f'    {line}' for line in death_text.lines(death)]
    return lines
