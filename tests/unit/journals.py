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

"""Builds real journal files of reports, journald's own fields included.

systemd-journal-remote turns text in the journal's export format into a
journal file, and takes the fields that only journald may write as they are.
So no journald has to run, and any process, unit, host and time can be had.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import itertools
import pathlib
import subprocess
from typing import Any

from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import data_json
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report
from tests.unit import exact

REMOTE = '/lib/systemd/systemd-journal-remote'

#: 2026-11-22 08:00:00 UTC, microseconds since the epoch.
TIME_USEC = 1795334400 * 1_000_000

BOOT_ID = 'b007' * 8
MACHINE_ID = '3ac1' * 8

_ids = itertools.count(1)


@dataclasses.dataclass(frozen=True)
class Sender:
    """What journald says of the process that sends."""

    pid: int = 100
    uid: int = 998
    unit: str | None = 'ceilometer-polling.service'
    hostname: str = 'controller-1'
    machine_id: str = MACHINE_ID
    boot_id: str = BOOT_ID

    def fields(self, time_usec: int) -> dict[str, str]:
        """The fields of an entry of that time."""
        known = {
            '__REALTIME_TIMESTAMP': str(time_usec),
            '__MONOTONIC_TIMESTAMP': str(time_usec - TIME_USEC + 10**12),
            '_BOOT_ID': self.boot_id,
            '_MACHINE_ID': self.machine_id,
            '_HOSTNAME': self.hostname,
            '_TRANSPORT': 'journal',
            '_PID': str(self.pid),
            '_UID': str(self.uid),
            '_COMM': 'python3',
            '_SOURCE_REALTIME_TIMESTAMP': str(time_usec),
        }
        if self.unit is not None:
            known['_SYSTEMD_UNIT'] = self.unit
        return known


def make_report(sections: Iterable[report.Section] = (), *,
                process: str = 'worker', worker: int | None = 0,
                report_id: str | None = None, merged: int = 0,
                total_usec: int = 5000,
                as_is: bool = False) -> parsed.Report:
    """A report with a package section, those given, and a summary.

    :param as_is: whether the data of sections may have any shape; else they
        are checked, and completed to what the writer would have emitted
    """
    if process != 'worker':
        worker = None
    header = report.Header(
        id=report_id or f'{next(_ids):08x}{"ab" * 12}',
        service='ceilometer-polling', process=process, pid=100,
        unit='ceilometer-polling.service', worker=worker,
        worker_name='AgentManager' if process == 'worker' else None,
        trigger=report.Trigger('signal', TIME_USEC, signal='SIGUSR1',
                               sender_pid=1, sender_uid=0,
                               sender_comm='systemd'))
    parts = [report.Section('package', 'Package', 'version = 27.0.0',
                            exact.completed('package', {
                                'version': '27.0.0',
                                'installed_version': '27.0.0'}),
                            usec=1200)]
    parts += [part if as_is or part.name not in contents.SECTIONS
              or part.status != fields.STATUS_OK or part.data is None
              else part._replace(data=exact.completed(part.name, part.data))
              for part in sections]
    data = exact.completed(fields.SECTION_SUMMARY, {
        'id': header.id, 'pid': 100,
        'trigger': {'kind': 'signal', 'signal': 'SIGUSR1',
                    'time_usec': TIME_USEC, 'merged': merged},
        'sections': [{
            'section': part.name, 'status': part.status, 'usec': part.usec,
            'text_bytes': len(part.text.encode()),
            'data_bytes': (
                0 if part.data is None
                else len(data_json.encode(part.data)))}
            for part in parts],
        'total_usec': total_usec, 'snapshot_usec': 300,
        'delivery_problem': None})
    parts.append(report.Section(
        'summary', 'Summary', 'all complete', data))
    return parsed.Report(header, tuple(parts), len(parts))


def entries(made: parsed.Report, sender: Sender = Sender(),
            time_usec: int = TIME_USEC) -> list[dict[str, str]]:
    """The entries of a report as journald would store them."""
    found = []
    for index, section in enumerate(made.sections, 1):
        for entry in journal_entries.from_section(
                made.header, section, index, made.count):
            found.append({**sender.fields(time_usec + len(found)), **entry})
    return found


def export(given: Iterable[Mapping[str, Any]]) -> bytes:
    """Entries in the journal's export format; a list is a field twice."""
    chunks = []
    for entry in given:
        for name, values in entry.items():
            for value in values if isinstance(values, list) else [values]:
                data = value if isinstance(value, bytes) else value.encode()
                size = b'='
                if not data.isascii() or not data.decode().isprintable():
                    size = b'\n' + len(data).to_bytes(8, 'little')
                chunks.append(name.encode() + size + data + b'\n')
        chunks.append(b'\n')
    return b''.join(chunks)


def write(path: pathlib.Path, given: Iterable[Mapping[str, Any]],
          compress: bool = True) -> None:
    """Write a journal file; the name must end in ``.journal``.

    :param compress: whether large values are; not where the file is to be
        damaged: libsystemd 252 aborts on a compressed value that is longer
        than it says
    """
    done = subprocess.run(
        [REMOTE, '--split-mode=none', f'--output={path}',
         f'--compress={"yes" if compress else "no"}', '-'],
        input=export(given), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
