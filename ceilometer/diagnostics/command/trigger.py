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

"""``ceilometer-diagnostics trigger``: have services write reports, and wait.

It looks before it signals: a process that the signal would end is named, and
its unit gets no signal. What processes cannot tell is looked at from the
outside.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time

from ceilometer.diagnostics.command import answers as answers_module
from ceilometer.diagnostics.command import asked_at
from ceilometer.diagnostics.command import asked_units
from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.findings import digest
from ceilometer.diagnostics.command.findings import dropped_entries
from ceilometer.diagnostics.command.findings import unit_log
from ceilometer.diagnostics.command import interruption
from ceilometer.diagnostics.command import obstacles
from ceilometer.diagnostics.command.output import characters
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.outside import telling
from ceilometer.diagnostics.command.reports import earlier
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import kept_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics.command import system
from ceilometer.diagnostics.command import trigger_output
from ceilometer.diagnostics.command import unit_processes
from ceilometer.diagnostics.command import waiting_thread
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import findings
from ceilometer.diagnostics.outside import causes
import ceilometer_diagnostics_start

#: How long to wait for the reports, seconds; one may take as long itself
#: where a section hangs.
TIMEOUT_SECONDS = 45

_INTERRUPTED = 'until ^C'


def parser() -> command_line.Parser:
    """The parser of this verb's command line."""
    made = command_line.Parser(
        'trigger', 'Ask every process of the services for a report: send the '
        'signal as "systemctl kill -s USR1" does, wait for the reports, and '
        'show what is unusual in them. What processes cannot tell themselves '
        'is looked at from the outside.', [
            ('', 'all running Ceilometer services'),
            ('ceilometer-polling', 'one service'),
            ('ceilometer_agent_compute', 'one container'),
            ('-H root@controller-2 ceilometer-agent-notification',
             'on another host, over ssh'),
        ])
    made.add_argument('unit', nargs='*', metavar='UNIT',
                      help='a service, a container, or a shell pattern; by '
                      'default all running services and containers')
    command_line.add_units(made)
    made.add_argument('-H', '--host', metavar='[USER@]HOST[:PORT]',
                      help='run the command on another host, over ssh')
    made.add_argument('--force', action='store_true',
                      help='send the signal even if it ends a process, or '
                      'if nothing can answer')
    made.add_argument('--timeout', metavar='SECONDS',
                      type=command_line.positive, default=TIMEOUT_SECONDS,
                      help='how long to wait (default: %(default)s)')
    command_line.add_output(made)
    return made


def main(arguments: list[str]) -> int:
    """Run the verb; see :func:`cli.main`."""
    given = parser().parse(arguments)
    if given.host is not None:
        from ceilometer.diagnostics.command import remote
        return remote.trigger(given)
    units = asked_units.find(given.unit + given.units)
    spared = _spare(units, given.force)
    answers = [
        answers_module.Answer(
            unit.name, process, obstacle=obstacles.of_process(process.pid)
            or (_spared(process) if unit in spared else None)
            or (obstacles.of_container(process.pid) if unit.contained
                else obstacles.of_root(
                    process.pid, kept_reader.directory_of(unit.name))),
            asked=unit not in spared)
        for unit in units for process in unit.daemons]
    asked = [unit for unit in units if unit not in spared]
    waited = ''
    if asked:
        waited = _ask(asked, [
            answer for answer in answers
            if answer.unit in {unit.name for unit in asked}], given)
        answers = [answer for answer in answers if not answer.left]
    told: dict[int, telling.Told] = {}
    try:
        if waited != _INTERRUPTED:
            silent = [answer for answer in answers if not (
                answer.complete or answer.elsewhere)]
            told = telling.told_already(silent)
            told |= telling.tell(
                units, [answer for answer in silent
                        if answer.process.pid not in told],
                answers, waited)
    except KeyboardInterrupt:
        waited = _INTERRUPTED
    with destination.Output(given.output, pager=False) as out:
        if given.json == 'off':
            out.write(trigger_output.text(answers, told, waited, out.style))
        else:
            out.write(destination.to_json(
                [trigger_output.described(answer, told.get(answer.process.pid))
                 for answer in answers], given.json))
    if waited == _INTERRUPTED:
        return interruption.EXIT_CODE
    return 0 if all(answer.complete for answer in answers) else 1


def _ask(units: list[system.Unit], answers: list[answers_module.Answer],
         given: argparse.Namespace) -> str:
    """Signal units, and wait for the answers; says how long it has waited."""
    journal = _journal(units)
    if not given.force and _in_vain(units, answers):
        return _within(0)
    asked, begun = asked_at.AskedAt(), time.monotonic()
    system.kill(units)
    signal_those_that_lose_it(answers)
    progress = _Progress(len(answers), not given.quiet)
    try:
        answers_module.wait(journal, answers, asked, given.timeout,
                            progress.show)
    except KeyboardInterrupt:
        # what has been answered is printed nevertheless; ^C ends that, too
        return _INTERRUPTED
    finally:
        progress.clear()
        waited = _within(time.monotonic() - begun)
        _digest(journal, answers)
        _see_what_was_dropped(journal, answers, asked)
    return waited


def signal_those_that_lose_it(answers: list[answers_module.Answer]) -> None:
    """Signal the thread that waits where a process would lose the signal."""
    for answer in answers:
        process = answer.process
        threads = waiting_thread.of(process.pid)
        if not threads:
            continue
        if not waiting_thread.signal(process.pid, threads):
            answer.obstacle = waiting_thread.LOST
            continue
        destination.complain(
            f'pid {process.pid} ({process.command[:80]}): '
            f'{unit_processes.SIGNAL.name} is not blocked in its main thread '
            'any more, so "systemctl kill" does not reach it; the thread that '
            'waits was signalled')


def _within(seconds: float) -> str:
    # as long as was asked for is not told as a little longer
    return f'within {int(seconds)} s'


def _digest(journal: journal_reader.Journal,
            answers: list[answers_module.Answer]) -> None:
    for answer in answers:
        if answer.told is not None:
            # else it is looked at from here
            with contextlib.suppress(source.JournalError):
                answer.told = read.load(journal, answer.told)
        if answer.found is None:
            continue
        before = None
        more = _older(answer)
        try:
            answer.found = read.load(journal, answer.found)
            more += unit_log.of_unit(journal, answer.found)
            if len(answers) <= earlier.COMPARED_MAX:
                before = earlier.previous(journal, answer.found)
        except source.JournalError as error:
            # what was found of it tells something, too
            destination.complain(str(error))
        answer.notices = digest.digest(answer.found, before, more)


def _see_what_was_dropped(journal: journal_reader.Journal,
                          answers: list[answers_module.Answer],
                          asked: asked_at.AskedAt) -> None:
    """Look for what journald says of units whose reports have not come."""
    said: dict[str, str | None] = {}
    for answer in answers:
        if answer.complete:
            continue
        if answer.unit not in said:
            try:
                said[answer.unit] = dropped_entries.why_lost(
                    journal, answer.unit, asked.earliest_usec())
            except source.JournalError:
                # told already
                said[answer.unit] = None
        answer.dropped = said[answer.unit]


def _older(answer: answers_module.Answer) -> list[contents.Finding]:
    """Whether a process runs what has been replaced since."""
    return [findings.finding(
        'diagnostics-not-restarted', 'ceilometer-diagnostics was installed '
        'anew after the process was started: restart the unit to use it')
        ] if trigger_output.is_old(answer) else []


def _spare(units: list[system.Unit], force: bool) -> list[system.Unit]:
    """The units that get no signal, because it would end a process."""
    doomed = [(unit, process) for unit in units for process in unit.signalled
              if process.dies]
    if not doomed:
        return []
    told = '; '.join(
        f'pid {process.pid} ({process.command[:80]}) of '
        f'{asked_units.title(unit.name)}' for unit, process in doomed)
    if force:
        destination.complain(f'{unit_processes.SIGNAL.name} ends {told}')
        return []
    destination.complain(
        f'{unit_processes.SIGNAL.name} would end {told}: no signal was sent '
        'to the unit, and what can be seen from the outside is told; the '
        f'unit must set {ceilometer_diagnostics_start.VARIABLE}=1, see '
        '"ceilometer-diagnostics check"')
    return list({unit.name: unit for unit, _ in doomed}.values())


def _spared(process: unit_processes.Process) -> str:
    """Why a process of a unit that gets no signal cannot answer."""
    return causes.NOT_ARMED if process.dies else (
        'it got no signal, which would end another process of its unit')


def _in_vain(units: list[system.Unit],
             answers: list[answers_module.Answer]) -> bool:
    """Whether nobody can answer a signal: the answer might come later."""
    for namespace in dict.fromkeys(unit.namespace for unit in units):
        own = [unit for unit in units if unit.namespace == namespace]
        if (why := obstacles.no_journal(namespace)) and all(map(_keeps, own)):
            destination.complain(f'{why}; until then reports are kept in '
                                 'files')
        elif why := obstacles.of_journal(namespace):
            raise command_line.Failure(f'no report can come: {why}; no '
                                       'signal was sent')
    if all(answer.obstacle and not answer.elsewhere for answer in answers):
        told = '; '.join(f'pid {answer.process.pid} '
                         f'({answer.process.command[:80]}) of '
                         f'{asked_units.title(answer.unit)}: '
                         f'{answer.obstacle}' for answer in answers)
        destination.complain(
            f'no report can come: {told}; no signal was sent')
        return True
    return False


def _keeps(unit: system.Unit) -> bool:
    """Whether the reports of a unit are kept while there is no journal."""
    return kept_reader.directory_of(unit.name) is not None


def _journal(units: list[system.Unit]) -> journal_reader.Journal:
    namespaces = {unit.namespace for unit in units}
    try:
        return journal_reader.Journal(source.Source(
            namespace=namespaces.pop() if len(namespaces) == 1 else '*'))
    except source.JournalError as error:
        if os.geteuid():
            # who may read it may not signal yet
            raise command_line.Failure(f'{error}; and {system.PERMISSION}'
                                       ) from None
        raise


class _Progress:
    """Tells on a terminal how far it is."""

    def __init__(self, total: int, wanted: bool) -> None:
        self._total = total
        self._shown = wanted and sys.stderr.isatty()

    def show(self, count: int) -> None:
        if self._shown:
            sys.stderr.write(characters.fitting(
                f'\r{count} of {self._total} processes have answered…')
                + '\033[K')
            sys.stderr.flush()

    def clear(self) -> None:
        if self._shown:
            sys.stderr.write('\r\033[K')
            sys.stderr.flush()
