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

"""A worker, or the master, that has died, as data and in words.

For the section that tells of all workers, and for the entry that tells of one
death. Computes on what it is given, in the threads of a report.
"""

from __future__ import annotations

from collections.abc import Sequence
import signal

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import crash_stacks
from ceilometer.diagnostics.daemon import last_words
from ceilometer.diagnostics.daemon import traces
from ceilometer.diagnostics.daemon import worker_deaths
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import patterns
from ceilometer.diagnostics import without_ids

#: An error that a worker logged longer before its death did not cause it.
CAUSE_SECONDS = 10.0

# as faulthandler writes it
_FRAME = patterns.pattern(r'  File "(.*)", line (\d+) in (.*)')


def data(death: worker_deaths.Death, now: float) -> contents.WorkerDeath:
    """A death as a report has it.

    :param death: the death
    :param now: seconds since the epoch
    """
    words = death.words
    code = death.code
    told: contents.WorkerDeath = {
        'time': findings.utc(death.time),
        'seconds_ago': round(max(now - death.time, 0), 1),
        'worker': death.worker,
        'pid': death.pid,
        'exit_status': None if code is None or code < 0 else code,
        'signal': None if code is None or code >= 0 else _signal(-code),
        'lived_seconds': (
            None if words is None
            else round(max(death.time - words.began, 0), 1)),
        'replaced': death.replaced,
        'last_error': error(words, now, death.time),
        'report': death.report,
    }
    if death.worker is not None:
        told['service'] = death.service
    if death.for_memory:
        told['for_memory'] = True
    if death.lives:
        told['lives'] = True
    if (server := death.server) is not None:
        told['server'] = {
            'pid': server.pid,
            'exit_status': server.code if server.code >= 0 else None,
            'signal': None if server.code >= 0 else _signal(-server.code),
            'stacks': traces.without_ids_of(
                (server.stacks or '').splitlines()),
        }
    if death.stacks is not None:
        told['stacks'] = traces.without_ids_of(death.stacks.splitlines())
    return told


def error(words: last_words.LastWords | None, now: float,
          died: float | None = None) -> contents.LoggedError | None:
    """The last error of a process that has ended.

    :param words: what it has left
    :param now: seconds since the epoch
    :param died: when it died, the same; None if that is not known
    :returns: None if it has left none, or logged it too long before it died
    """
    if words is None or words.time is None or (
            died is not None and died - words.time > CAUSE_SECONDS):
        return None
    return {
        'time': findings.utc(words.time),
        'seconds_ago': round(max(now - words.time, 0), 1),
        'logger': words.logger,
        'message': without_ids.message(words.message),
        'error': words.error,
        'error_text': (None if words.error_text is None
                       else without_ids.text(words.error_text)),
    }


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f'signal {number}'


def who(death: contents.WorkerDeath) -> str:
    """Who died: ``worker 0``, ``the master``.

    :param death: the death
    """
    return ('the master' if death['worker'] is None
            else f'worker {death["worker"]}')


def how(death: contents.WorkerDeath) -> str:
    """How it died: ``by SIGKILL``, ``with exit status 2``.

    :param death: the death
    """
    if death.get('lives'):
        return ('runs on, but the server that started it'
                f'{_server(death.get("server"))}')
    words = f'with exit status {death["exit_status"]}'
    if death['exit_status'] is None:
        words = 'and could not tell why'
    if death['signal'] is not None:
        words = f'by {death["signal"]}{_where(death.get("stacks", ()))}'
    if death.get('for_memory'):
        words += ', most likely by the kernel, because memory ran out'
    if report := death.get('report'):
        words += f', in the middle of report {report[:12]}'
    return words


def _server(end: contents.EndedServer | None) -> str:
    """The end of a sentence: how the server of workers has ended."""
    if end is None:
        return ' has ended'
    if end['signal'] is None:
        return f', pid {end["pid"]}, ended with status {end["exit_status"]}'
    return (f', pid {end["pid"]}, was killed by {end["signal"]}'
            f'{_where(end["stacks"])}')


def _where(stacks: Sequence[str]) -> str:
    """Where the thread stood that has crashed; empty if it ran no Python."""
    lines = iter(stacks)
    if not any(line.startswith(crash_stacks.CRASHED) for line in lines):
        return ''
    for line in lines:
        if found := _FRAME.fullmatch(line):
            return f' at {found[1]}:{found[2]} in {found[3]}'
        # one stands before the frames where garbage was being collected
        if not line.startswith('  '):
            break
    return ''


def cause(death: contents.WorkerDeath) -> str:
    """The end of a sentence: the error that it logged last, if that may be
    why; empty if not.

    :param death: the death
    """
    told = death['last_error']
    # a signal comes from elsewhere
    if told is None or death['signal'] is not None:
        return ''
    return f', after: {error_words(told)}'


def error_words(told: contents.LoggedError) -> str:
    """An error in a sentence.

    :param told: the error
    """
    if told['error'] is None:
        return told['message']
    text = told['error_text']
    return f'{told["error"]}: {text}' if text else told['error']


def lines(death: contents.WorkerDeath) -> list[str]:
    """All that is known of it, for people.

    :param death: the death
    """
    words = (f'{death["time"]} {who(death)}, pid {death["pid"]}, '
             f'{how(death)}')
    if death['lived_seconds'] is not None and not death.get('lives'):
        words += f', lived {findings.span(death["lived_seconds"])}'
    if death['replaced']:
        words += ', replaced in a reload'
    told = death['last_error']
    if told is not None:
        words += f', after: {error_words(told)}'
        if told['logger']:
            words += f' ({told["logger"]})'
    stacks = [*death.get('stacks', ())]
    if 'server' in death:
        stacks += death['server']['stacks']
    return [words, *(f'  {line}' for line in stacks)]
