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

"""What was seen of a process from the outside, as a report of one section."""

from __future__ import annotations

import re
import time

from ceilometer.diagnostics import contents
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings
from ceilometer.diagnostics.outside import thread_looks
from ceilometer.diagnostics import report

# What cotyledon calls its workers.
_WORKER = re.compile(r'^[\w.-]+: (.+) worker\((\d+)\)')


def header(service: str, unit: str | None, pid: int, command: str,
           kind: str, trigger_id: str | None) -> report.Header:
    """Whose report it is.

    :param service: the daemon
    :param unit: its unit, None outside of one
    :param pid: the process
    :param command: its command line; cotyledon names its workers there
    :param kind: what the process is where it is no worker, one of
        :data:`fields.PROCESSES`
    :param trigger_id: of the trigger that was not answered
    """
    worker = _WORKER.match(command)
    return report.Header(
        id=report.new_id(), service=service, pid=pid, unit=unit,
        process=fields.PROCESS_WORKER if worker else kind,
        worker=int(worker[2]) if worker else None,
        worker_name=escape.line(worker[1]) if worker else None,
        trigger=report.Trigger(fields.TRIGGER_HANG,
                               time.time_ns() // 1000, id=trigger_id))


def section(data: contents.Outside, problem: str | None, usec: int,
            told_by: int | None = None) -> report.Section:
    """The section.

    :param data: what was seen
    :param problem: why there are no Python stacks, or not all
    :param usec: how long that took
    :param told_by: the process of the same service that has seen it, None
        for root's command
    """
    return report.Section(
        fields.OUTSIDE, 'From the outside',
        report.fold('\n'.join(_lines(data, problem, told_by))), data,
        usec=usec,
        findings=tuple(dict.fromkeys(
            one['kind'] for one in data['findings'])))


def _lines(data: contents.Outside, problem: str | None,
           told_by: int | None) -> list[str]:
    lines = [findings.text(data['findings']), '']
    if told_by is not None:
        asked = ('' if data['unasked_seconds'] is None else
                 '; nobody has asked for it, it had given no sign of life '
                 f'for {findings.span(data["unasked_seconds"])}')
        lines.append(f'told by = pid {told_by}, of the same service{asked}')
    lines.append(f'state = {data["state"]}')
    if data['age_seconds'] is not None:
        lines.append(f'age = {findings.span(data["age_seconds"])}')
    lines.append(f'parent = {data["parent"]}')
    for name, signals in data['signals'].items():
        if signals:
            lines.append(f'signals {name} = {" ".join(signals)}')
    if data['descriptor_count'] is not None:
        kinds = ', '.join(f'{kind} {count}' for kind, count in
                          data['descriptors_by_kind'].items())
        lines.append(f'file descriptors = {data["descriptor_count"]} of '
                     f'{data["descriptor_limit"]}: {kinds}')
    for name, size in data['memory_kib'].items():
        lines.append(f'{name} = {size} KiB')
    for name, text in data['control_group'].items():
        lines.append(f'control group {name} = {text}')
    for child in data['children']:
        lines.append(f'child {child["pid"]} = {child["name"]}, '
                     f'state {child["state"]}')
    for path in data['replaced_files']:
        lines.append(f'removed or replaced = {path}')
    if data['hidden']:
        lines.append('hidden from this user = ' + ', '.join(data['hidden']))
    lines += ['', f'{findings.count(data["thread_count"], "thread")}:']
    for thread in data['threads']:
        share = ('' if thread['share'] is None
                 else f', {100 * thread["share"]:.0f} % of the time')
        asks = (", asks for Python's interpreter"
                if thread['wants_interpreter'] else '')
        lines.append(f'  {thread_looks.describe(thread)}: state '
                     f'{thread["state"]}, {thread["cpu_seconds"]:.2f} s of '
                     f'processor time{share}{asks}')
    if data['threads_left_out']:
        lines.append(f'  and {data["threads_left_out"]} more, left out')
    lines.append('')
    if data['stacks_by']:
        lines.append(f'Python stacks, by {data["stacks_by"]}:')
    lines += [f'  {line}' for line in data['python_stacks']]
    if problem:
        lines.append(problem)
    return lines
