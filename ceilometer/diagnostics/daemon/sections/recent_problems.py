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

"""Section ``recent-problems``: the last warnings and errors logged."""

from __future__ import annotations

import logging
import time

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import log_watch
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import without_ids

#: What was logged longer ago is nothing unusual.
LATELY_SECONDS = 600.0

_ERRORS = ('ERROR', 'CRITICAL')

# What a library lacks that it can do without, healthy daemons log as well; of
# pollsters and publishers other sections tell it.
_LEFT_OUT = 'stevedore'

# What loggers speak of; the longest beginning counts.
_THROUGH = {
    'oslo.messaging': findings.BROKER,
    'oslo_messaging': findings.BROKER,
    'amqp': findings.BROKER,
    'kombu': findings.BROKER,
    'tooz': findings.COORDINATION,
    'ceilometer.coordination': findings.COORDINATION,
    'keystoneauth': findings.KEYSTONE,
    'keystonemiddleware': findings.KEYSTONE,
    'ceilometer.keystone_client': findings.KEYSTONE,
    'ceilometer.polling': findings.POLLING,
    'ceilometer.compute': findings.POLLING,
    'ceilometer.publisher': findings.PUBLISHER,
}


def collect(context: section.Context) -> section.Content:
    """Copy what was remembered; takes no lock."""
    now = time.monotonic()
    problems, forgotten = log_watch.problems()
    data: contents.RecentProblems = {
        'watched': log_watch.watches(),
        'problems': [_problem(problem, now) for problem in problems],
        'forgotten': forgotten,
    }
    return section.Content(data=data)


def _problem(problem: log_watch.Problem,
             now: float) -> contents.LoggedProblem:
    last = problem.last
    return {
        'level': logging.getLevelName(last.level),
        'logger': last.logger,
        'thread': last.thread,
        'message': without_ids.message(last.message),
        'error': last.error,
        'error_text': (None if last.error_text is None
                       else without_ids.text(last.error_text)),
        'count': problem.count,
        'first': findings.utc(problem.first),
        'last': findings.utc(last.time),
        'seconds_ago': round(max(now - last.moment, 0), 1),
    }


def findings_of(data: contents.RecentProblems) -> list[contents.Finding]:
    """Errors of the last minutes, those of one cause together.

    :param data: of the section
    """
    groups: dict[str | None, list[contents.LoggedProblem]] = {}
    for problem in data['problems']:
        if problem['level'] in _ERRORS and (
                problem['seconds_ago'] <= LATELY_SECONDS) and (
                problem['logger'].partition('.')[0] != _LEFT_OUT):
            groups.setdefault(_through(problem['logger']), []).append(problem)
    return [_finding(through, group) for through, group in groups.items()]


def _through(logger: str) -> str | None:
    parts = logger.split('.')
    for end in range(len(parts), 0, -1):
        through = _THROUGH.get('.'.join(parts[:end]))
        if through is not None:
            return through
    return None


def _finding(through: str | None,
             group: list[contents.LoggedProblem]) -> contents.Finding:
    count = sum(problem['count'] for problem in group)
    last = group[0]
    errors = f'{count} errors were' if count > 1 else 'an error was'
    ago = findings.span(last['seconds_ago'])
    sentence = (f'{errors} logged, the last {ago} ago by {last["logger"]}: '
                f'{_words(last)}')
    return findings.finding(
        'errors-logged', sentence, min(one['first'] for one in group),
        logger=last['logger'], thread=last['thread'], through=through)


def _words(problem: contents.LoggedProblem) -> str:
    words = [problem['message']] if problem['message'] else []
    if problem['error'] is not None:
        text = problem['error_text']
        words.append(f'{problem["error"]}: {text}' if text
                     else problem['error'])
    return ': '.join(words)


def render(data: contents.RecentProblems) -> str:
    """A line for each, the newest first."""
    if not data['watched']:
        return ('What is logged is not seen: the loggers have not been set '
                'up yet, or not by oslo.log')
    if not data['problems']:
        return 'No warning and no error was logged'
    lines = []
    for problem in data['problems']:
        words = (f'{problem["last"]} {problem["level"]} {problem["logger"]} '
                 f'in {problem["thread"]}: {_words(problem)}')
        if problem['count'] > 1:
            words += f' ({problem["count"]} times since {problem["first"]})'
        lines.append(words)
    if data['forgotten']:
        lines.append(f'and {data["forgotten"]} older ones')
    return '\n'.join(lines)
