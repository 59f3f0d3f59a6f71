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

"""``ceilometer-diagnostics check``: can services write reports?

Signals nothing, and changes nothing. It looks at what a unit would start and
at what runs.
"""

from __future__ import annotations

import dataclasses
import os
import time
from typing import Any

from ceilometer.diagnostics.command import asked_units
from ceilometer.diagnostics.command import code_age
from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command import obstacles
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command import rate_limit
from ceilometer.diagnostics.command.reports import containers
from ceilometer.diagnostics.command.reports import unit_patterns
from ceilometer.diagnostics.command import system
from ceilometer.diagnostics.command import unit_processes
from ceilometer.diagnostics.command import unit_start
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import fields
from ceilometer.diagnostics.outside import proc_files
import ceilometer_diagnostics_start

OK = 'ok'
NOTE = 'note'
PROBLEM = 'problem'

_VARIABLE = ceilometer_diagnostics_start.VARIABLE
_SOCKET = 'run/systemd/journal/socket'

# A daemon has a master and a worker, at least.
_PROCESSES = 2

#: For so long after its start a process may not be armed yet.
STARTING_SECONDS = 5.0
_LOOKS_PER_SECOND = 10


@dataclasses.dataclass(frozen=True)
class Point:
    """One thing that was looked at.

    :ivar level: :data:`OK`, :data:`NOTE` or :data:`PROBLEM`
    :ivar topic: what it is about, in a word
    :ivar text: what was found, and what to do
    """

    level: str
    topic: str
    text: str


def parser() -> command_line.Parser:
    """The parser of this verb's command line."""
    made = command_line.Parser(
        'check', 'Say whether services can write reports, and if not, why. '
        'Look at what each unit would start, as its user, and at its '
        'processes. No signal is sent and no daemon is started.', [
            ('', 'all running Ceilometer services'),
            ('ceilometer-polling', 'one service, running or not'),
        ])
    made.add_argument('unit', nargs='*', metavar='UNIT',
                      help='a service or a container; by default all '
                      'that run')
    command_line.add_output(made)
    return made


def main(arguments: list[str]) -> int:
    """Run the verb; see :func:`cli.main`."""
    given = parser().parse(arguments)
    names = [name for word in given.unit for name in asked_units.checked(word)
             ] or [unit.name for unit in asked_units.running()]
    found = {name: check(name) for name in dict.fromkeys(names)}
    with destination.Output(given.output, pager=False) as out:
        if given.json == 'off':
            for name, points in found.items():
                out.write(_text(name, points, out.style))
        else:
            out.write(destination.to_json([
                {'unit': name, 'points': list(map(
                    dataclasses.asdict, points))}
                for name, points in found.items()], given.json))
    return 1 if any(point.level == PROBLEM for points in found.values()
                    for point in points) else 0


def check(name: str) -> list[Point]:
    """Look at a unit and its processes.

    :param name: full name of the unit
    :raises options.Failure: there is no such unit, or systemctl fails
    """
    if name.endswith('.scope'):
        return _of_container(system.look(name))
    told = system.properties(
        name, 'Id', 'ActiveState', 'MainPID', 'User', 'Environment',
        'ExecStart', 'LogNamespace', 'NeedDaemonReload', 'WatchdogUSec',
        'LogRateLimitBurst', 'LogRateLimitIntervalUSec')
    start = unit_start.of(told)
    running = bool(int(told.get('MainPID') or 0))
    if running and (unit := system.look(name)).contained:
        return _of_container(unit)
    points = []
    if told.get('NeedDaemonReload') == 'yes':
        points.append(Point(PROBLEM, 'unit', 'its files have changed: run '
                            '"systemctl daemon-reload"'))
    found = None
    try:
        found = unit_start.probe(start)
    except unit_start.Unusable as error:
        # what a script starts can be seen where it runs
        level = NOTE if running and start.path is not None else PROBLEM
        points.append(Point(level, 'program', str(error)))
    if found is not None:
        points += _of_program(start, found)
    points += _of_variable(start)
    points += _of_watchdog(start, told)
    if running:
        if start.armed:
            unit = _settled(unit)
        points += _of_processes(unit, start.armed, found)
    else:
        points.append(Point(NOTE, 'processes', 'the unit is not running '
                            f'({told.get("ActiveState", "unknown")})'))
    points.append(_journal(int(told.get('MainPID') or 0),
                           told.get('LogNamespace', '')))
    points += _of_rate_limit(name, told, unit if running else None)
    points.append(_readers())
    return points


def _readers() -> Point:
    users = unit_start.readers()
    return Point(
        OK, 'readers', 'root may read the reports, and '
        + (', '.join(users) if users else 'nobody else: add users to group '
           'systemd-journal'))


def _of_container(unit: system.Unit) -> list[Point]:
    """Look at a container, which has files and an environment of its own."""
    points = [_whose(unit.name)]
    if not unit.main_pid:
        return [*points, Point(PROBLEM, 'processes', 'no daemon of '
                               'Ceilometer runs in it')]
    if not any(process.armed for process in unit.daemons):
        # what they were started with need not be in /proc any more
        points.append(Point(
            PROBLEM, 'container', f'set {_VARIABLE}=1 in the environment of '
            'its definition, and have ceilometer-diagnostics in its image'))
    points += _of_processes(unit, False, None)
    why = (obstacles.of_journal(unit.namespace)
           or obstacles.of_container(unit.main_pid))
    points += [Point(OK, 'journal', 'it takes entries') if why is None
               else Point(PROBLEM, 'journal', why), _readers()]
    return points


def _whose(name: str) -> Point:
    """Whether reports of a container are believed, and why."""
    if containers.is_of_ceilometer(name):
        container = containers.of_unit(name)
        return Point(OK, 'container', 'its reports are believed: it is ' + (
            f'in {name}' if container is None
            else f'{container.name}, id {containers.short_id(name)}'))
    return Point(
        PROBLEM, 'container', 'its reports are not believed: '
        + (containers.why_unknown(name) or asked_units.title(name))
        + f'; {unit_patterns.DIRECTORY} can say that it is one of Ceilometer')


def _of_program(start: unit_start.Start,
                found: dict[str, Any]) -> list[Point]:
    points = [Point(
        OK, 'program', f'{start.path} of Ceilometer {found["ceilometer"]}, '
        f'with diagnostics {found["diagnostics"]} in {found["package"]}')]
    if not found['started']:
        points.append(Point(
            PROBLEM, 'start', 'the interpreter does not read '
            'ceilometer_diagnostics.pth at its start: it must lie in a site '
            'directory of it'))
    points += [Point(PROBLEM, 'options', problem)
               for problem in found['problems']]
    if found['enabled'] is False:
        points.append(Point(
            PROBLEM, 'options', '[diagnostics] enabled is false: no reports '
            'are written'))
    elif found['signals'] is not None and 'SIGUSR1' not in found['signals']:
        points.append(Point(
            PROBLEM, 'options', '[diagnostics] signals is '
            f'{", ".join(found["signals"]) or "empty"}: SIGUSR1 causes no '
            'report, and may end the daemon'))
    return points


def _of_variable(start: unit_start.Start) -> list[Point]:
    points = []
    value = start.environment.get(_VARIABLE)
    if start.armed:
        points.append(Point(
            OK, 'unit', 'starts the program with '
            + ('"ceilometer-diagnostics run"' if start.by_run
               else f'{_VARIABLE}={value}')))
    elif value is None:
        points.append(Point(
            PROBLEM, 'unit', f'does not set {_VARIABLE}: add '
            f'"Environment={_VARIABLE}=1" to its [Service]'))
    else:
        points.append(Point(
            PROBLEM, 'unit', f'sets {_VARIABLE}={value!r}: expected 1'))
    if not start.holds_signals and not start.by_run:
        points.append(Point(
            NOTE, 'signals', 'the unit does not block and ignore SIGUSR1 and '
            'SIGUSR2: one that comes in the first 0.03 s of a start ends the '
            'daemon'))
    return points


def _of_watchdog(start: unit_start.Start,
                 told: dict[str, str]) -> list[Point]:
    """What has systemd end a daemon that is well."""
    fed = start.armed and (
        start.environment.get(fields.READINESS_VARIABLE) == '1')
    limit = told.get('WatchdogUSec', '0')
    if limit not in ('0', 'infinity') and not fed:
        return [Point(
            PROBLEM, 'watchdog', f'systemd ends the daemon after {limit}, '
            'because nothing sends the messages that it expects: add '
            f'"Environment={fields.READINESS_VARIABLE}=1" to the [Service] of '
            'the unit, or remove its WatchdogSec=')]
    return []


def _settled(unit: system.Unit) -> system.Unit:
    """A unit, when what has just been started has had time to be armed."""
    for _ in range(int(STARTING_SECONDS * _LOOKS_PER_SECOND)):
        if not any(_is_young(process.pid) for process in unit.daemons
                   if not process.armed):
            break
        time.sleep(1 / _LOOKS_PER_SECOND)
        unit = system.look(unit.name)
    return unit


def _is_young(pid: int) -> bool:
    try:
        return time.time() - proc_files.started(pid) < STARTING_SECONDS
    except (OSError, ValueError, IndexError):
        # it has ended
        return False


def _of_processes(unit: system.Unit, armed_by_unit: bool,
                  found: dict[str, Any] | None) -> list[Point]:
    points = []
    doomed = [process for process in unit.daemons if process.dies]
    armed = [process for process in unit.daemons if process.armed]
    if doomed:
        points.append(Point(
            PROBLEM, 'processes', 'not armed, and SIGUSR1 ends: '
            + _pids(doomed) + ('; the unit was changed after its start: '
                               'restart it' if armed_by_unit else '')))
    elif len(armed) < len(unit.daemons):
        points.append(Point(
            PROBLEM, 'processes', 'write no reports: ' + _pids(
                [one for one in unit.daemons if not one.armed])))
        points += [
            Point(PROBLEM, 'processes', f'pid {one.pid}: {why}')
            for one in unit.daemons
            if (why := obstacles.of_process(one.pid)) is not None]
    else:
        points.append(Point(OK, 'processes', f'{len(armed)} of '
                            f'{len(unit.daemons)} are armed'))
    if found is not None and armed:
        points += _of_age(unit.main_pid, found['package'])
    return points


def _pids(processes: list[unit_processes.Process]) -> str:
    return ', '.join(
        f'{process.pid} ({process.name})' for process in processes)


def _of_age(pid: int, package: str) -> list[Point]:
    for what, directory in (('the package', package),
                            ('Ceilometer', os.path.dirname(package))):
        if code_age.is_newer(directory, pid):
            return [Point(
                NOTE, 'code', f'{what} is newer than the process: restart '
                'the unit to use it')]
    return []


def _journal(pid: int, namespace: str) -> Point:
    """Whether reports get into the journal.

    :param pid: of the main process, which may see other files; 0 for none
    :param namespace: that the unit logs to, '' for the default one
    """
    why = obstacles.of_journal(namespace or None)
    if why is None and pid:
        # systemd puts the socket of a namespace there, for the unit
        path = f'/proc/{pid}/root/{_SOCKET}'
        try:
            os.stat(path)
        except FileNotFoundError:
            why = f'the unit does not see /{_SOCKET}'
        except OSError:
            # not everyone may look there
            pass
    if why is None:
        return Point(OK, 'journal', 'it takes entries')
    return Point(PROBLEM, 'journal',
                 f'{why}; reports go to standard error')


def _of_rate_limit(name: str, told: dict[str, str],
                   unit: system.Unit | None) -> list[Point]:
    """What has the journal drop entries of reports.

    :param unit: None for one that does not run
    """
    limit = rate_limit.of_unit(
        name, told.get('LogNamespace') or None, told if unit is None else None)
    why = rate_limit.why_lost(
        limit, _PROCESSES if unit is None else len(unit.daemons))
    return [] if why is None else [Point(PROBLEM, 'journal', why)]


def _text(name: str, points: list[Point], style: destination.Style) -> str:
    problems = sum(point.level == PROBLEM for point in points)
    lines = [style.bold(escape.line(asked_units.title(name)) + ': ' + (
        'can write reports' if not problems
        else f'{problems} problem{"s" if problems > 1 else ""}'))]
    paint = {OK: style.good, NOTE: style.odd, PROBLEM: style.bad}
    # what is wrong comes first
    order = (PROBLEM, NOTE, OK)
    for point in sorted(points, key=lambda one: order.index(one.level)):
        lines.append(f'  {paint[point.level](f"{point.level:<8}")} '
                     f'{point.topic + ":":<11}{escape.line(point.text)}')
    return '\n'.join(lines) + '\n'
