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
"""The section ``polling`` for people: its text, and what is unusual in it.

Computes on the data of the section, which are without secrets.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import keystone_text
from ceilometer.diagnostics.daemon import phrases
from ceilometer.diagnostics import findings


class _Told:
    """Writes times as seen from when the section was collected."""

    def __init__(self, data: contents.Polling) -> None:
        self._now = data['time_usec']

    def at(self, usec: int) -> str:
        """A time."""
        return phrases.when(usec, self._now)


def render(data: contents.Polling) -> str:
    """What is unusual first, then each cycle with its pollsters."""
    if data['state'] == contents.DOES_NOT:
        return 'This process does not poll.'
    told = _Told(data)
    since = told.at(data['since_usec'])
    if data['state'] == contents.STARTS:
        return f'Starting, since {since}.'
    lines = [_totals(data, told)]
    lines += [f'Not known: {text}' for text in data['unknown']]
    lines.append(
        f'{findings.count(len(data["loaded"]), "pollster")} loaded, '
        f'{len(data["not_loaded"])} installed and not loaded, '
        f'{findings.count(len(data["discoveries"]), "discovery method")}; '
        f'host {data["host"]}, namespaces {" ".join(data["namespaces"])}')
    for cycle in data['cycles']:
        lines += ['', *_render_cycle(cycle, data, told)]
    matched = {name for cycle in data['cycles'] for name in cycle['sources']}
    for source in data['sources']:
        if source['source'] not in matched:
            lines += ['', f'Source {source["source"]} matches no loaded '
                      f'pollster; meters: {" ".join(source["meters"])}']
    if data['threads']:
        lines += ['', 'Threads at work:']
        lines += [f'  {thread["thread"]}: {thread["work"]}, since '
                  f'{told.at(thread["since_usec"])}'
                  for thread in data['threads']]
    if data['not_loaded']:
        lines += ['', 'Not loaded:']
        lines += [f'  {item["name"]}'
                  + (f': {item["reason"]}' if item['reason'] else '')
                  for item in data['not_loaded']]
    return '\n'.join(lines)


def _totals(data: contents.Polling, told: _Told) -> str:
    words = [f'{findings.count(data["samples_sent"], "sample")} sent in '
             f'{findings.count(data["batches_sent"], "message")}']
    if data['last_sent_usec'] is not None:
        words.append(f'the last {told.at(data["last_sent_usec"])}')
    if data['samples_lost']:
        words.append(f'{data["samples_lost"]} lost')
    if data['sending']:
        words.append(f'{findings.count(data["sending"], "thread")} sending')
    return ', '.join(words)


def _render_cycle(cycle: contents.PollingCycle,
                  data: contents.Polling, told: _Told) -> Iterator[str]:
    words = [f'Every {phrases.seconds(cycle["interval_seconds"])}',
             f'{findings.count(cycle["runs"], "run")}']
    if cycle['failed']:
        words.append(f'{cycle["failed"]} failed')
    if cycle['running_since_usec'] is not None:
        words.append(f'running since '
                     f'{told.at(cycle["running_since_usec"])}')
    elif (cycle['last_end_usec'] is not None
          and cycle['last_seconds'] is not None):
        words.append(f'the last took {phrases.seconds(cycle["last_seconds"])}'
                     f' until {told.at(cycle["last_end_usec"])}')
    if cycle['overdue_seconds'] is not None:
        words.append(
            f'overdue by {phrases.seconds(cycle["overdue_seconds"])}')
    elif cycle['next_in_seconds'] is not None:
        words.append(f'next in '
                     f'{phrases.seconds(max(0.0, cycle["next_in_seconds"]))}')
    if cycle['failing_since_usec'] is not None and cycle['last_error']:
        words.append(cycle['last_error']['text'])
    yield ', '.join(words)
    for pollster in data['pollsters']:
        if pollster['source'] in cycle['sources']:
            yield f'  {_render_pollster(pollster, told)}'


def _render_pollster(pollster: contents.Pollster, told: _Told) -> str:
    words = [f'{pollster["pollster"]} of source {pollster["source"]}: '
             f'{findings.count(pollster["runs"], "run")}']
    if pollster['failed']:
        words.append(f'{pollster["failed"]} failed')
    if pollster['resources'] is not None:
        words.append(findings.count(pollster['resources'], 'resource'))
    words.append(findings.count(pollster['samples'], 'sample'))
    if pollster['last_seconds'] is not None:
        words.append(phrases.seconds(pollster['last_seconds']))
    if pollster['switched_off']:
        words.append(f'switched off for '
                     f'{findings.count(pollster["switched_off"], "resource")}')
    if pollster['running_since_usec'] is not None:
        words.append(f'running since '
                     f'{told.at(pollster["running_since_usec"])}')
    if pollster['failing_since_usec'] is not None and pollster['last_error']:
        words.append(pollster['last_error']['text'])
    elif pollster['last_warning']:
        words.append(pollster['last_warning'])
    return ', '.join(words)


def find(data: contents.Polling) -> list[contents.Finding]:
    """What is unusual; a worker that starts is not."""
    if data['state'] != contents.POLLS:
        return []
    told = _Told(data)
    return [*_of_sources(data), *_of_cycles(data, told),
            *_of_pollsters(data, told), *_of_sending(data)]


def _of_sources(data: contents.Polling) -> Iterator[contents.Finding]:
    for source in data['sources']:
        if not source['pollsters']:
            yield findings.finding(
                'source-without-pollster',
                f'source {source["source"]} matches no loaded pollster; its '
                f'meters: {", ".join(source["meters"][:5])}',
                source=source['source'])
    if not any(source['pollsters'] for source in data['sources']):
        yield findings.finding(
            'nothing-polled', 'nothing is polled: no source matches a loaded '
            'pollster', since=phrases.since(data['since_usec']))
    for item in data['not_loaded']:
        if item['reason'] is not None:
            yield findings.finding(
                'pollster-not-loaded',
                f'{item["name"]} could not be loaded: {item["reason"]}',
                pollster=item['name'])


def _of_cycles(data: contents.Polling,
               told: _Told) -> Iterator[contents.Finding]:
    for cycle in data['cycles']:
        every = phrases.seconds(cycle['interval_seconds'])
        error = cycle['last_error']
        if cycle['failing_since_usec'] is not None and error is not None:
            yield findings.finding(
                'cycle-failing',
                f'the poll of every {every} fails as a whole, '
                f'{findings.count(cycle["failed_in_a_row"], "time")} since '
                f'{told.at(cycle["failing_since_usec"])}: {error["text"]}',
                since=phrases.since(cycle['failing_since_usec']),
                through=_broken(error))
        if cycle['overdue_seconds'] is not None:
            began = cycle['running_since_usec']
            doing = ('has not begun' if began is None
                     else f'runs since {told.at(began)}')
            yield findings.finding(
                'cycle-overdue',
                f'the poll of every {every} {doing} and is overdue by '
                f'{phrases.seconds(cycle["overdue_seconds"])}',
                since=phrases.since(began))
        elif (cycle['last_seconds'] is not None
              and cycle['last_seconds'] > cycle['interval_seconds']):
            yield findings.finding(
                'cycle-overdue',
                f'the last poll of every {every} took '
                f'{phrases.seconds(cycle["last_seconds"])}',
                since=phrases.since(cycle['last_start_usec']))


def _broken(error: contents.LastError) -> str | None:
    """What work did not get through, told from the class of an exception."""
    kind = error['kind'] or ''
    for prefix, name in (
            ('tooz.', findings.COORDINATION),
            ('keystoneauth1.', findings.KEYSTONE),
            ('keystoneclient.', findings.KEYSTONE),
            ('oslo_messaging.', findings.BROKER)):
        if kind.startswith(prefix):
            return name
    return None


def _of_pollsters(data: contents.Polling,
                  told: _Told) -> Iterator[contents.Finding]:
    intervals = {name: cycle['interval_seconds']
                 for cycle in data['cycles'] for name in cycle['sources']}
    failing: dict[tuple[str, str], list[contents.Pollster]] = {}
    refused: list[contents.Pollster] = []
    waiting: list[contents.Pollster] = []
    empty: dict[tuple[str, str], list[contents.Pollster]] = {}
    for pollster in data['pollsters']:
        source = pollster['source']
        began = pollster['running_since_usec']
        running = 0.0 if began is None else (data['time_usec'] - began) / 1e6
        interval = intervals.get(source, 0.0)
        if began is not None and running > interval > 0:
            thread = _worker(pollster, data)
            if thread is not None and thread['through'] == findings.KEYSTONE:
                waiting.append(pollster)
            else:
                yield _hangs(pollster, thread, running, interval)
        elif pollster['switched_off']:
            yield findings.finding(
                'pollster-switched-off',
                f'{pollster["pollster"]} of source {source} no longer polls '
                f'{findings.count(pollster["switched_off"], "resource")}, '
                'because of a permanent error, until a restart',
                pollster=pollster['pollster'], source=source)
        elif (pollster['failing_since_usec'] is not None
              and pollster['last_error'] is not None):
            error = pollster['last_error']
            if _broken(error) == findings.KEYSTONE:
                refused.append(pollster)
            else:
                failing.setdefault(
                    (source, error['text']), []).append(pollster)
        elif (pollster['runs'] and pollster['resources'] == 0
              and pollster['last_warning']):
            empty.setdefault(
                (source, pollster['last_warning']), []).append(pollster)
    yield from keystone_text.find(refused, waiting, min(
        (intervals[one['source']] for one in waiting), default=0.0),
        data['time_usec'])
    for (source, text), pollsters in failing.items():
        yield _fails(source, text, pollsters, told)
    for (source, text), pollsters in empty.items():
        names = [one['pollster'] for one in pollsters]
        yield findings.finding(
            'source-without-resources',
            f'{phrases.some(names)} of source {source}: its discovery found '
            f'no resource: {text}', source=source, pollsters=', '.join(names))


def _worker(pollster: contents.Pollster,
            data: contents.Polling) -> contents.WorkingThread | None:
    """The thread that works on a pollster, None if that is not known."""
    work = f'{pollster["pollster"]} of source {pollster["source"]}'
    return next((one for one in data['threads'] if work in one['work']), None)


def _hangs(pollster: contents.Pollster, thread: contents.WorkingThread | None,
           running: float, interval: float) -> contents.Finding:
    source, name = pollster['source'], pollster['pollster']
    sends = thread is not None and thread['kind'] == 'send'
    work = (f'sending samples of {name}' if sends else name)
    return findings.finding(
        'pollster-hanging',
        f'{"a thread" if thread is None else thread["thread"]} works on '
        f'{work} of source {source} since {findings.span(running)}, the '
        f'interval is {phrases.seconds(interval)}',
        since=phrases.since(pollster['running_since_usec']),
        through=findings.BROKER if sends else None,
        pollster=name, source=source,
        thread=None if thread is None else thread['thread'],
        native_id=None if thread is None else thread['native_id'])


def _fails(source: str, text: str, pollsters: list[contents.Pollster],
           told: _Told) -> contents.Finding:
    """One finding of all pollsters of a source that fail alike."""
    names = [one['pollster'] for one in pollsters]
    first = min(pollsters, key=lambda one: one['failing_since_usec'] or 0)
    began = first['failing_since_usec'] or 0
    error = first['last_error']
    kind = ('discovery-failing' if error is not None
            and not first['resources'] and first['resources'] is not None
            else 'pollster-failing')
    times = findings.count(first['failed_in_a_row'], 'time')
    return findings.finding(
        kind, f'{phrases.some(names)} of source {source} failed {times} since '
        f'{told.at(began)}: {text}', since=phrases.since(began),
        source=source, pollsters=', '.join(names))


def _of_sending(data: contents.Polling) -> Iterator[contents.Finding]:
    # what was lost long ago, and was not again, is a number in the text
    lately = 2e6 * max((one['interval_seconds'] for one in data['cycles']),
                       default=0.0)
    lost = data['last_lost_usec']
    if lost is not None and data['time_usec'] - lost <= lately:
        yield findings.finding(
            'samples-lost',
            f'{findings.count(data["samples_lost"], "sample")} could not be '
            f'sent and are lost; {data["samples_sent"]} were sent',
            through=findings.BROKER)
    # what fails, or is switched off, is told for itself
    ended = [one for one in data['pollsters']
             if one['failing_since_usec'] is None and not one['switched_off']]
    resources = sum(one['resources'] or 0 for one in ended)
    if (resources
            and all(one['runs'] and one['running_since_usec'] is None
                    for one in ended)
            and not any(one['samples'] for one in data['pollsters'])):
        yield findings.finding(
            'nothing-sent', 'no sample was sent in the last cycle, of '
            f'{findings.count(resources, "resource")}',
            since=phrases.since(data['last_sent_usec']))
