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

"""Units and their control groups, as systemctl tells of them."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import signal
import subprocess

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command import masked
from ceilometer.diagnostics.command.reports import containers
from ceilometer.diagnostics.command.reports import unit_patterns
from ceilometer.diagnostics.command import unit_processes
import ceilometer_diagnostics_start

#: What systemd calls the units of Ceilometer, as patterns of systemctl(1).
UNIT_PATTERNS = ('ceilometer-*.service', 'openstack-ceilometer-*.service')

#: What somebody else than root needs.
PERMISSION = ('to signal a unit, run the command as root, or have a polkit '
              'rule allow org.freedesktop.systemd1.manage-units')

# What cotyledon calls its workers.
_WORKER = re.compile(r'^[\w.-]+: .+ worker\(\d+\)$')

_CGROUP_ROOTS = ('/sys/fs/cgroup', '/sys/fs/cgroup/unified',
                 '/sys/fs/cgroup/systemd')
#: What systemd gives to services (systemd.exec(5)).
DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin'
#: systemctl asks over D-Bus, and waits 25 s itself for an answer.
_SYSTEMCTL_SECONDS = 40


@dataclasses.dataclass(frozen=True)
class Unit:
    """A running unit.

    :ivar name: ``ceilometer-polling.service``
    :ivar main_pid: process id of its main process
    :ivar namespace: journal namespace that it logs to, or None
    :ivar processes: all its processes; only those in the container, if it is
        one or holds one
    :ivar contained: whether it does
    """

    name: str
    main_pid: int
    namespace: str | None
    processes: tuple[unit_processes.Process, ...]
    contained: bool = False

    @property
    def signalled(self) -> tuple[unit_processes.Process, ...]:
        """The processes that :func:`kill` signals.

        In a container the daemon's only: its first process, as dumb-init,
        may end, or signal the daemon a second time.
        """
        return self.daemons if self.contained else self.processes

    @property
    def daemons(self) -> tuple[unit_processes.Process, ...]:
        """The processes that are the daemon: its main process and its forks.

        Its workers as well that are no forks of it, and what is armed:
        multiprocessing may start them by executing Python anew. What these
        have started besides, as sudo or ipmitool, writes no reports.
        """
        main = {process.origin for process in self.processes
                if process.pid == self.main_pid}
        return tuple(process for process in self.processes
                     if process.armed or process.origin in main
                     or _WORKER.search(process.command))


#: States of a unit that has no process yet: systemd starts it again later.
_WAITING = frozenset(('auto-restart', 'auto-restart-queued'))


def running_units(patterns: tuple[str, ...] | None = None) -> list[str]:
    """Names of the running services and scopes that match patterns.

    One that starts or stops is running; one that waits to be started again is
    not.

    :param patterns: as systemctl has them; None for those that units and
        containers of Ceilometer may match
    :raises options.Failure: systemctl fails
    """
    if patterns is None:
        patterns = (*unit_patterns.units(), *containers.SCOPES)
    text = _systemctl('list-units', '--type=service,scope', '--plain',
                      '--state=active,reloading,activating,deactivating',
                      '--no-legend', '--full', '--no-pager', *patterns)
    # columns: unit, load, active, sub, description
    rows = [line.split(None, 4) for line in text.splitlines()]
    return [row[0] for row in rows
            if row and not _WAITING.intersection(row[3:4])]


def look(name: str) -> Unit:
    """Look at a unit and its processes.

    :param name: its full name
    :raises options.Failure: it is not running, or systemctl fails
    """
    text = _systemctl('show', '--no-pager', '--property=Id,ActiveState,'
                      'MainPID,ControlGroup,LogNamespace,LoadState', '--',
                      name)
    told = dict(line.split('=', 1) for line in text.splitlines()
                if '=' in line)
    if told.get('LoadState') == 'not-found':
        raise command_line.Failure(f'there is no unit {name}')
    # an alias, as Debian has some, is not what the journal knows it by
    name = told.get('Id', name)
    main_pid = int(told.get('MainPID') or 0)
    group = told.get('ControlGroup', '')
    inside = _container_group(name, group)
    if not main_pid and inside is None:
        raise command_line.Failure(
            f'{name} is not running ({told.get("ActiveState", "unknown")})')
    processes = []
    for pid in _pids(group if inside is None else inside) or (
            [main_pid] if inside is None else []):
        process = unit_processes.look_at(pid)
        if process is not None:
            processes.append(process)
    return Unit(
        name=name,
        main_pid=main_pid if inside is None else _master(processes),
        namespace=told.get('LogNamespace') or None,
        processes=tuple(processes), contained=inside is not None)


def _container_group(name: str, group: str) -> str | None:
    """The control group of the container that a unit is or holds."""
    if not group:
        return None
    # of no scope systemd knows a main process
    if name.endswith('.scope'):
        return group
    for root in _CGROUP_ROOTS:
        # podman --cgroups=split: beside it are conmon and podman
        for path in sorted(pathlib.Path(f'{root}{group}').glob(
                'libpod-payload-*')):
            return f'{group}/{path.name}'
    return None


def _master(processes: list[unit_processes.Process]) -> int:
    """The daemon's first process among those of a container; 0 for none.

    A container's own first process may be dumb-init, a shell or sudo.
    """
    daemons = [one for one in processes if one.armed or (
        one.name.startswith(('ceilometer-', 'python')) and any(
            os.path.basename(word.rstrip(':'))
            in ceilometer_diagnostics_start.DAEMONS
            for word in one.command.split()))]
    # who is armed has a right of way: others may only look like it
    daemons.sort(key=lambda one: (not one.armed, one.started, one.inner_pid))
    return daemons[0].pid if daemons else 0


def main_pid(name: str) -> int:
    """The main process of a unit; 0 if it has none, or nobody tells.

    :param name: its full name
    """
    try:
        told = _systemctl('show', '--no-pager', '--property=MainPID', '--',
                          name)
    except command_line.Failure:
        return 0
    pid = told.strip().partition('MainPID=')[2].partition('\n')[0]
    return int(pid) if pid.isdecimal() else 0


def properties(name: str, *wanted: str) -> dict[str, str]:
    """Properties of a unit, running or not.

    :param name: its full name
    :param wanted: as systemctl calls them
    :raises options.Failure: there is no such unit, or systemctl fails
    """
    text = _systemctl('show', '--no-pager', '--property=LoadState,'
                      + ','.join(wanted), '--', name)
    told = dict(line.split('=', 1) for line in text.splitlines()
                if '=' in line)
    if told.get('LoadState') == 'not-found':
        raise command_line.Failure(f'there is no unit {name}')
    return told


def manager_path() -> str:
    """PATH as units get it that do not set it.

    :raises options.Failure: systemctl fails
    """
    for line in _systemctl('show-environment').splitlines():
        name, _, value = line.partition('=')
        if name == 'PATH':
            return value
    return DEFAULT_PATH


def kill(units: list[Unit]) -> None:
    """Signal the processes of units, as ``systemctl kill`` does.

    :raises options.Failure: systemctl fails, or not everyone may do so
    """
    for unit in units:
        if unit.contained:
            for process in unit.signalled:
                _kill(process)
    names = [unit.name for unit in units if not unit.contained]
    if not names:
        return
    try:
        _systemctl('kill', f'--signal={unit_processes.SIGNAL.name}', '--',
                   *names)
    except command_line.Failure as failure:
        if os.geteuid():
            raise command_line.Failure(f'{failure}; {PERMISSION}') from None
        raise


def _kill(process: unit_processes.Process) -> None:
    """Signal a process, and no other that has its id meanwhile."""
    try:
        descriptor = os.pidfd_open(process.pid)
        try:
            now = unit_processes.look_at(process.pid)
            if now is not None and now.started == process.started:
                signal.pidfd_send_signal(descriptor, unit_processes.SIGNAL)
        finally:
            os.close(descriptor)
    except ProcessLookupError:
        # it has ended
        pass
    except PermissionError:
        raise command_line.Failure(
            f'pid {process.pid}: to signal a daemon in a container, run the '
            'command as root') from None


def _pids(group: str) -> list[int]:
    found: set[int] = set()
    for root in _CGROUP_ROOTS if group else ():
        top = f'{root}{group}'
        for directory, _, files in os.walk(top):
            if 'cgroup.procs' in files:
                try:
                    with open(f'{directory}/cgroup.procs') as file:
                        found.update(int(line) for line in file)
                except OSError:
                    continue
        if found:
            break
    return sorted(found - {0})


def _systemctl(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ['systemctl', *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors='replace',
            stdin=subprocess.DEVNULL, timeout=_SYSTEMCTL_SECONDS)
    except FileNotFoundError:
        raise command_line.Failure('systemctl is not installed') from None
    except subprocess.TimeoutExpired:
        raise command_line.Failure(
            f'systemctl {arguments[0]} does not answer') from None
    if done.returncode:
        told = masked.text(' '.join(done.stderr.split())) or (
            f'exit {done.returncode}')
        raise command_line.Failure(f'systemctl {arguments[0]}: {told}')
    return done.stdout
