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

"""What ``trigger`` prints: each process' answer, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
from typing import Any

from ceilometer.diagnostics.command import answers as answers_module
from ceilometer.diagnostics.command import asked_units
from ceilometer.diagnostics.command import code_age
from ceilometer.diagnostics.command.findings import digest
from ceilometer.diagnostics.command.findings import verdict
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.output import report_text
from ceilometer.diagnostics.command.outside import brief_text
from ceilometer.diagnostics.command.outside import telling
from ceilometer.diagnostics.command.reports import containers
from ceilometer.diagnostics.command.reports import earlier
from ceilometer.diagnostics.command import unit_processes
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import findings


def text(answers: list[answers_module.Answer],
         outside: dict[int, telling.Told], waited: str,
         style: destination.Style) -> str:
    """What is printed for people.

    :param answers: one of each process
    :param outside: what was seen of silent processes, by process id
    :param waited: how long was waited for answers, in words
    :param style: how to write it
    """
    parts = []
    told = [(answer.found, answer.notices) for answer in answers
            if answer.found is not None]
    silent = sum(not answer.complete for answer in answers)
    come_to = verdict.of(told)
    # of those that have not answered nobody knows
    above: frozenset[str] = frozenset()
    if told and (come_to.worst is not None or not silent):
        above = come_to.told
        parts.append(report_text.told_at_once(come_to, style))
    if silent:
        parts.append(style.bad(f'! {silent} of {len(answers)} processes have '
                               'not answered') + '\n')
    if len(answers) > earlier.COMPARED_MAX:
        parts.append(f'More than {earlier.COMPARED_MAX} processes: none was '
                     'compared with its report before\n')
    for unit in dict.fromkeys(answer.unit for answer in answers):
        own = [answer for answer in answers if answer.unit == unit]
        complete = sum(answer.complete for answer in own)
        parts.append(style.bold(
            f'{asked_units.title(unit)}: {complete} of {len(own)} processes '
            'have answered')
            + '\n')
        for answer in own:
            parts += _of_process(answer, above, waited, style)
            if (seen := outside.get(answer.process.pid)) is not None:
                parts.append(_indented(brief_text.brief(
                    seen, answer.obstacle, style)))
    return ''.join(parts)


def _of_process(answer: answers_module.Answer, above: frozenset[str],
                waited: str, style: destination.Style) -> Iterator[str]:
    if answer.found is not None:
        process = escape.line(answer.found.report.header.describe_process())
        unusual = [notice for notice in answer.notices
                   if notice.level != digest.PLAIN]
        # what stands above is not told again
        named = report_text.kinds_above(unusual, above)
        if not unusual:
            named = findings.NONE
        yield (f'{answer.found.short_id}  {process}, '
               f'{_pids(answer.process)}' + (f': {named}' if named else '')
               + '\n')
        if (kept := answer.found.kept_in) is not None:
            yield _indented(style.odd(
                f'! not in the journal yet: kept in {escape.line(kept)}'))
        yield _indented(report_text.notices(
            [notice for notice in unusual if notice.text not in above],
            style))
    if not answer.complete:
        yield style.bad(f'! {_silent(answer, waited)}') + '\n'


def _indented(lines: str) -> str:
    return ''.join(f'    {line}\n' for line in lines.splitlines())


def is_old(answer: answers_module.Answer) -> bool:
    """Whether a process runs what has been replaced since."""
    return code_age.is_newer(code_age.OWN, answer.process.pid)


def _pids(process: unit_processes.Process) -> str:
    """Its process id; in a container it has another one."""
    inner = process.inner_pid
    return f'pid {process.pid}' + (
        f' ({inner} in its container)' if inner not in (0, process.pid)
        else '')


def _silent(answer: answers_module.Answer, waited: str) -> str:
    process = answer.process
    what = 'no report' if answer.found is None else 'no complete report'
    state = unit_processes.state(process.pid)
    words = f'{_pids(process)} ({process.command[:80]}): {what}'
    if state is None:
        return f'{words}, the process has ended'
    if answer.obstacle is not None:
        return f'{words}: {answer.obstacle}'
    return f'{words} {waited}: {state}'


def described(answer: answers_module.Answer,
              seen: telling.Told | None) -> dict[str, Any]:
    """What ``--json`` has of a process.

    :param answer: its answer
    :param seen: what was seen of it from the outside, None for nothing
    """
    process = answer.process
    told: dict[str, Any] = {
        'unit': answer.unit, 'container': None if (
            known := containers.of_unit(answer.unit)) is None else known.name,
        'pid': process.pid, 'command': process.command,
        'answered': answer.complete,
        'id': None if answer.found is None else answer.found.id,
        'digest': list(map(dataclasses.asdict, answer.notices)),
        'package_is_newer': is_old(answer)}
    if not answer.complete:
        told['state'] = unit_processes.state(process.pid)
        told['obstacle'] = answer.obstacle
        told['outside'] = None if seen is None else {
            'id': None if seen.not_written else seen.header.id,
            'not_written': seen.not_written, 'told_by': seen.told_by,
            'data': seen.data}
    return told
