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

"""Puts the journal entries of reports together, for the tests.

Independent of the package: what is tested must not be its own judge.
"""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import json
import time
import typing

from tests import limits
from tests.system import export_format
from tests.system import machine as machines

SECTIONS = ('package', 'threads', 'green-threads', 'asyncio-tasks',
            'processes', 'workers', 'recent-problems', 'configuration',
            'logging', 'resources', 'polling', 'messaging',
            'notifications', 'pipelines',
            'coordination', 'files')


@dataclasses.dataclass(frozen=True)
class Report:
    """The entries of one report, in the order in which they were sent."""

    entries: tuple[export_format.Entry, ...]

    @property
    def id(self) -> str:
        """The report's id."""
        return self.first['REPORT_ID']

    @property
    def pid(self) -> int:
        """Who wrote it, by journald's word."""
        return int(self.first['_PID'])

    @property
    def first(self) -> export_format.Entry:
        """Its first entry."""
        return self.entries[0]

    @property
    def complete(self) -> bool:
        """Whether all parts of all sections are there, once."""
        expected = []
        # the first one does not know all
        count = int(self.entries[-1]['REPORT_SECTION_COUNT'])
        for index in range(1, count + 1):
            parts = [entry for entry in self.entries
                     if entry['REPORT_SECTION_INDEX'] == str(index)]
            if not parts:
                return False
            number = int(parts[-1].get('REPORT_SECTION_PARTS', '1'))
            expected += [(str(index), part) for part in range(1, number + 1)]
        return expected == [
            (entry['REPORT_SECTION_INDEX'],
             int(entry.get('REPORT_SECTION_PART', '1')))
            for entry in self.entries]

    @property
    def lost(self) -> int:
        """How many of its entries are not there, at least."""
        parts = {entry['REPORT_SECTION_INDEX']: int(
            entry.get('REPORT_SECTION_PARTS', '1')) for entry in self.entries}
        wanted = int(self.entries[-1]['REPORT_SECTION_COUNT'])
        return (sum(parts.values()) + wanted - len(parts)
                - len(self.entries))

    def section(self, name: str) -> export_format.Entry:
        """A section's first entry, its text and data put together."""
        parts = [entry for entry in self.entries
                 if entry['REPORT_SECTION'] == name]
        assert parts, f'no section {name} among {self.names}'
        return {**parts[-1],
                'MESSAGE': '\n'.join(part['MESSAGE'] for part in parts),
                'REPORT_DATA': _whole(''.join(
                    part.get('REPORT_DATA', '') for part in parts))}

    @property
    def names(self) -> list[str]:
        """Its sections, in their order."""
        return list(dict.fromkeys(
            entry['REPORT_SECTION'] for entry in self.entries))


def _whole(data: str) -> str:
    """JSON whose objects have all keys, as the reference tells it."""
    told = json.loads(data) if data else None
    if not isinstance(told, dict) or 'usual' not in told:
        return data
    by_group = told.pop('at_default', {})
    for group, values in by_group.items():
        if isinstance(values, str):
            values = by_group[values]
        told['options'] += [{'group': group, 'name': name, 'value': value}
                            for name, value in values.items()]
    for level, names in told.pop('at_level', {}).items():
        told['loggers'] += [{'logger': name, 'level': level,
                             'effective_level': level} for name in names]
    if 'loggers' in told:
        told['loggers'].sort(key=lambda one: (
            one['logger'] != 'root', one['logger']))
    for name, numbers in told.pop('all_ok', {}).items():
        told['sections'].append({'section': name, **dict(zip(
            ('usec', 'text_bytes', 'data_bytes'), numbers, strict=True))})
    before: list[typing.Any] = []
    for stack, count in zip(told.get('stacks', ()),
                            told.pop('frames_as_before', ()), strict=False):
        before = stack['frames'] = before[:count] + stack['frames']
    for path, usual in told.pop('usual').items():
        level: list[dict[str, typing.Any]] = [told]
        for key in path.split('.'):
            level = [one for outer in level for one in outer[key]]
        for one in level:
            one.update({**usual, **one})
    return json.dumps(told)


def find(machine: machines.Machine, *matches: str) -> list[Report]:
    """The reports in the journal, in the order in which they begin.

    :param matches: what to look for beside REPORT=1, as journalctl has it
    """
    found: dict[str, list[export_format.Entry]] = {}
    for entry in machine.entries(*matches, 'REPORT=1'):
        found.setdefault(entry['REPORT_ID'], []).append(entry)
    return [Report(tuple(entries)) for entries in found.values()]


def is_armed(machine: machines.Machine, pid: int) -> bool:
    """Whether a process writes reports, by the file that it has open then."""
    directory = machine.path(f'/proc/{pid}/fd')
    # the process may end meanwhile
    with contextlib.suppress(FileNotFoundError):
        for path in directory.iterdir():
            # one may be closed meanwhile
            with contextlib.suppress(FileNotFoundError):
                if 'memfd:ceilometer-diagnostics-turn' in str(path.readlink()):
                    return True
    return False


def from_now() -> str:
    """A match for :func:`find`: what is sent from now on.

    To read all that there is takes long where other tests have left much.
    """
    return f'--since=@{time.time():.6f}'


def wait(machine: machines.Machine, unit: str,
         pids: collections.abc.Iterable[int], since: str,
         timeout: float = limits.EVENT_SECONDS) -> list[Report]:
    """Wait until each process has a complete report.

    :param unit: the unit, as in journalctl -u
    :param pids: the processes to wait for
    :param since: what :func:`from_now` gave before they were asked for
    :param timeout: for how long, seconds
    :returns: the complete reports, without what nobody has asked for
    """
    wanted = set(pids)

    def written() -> list[Report]:
        new = [report for report in find(machine, since, '-u', unit)
               if report.complete and report.first[
                   'REPORT_TRIGGER'] not in ('death', 'exception')]
        return new if wanted <= {report.pid for report in new} else []

    found: list[Report] = machine.wait_for(
        written, timeout, what=f'reports of {sorted(wanted)}', unit=unit)
    return found


def trigger(machine: machines.Machine, unit: str, signal: str = 'USR1',
            timeout: float = limits.EVENT_SECONDS) -> list[Report]:
    """Have master and workers of a unit report, and wait for it.

    :param signal: the signal to send
    :param timeout: for how long to wait, seconds
    :returns: their reports
    """
    pids = [int(machine.show(unit, 'MainPID')['MainPID']),
            *machine.workers(unit)]
    since = from_now()
    machine.systemctl('kill', '-s', signal, unit)
    return wait(machine, unit, pids, since, timeout)


def ready(machine: machines.Machine, unit: str, workers: int = 1,
          timeout: float = limits.EVENT_SECONDS) -> None:
    """Wait until a unit has its workers, and they know their numbers.

    :param workers: how many
    :param timeout: for how long to wait each time, seconds
    """
    machine.wait_for(lambda: len(machine.workers(unit)) == workers, timeout,
                     what=f'{workers} workers', unit=unit)
    machine.wait_for(
        lambda: sum('REPORT_WORKER' in report.first for report in trigger(
            machine, unit, timeout=timeout)) == workers, timeout,
        what=f'{workers} workers that know their numbers', unit=unit)


def by_oslo_reports(machine: machines.Machine,
                    unit: str) -> list[export_format.Entry]:
    """Where stock oslo.reports has begun a report, in this run of a unit."""
    invocation = machine.show(unit, 'InvocationID')['InvocationID']
    return [line for line in machine.entries(
        f'_SYSTEMD_INVOCATION_ID={invocation}', '_TRANSPORT=stdout')
        if 'Guru Meditation' in str(line['MESSAGE'])]
