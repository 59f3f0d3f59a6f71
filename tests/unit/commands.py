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

"""Runs the operator's command in this process, on a real journal file."""

from __future__ import annotations

import errno
import pathlib
import tempfile
import typing

import pytest

from ceilometer.diagnostics.command import cli
from ceilometer.diagnostics.command.installing import changes
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import report
from tests.unit import exact
from tests.unit import journals

MINUTE = 60 * 1_000_000


def thread(name: str, ident: int, line: int, waiting_for: str | None,
           state: str = contents.WAITING) -> dict[str, typing.Any]:
    """A stack with one thread, as the section has it."""
    return {'threads': [{
        'name': name, 'ident': ident, 'native_id': ident, 'daemon': False,
        'foreground': ident == 1, 'diagnostics': False, 'state': state,
        'waiting_for': waiting_for, 'cpu_seconds': 0.5,
        'kernel_function': None}],
        'frames': [
            {'file': '/usr/lib/run.py', 'line': 10, 'function': 'run',
             'source': 'self.work()'},
            {'file': '/usr/lib/work.py', 'line': line, 'function': 'work',
             'source': 'wait()'}]}


def sections(line: int = 20, interval: str = '600', rss: int = 50_000,
             version: str = '5.0') -> list[report.Section]:
    """The sections of a daemon, with what may change."""
    made = [
        report.Section('threads', 'Threads', 'Threads: 3', {
            'count': 3, 'without_python': [], 'stacks': [
                thread('MainThread', 1, 5, 'file descriptors'),
                thread('pollster', 2, 33, 'a lock'),
                thread('moving', 3, line, 'data to read')]}),
        report.Section('configuration', 'Configuration', 'interval', {
            'known': True, 'files': ['/etc/ceilometer/ceilometer.conf'],
            'unregistered': [], 'options': [
                {'group': 'polling', 'name': 'interval', 'value': interval,
                 'default': '300', 'changed': True, 'location': 'file',
                 'detail': '/etc/ceilometer/ceilometer.conf', 'line': 3,
                 'error': None},
                {'group': 'DEFAULT', 'name': 'transport_url',
                 'value': 'rabbit://nova-user:***@mq.example.org:5672/',
                 'default': None, 'changed': True, 'location': 'file',
                 'detail': '/etc/ceilometer/ceilometer.conf', 'line': 2,
                 'error': None},
                {'group': 'DEFAULT', 'name': 'debug', 'value': False,
                 'changed': False, 'location': 'default', 'detail': None,
                 'line': None, 'error': None}]}),
        report.Section('resources', 'Resources', 'memory', {
            'memory_kib': {'VmRSS': rss, 'VmHWM': rss}, 'limits': {
                'open files': [1024, 1024]},
            'file_descriptors': {'count': 1000, 'by_kind': {'socket': 900}},
            'garbage_collector': {'enabled': True, 'uncollectable': 0},
            'control_group': {}}),
        report.Section('broken', 'Broken', 'This section failed.',
                       {'error': 'ValueError', 'message': 'no such thing'},
                       status='error'),
    ]
    return [part._replace(data=exact.completed(
        part.name, part.data)) if part.name in contents.SECTIONS else part
        for part in made]


class Command(typing.NamedTuple):
    """Runs the command on a journal."""

    directory: pathlib.Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        code = cli.main([f'--directory={self.directory}', *arguments])
        out, err = self.capsys.readouterr()
        return code, out, err


def stay_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no command line of a test install anything into this system.

    install-system may do what it does below the directory for temporary files.
    """
    apply = changes.apply

    def guarded(root: pathlib.Path, *rest: typing.Any) -> None:
        if not root.is_relative_to(tempfile.gettempdir()):
            raise OSError(errno.EROFS, 'tests stay outside', str(root))
        apply(root, *rest)

    monkeypatch.setattr(changes, 'apply', guarded)


#: Master and worker, two reports each, ten minutes apart; a forgery; and a
#: report that lacks its second section.
IDS = [f'{number:08x}{"cd" * 12}' for number in range(16, 22)]


def fill(directory: pathlib.Path, compress: bool = True) -> None:
    """Write a journal of the reports that :data:`IDS` tells.

    :param compress: see :func:`journals.write`
    """
    start = journals.TIME_USEC
    given: list[dict[str, str]] = []

    def add(number: int, minutes: int, made: list[report.Section],
            sender: journals.Sender, lost: int | None = None,
            process: str = 'worker') -> None:
        entries = journals.entries(
            journals.make_report(made, report_id=IDS[number],
                                 process=process),
            sender, start + minutes * MINUTE + number)
        if lost is not None:
            del entries[lost]
        given.extend(entries)

    worker, master = journals.Sender(pid=101), journals.Sender(pid=100)
    add(1, 0, sections(), worker)
    add(0, 0, sections(), master, process='master')
    add(3, 10, sections(21, '60', 90_000), worker)
    add(2, 10, sections(), master, process='master')
    add(4, 20, sections(), journals.Sender(
        pid=666, uid=1000, unit='session-1.scope'))
    add(5, 30, sections(), journals.Sender(
        pid=300, unit='ceilometer-agent-central.service'), lost=1)
    journals.write(directory / 'test.journal', given, compress)
