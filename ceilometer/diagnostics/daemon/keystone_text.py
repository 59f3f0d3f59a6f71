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
"""What pollsters lose for want of Keystone: one finding of all of them.

Each pollster that needs it fails with a text of its own, in each source that
asks for it. Computes on the data of the section, which are without secrets.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import phrases
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import patterns

# Where it was asked, in the text of an error: services of several addresses
# fail for themselves.
_ADDRESS = patterns.pattern(r'https?://[^/\s]+')

# What stands before it is the name of the pollster.
_ISSUE = ' keystone issue: '


def find(failing: Iterable[contents.Pollster],
         hanging: Iterable[contents.Pollster], interval_seconds: float,
         now_usec: int) -> Iterator[contents.Finding]:
    """What is unusual, one finding of all pollsters with the same trouble.

    :param failing: those that failed the last time, for want of Keystone
    :param hanging: those that wait for it, for longer than their interval
    :param interval_seconds: the shortest of the intervals of these
    :param now_usec: when the section was collected
    """
    addresses: dict[str, list[contents.Pollster]] = {}
    for pollster in failing:
        error = pollster['last_error']
        found = _ADDRESS.search('' if error is None else error['text'])
        addresses.setdefault(
            found[0] if found else '', []).append(pollster)
    for pollsters in addresses.values():
        yield _fails(pollsters, now_usec)
    waiting = list(hanging)
    if waiting:
        began = min(one['running_since_usec'] or 0 for one in waiting)
        yield _finding(
            waiting, began, 'Keystone does not answer: '
            f'{_what(waiting)} {_verb(waiting, "wait")} for it since '
            f'{findings.span((now_usec - began) / 1e6)}, the interval is '
            f'{phrases.seconds(interval_seconds)}')


def _fails(pollsters: list[contents.Pollster],
           now_usec: int) -> contents.Finding:
    began = min(one['failing_since_usec'] or 0 for one in pollsters)
    last = max((one['last_error'] for one in pollsters
                if one['last_error'] is not None),
               key=lambda error: error['time_usec'])
    times = max(one['failed_in_a_row'] for one in pollsters)
    return _finding(
        pollsters, began,
        f'Keystone fails: {_what(pollsters)} {_verb(pollsters, "get")} '
        f'nothing, {findings.count(times, "time")} since '
        f'{phrases.when(began, now_usec)}: '
        f'{last["text"].rpartition(_ISSUE)[2]}')


def _finding(pollsters: list[contents.Pollster], began: int,
             sentence: str) -> contents.Finding:
    return findings.finding(
        'keystone-failing', sentence, since=phrases.since(began),
        source=', '.join(_sources(pollsters)),
        pollsters=', '.join(one['pollster'] for one in pollsters))


def _sources(pollsters: list[contents.Pollster]) -> list[str]:
    return list(dict.fromkeys(one['source'] for one in pollsters))


def _what(pollsters: list[contents.Pollster]) -> str:
    """How many they are, or which one it is."""
    sources = _sources(pollsters)
    where = (f'source {sources[0]}' if len(sources) == 1
             else f'{len(sources)} sources')
    if len(pollsters) == 1:
        return f'{pollsters[0]["pollster"]} of {where}'
    return f'{len(pollsters)} pollsters of {where}'


def _verb(pollsters: list[contents.Pollster], word: str) -> str:
    return f'{word}s' if len(pollsters) == 1 else word
