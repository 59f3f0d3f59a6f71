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

"""The sections ``notifications`` and ``pipelines`` for people.

Their texts, and what is unusual in them. Computes on the data of the sections,
which are without secrets.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import phrases
from ceilometer.diagnostics import findings


def find_notifications(
        data: contents.Notifications) -> list[contents.Finding]:
    """What is unusual in listeners; nothing while they start or stop."""
    if data['state'] == contents.STOPPING:
        return []
    return [one for listener in data['listeners']
            for one in _of_listener(listener, data)]


def _of_listener(listener: contents.Listener,
                 data: contents.Notifications) -> Iterator[contents.Finding]:
    name = f'the listener to {listener["host"] or "the broker"}'
    if listener['thread_alive'] is False:
        yield findings.finding(
            'listener-missing', f'{name} has ended: it takes no messages')
    elif listener['connected'] is False:
        yield findings.finding(
            'listener-disconnected', f'{name} is not connected',
            through=findings.BROKER)
    since, error = listener['failing_since_usec'], listener['last_error']
    if since is not None and error is not None:
        times = findings.count(listener['failed_in_a_row'], 'time')
        yield findings.finding(
            'notifications-given-back', f'{name} fails {times}'
            f' since {phrases.when(since, data["time_usec"])}, and has given '
            f'back {findings.count(listener["given_back"], "message")}: '
            f'{error["text"]}', since=phrases.since(since))


def render_notifications(data: contents.Notifications) -> str:
    """Each listener, with what it has taken."""
    now = data['time_usec']
    if data['state'] == contents.DOES_NOT:
        return 'This process does not listen to notifications.'
    if data['state'] == contents.STARTS:
        return f'Starting, since {phrases.when(data["since_usec"], now)}.'
    lines = [f'Not known: {text}' for text in data['unknown']]
    if data['state'] == contents.STOPPING:
        lines.insert(0, 'Stopping: this worker was told to end.')
    for listener in data['listeners']:
        state = ('connected' if listener['connected'] else 'not connected'
                 if listener['connected'] is not None else 'state not known')
        words = [f'{listener["host"]}, virtual host '
                 f'{listener["virtual_host"]}: {state}',
                 findings.count(listener['messages'], 'message') + ' taken']
        if listener['last_start_usec'] is not None:
            words.append('the last '
                         f'{phrases.when(listener["last_start_usec"], now)}')
        words += [f'{listener["waiting"]} waiting',
                  f'{listener["given_back"]} given back',
                  f'busy {listener["busy_share"]:.1%} of the time']
        lines += [', '.join(words),
                  f'  topics {", ".join(listener["topics"])} of exchanges '
                  f'{", ".join(listener["exchanges"])}']
    lines += [f'  {thread["thread"]}: {thread["work"]}, since '
              f'{phrases.when(thread["since_usec"], now)}'
              for thread in data['threads']]
    return '\n'.join(lines)


def find_pipelines(data: contents.Pipelines) -> list[contents.Finding]:
    """What is unusual in publishers and pipelines."""
    return [*_of_publishers(data), *_of_pipelines(data)]


def _of_publishers(data: contents.Pipelines) -> Iterator[contents.Finding]:
    for publisher in data['publishers']:
        url = publisher['url']
        refused = publisher['load_error']
        if not publisher['loaded']:
            yield findings.finding(
                'publisher-not-loaded',
                f'publisher {url} could not be loaded'
                + (f': {refused["text"]}' if refused else ''), publisher=url)
        since, error = publisher['failing_since_usec'], publisher['last_error']
        if since is not None and error is not None:
            yield findings.finding(
                'publisher-failing',
                f'publisher {url} failed {publisher["failed"]} of '
                f'{findings.count(publisher["runs"], "time")}, since '
                f'{phrases.when(since, data["time_usec"])}: {error["text"]}',
                since=phrases.since(since), publisher=url)
        began = publisher['running_since_usec']
        if began is not None and data['time_usec'] - began > 60_000_000:
            yield findings.finding(
                'publisher-failing',
                f'publisher {url} does not come to an end since '
                f'{phrases.when(began, data["time_usec"])}',
                since=phrases.since(began), publisher=url)


def _of_pipelines(data: contents.Pipelines) -> Iterator[contents.Finding]:
    for pipeline in data['pipelines']:
        if not pipeline['loaded']:
            yield findings.finding(
                'pipeline-without-publisher',
                f'pipeline {pipeline["pipeline"]} has no publisher: what it '
                'takes is dropped', pipeline=pipeline['pipeline'])


def render_pipelines(data: contents.Pipelines) -> str:
    """Each publisher, then each pipeline."""
    if not data['pipelines'] and not data['publishers']:
        return 'This process has no pipelines.'
    now = data['time_usec']
    lines = [f'Not known: {text}' for text in data['unknown']]
    lines.append(f'{findings.count(data["taken"], "message")} taken, '
                 f'{findings.count(data["published"], "item")} published')
    for publisher in data['publishers']:
        words = [f'{publisher["url"]} ({publisher["kind"]}): '
                 f'{publisher["published"]} published in '
                 f'{findings.count(publisher["runs"], "run")}']
        if publisher['failed']:
            words.append(f'{publisher["failed"]} failed, '
                         f'{publisher["lost"]} lost')
        success = publisher['last_success_usec']
        if success is not None:
            words.append(f'the last success {phrases.when(success, now)}')
        if not publisher['loaded']:
            words.append('not loaded')
        lines.append(', '.join(words))
    for pipeline in data['pipelines']:
        lines.append(
            f'pipeline {pipeline["pipeline"]} ({pipeline["kind"]}): '
            f'{pipeline["loaded"]} of '
            f'{findings.count(len(pipeline["publishers"]), "publisher")} '
            f'loaded, for {" ".join(pipeline["matches"])}')
    return '\n'.join(lines)
