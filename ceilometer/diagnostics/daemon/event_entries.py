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

"""Makes the entry that tells of events, and sends it to the journal.

It is a report of one section. The last event is told in full, and those that
had to wait with it in a line each. Runs in the thread of the events.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import time
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import death_text
from ceilometer.diagnostics.daemon import gmr
from ceilometer.diagnostics.daemon import hand_over
from ceilometer.diagnostics.daemon import journal
from ceilometer.diagnostics.daemon import keep
from ceilometer.diagnostics.daemon import known_secrets
from ceilometer.diagnostics.daemon import options
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import sanitize
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import traces
from ceilometer.diagnostics.daemon import unhandled
from ceilometer.diagnostics.daemon import worker_deaths
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report


def send(context: report_context.ReportContext, kind: str,
         events: Sequence[Any], left_out: int) -> None:
    """Send the entry that tells of some events.

    :param context: what reports are made with
    :param kind: one of :data:`fields.EVENT_TRIGGERS`
    :param events: of this kind, oldest first: :class:`worker_deaths.Death`
        or :class:`unhandled.Raised`
    :param left_out: how many more there were
    """
    start = time.monotonic()
    redactor = known_secrets.redactor(
        section.Context(context.daemon), files=False)
    last = events[-1]
    header = sanitize.header(
        context.daemon, report.new_id(),
        report.Trigger(kind, int(last.time * 1e6)), redactor)
    more: journal_entries.Entry = {}
    data: contents.Died | contents.Unhandled
    if kind == fields.TRIGGER_DEATH:
        of_master = last.worker is None
        header = header._replace(
            pid=last.pid or 0, worker=last.worker,
            process=(fields.PROCESS_MASTER if of_master
                     else fields.PROCESS_WORKER),
            worker_name=None if of_master else sanitize.name(
                last.service, redactor))
        if last.pid is not None:
            more = {fields.OBJECT_PID: str(last.pid)}
        data = _died(events, left_out)
        kind_of_section = DIED
    else:
        data = _unhandled(events, left_out)
        kind_of_section = UNHANDLED
    settings = context.settings or options.Settings()
    found: list[contents.Finding] = []
    made = sanitize.section(
        kind_of_section, section.Content(data=data), redactor,
        settings.section_bytes_max, found)
    known_secrets.rest()
    if isinstance(made.data, dict) and made.status == fields.STATUS_OK:
        made = made._replace(data={**made.data, 'findings': found})
    made = made._replace(
        usec=int((time.monotonic() - start) * 1e6),
        findings=tuple(one['kind'] for one in found))
    kept = keep.KeptReport(header.id)
    delivery = journal.Delivery(gmr.report_path(
        context.daemon.conf, header.service, header.trigger.time_usec,
        header.pid), keep=kept.add,
        # Python has written there what nobody has handled
        on_stderr=kind != fields.TRIGGER_EXCEPTION)
    for entry in journal_entries.from_section(header, made, 1, 1):
        delivery.deliver({**entry, **more})
    if kept.used:
        hand_over.begin()


def _no_content(context: section.Context) -> section.Content:
    return section.Content()


def _died(deaths: Sequence[worker_deaths.Death],
          left_out: int) -> contents.Died:
    now = time.time()
    told = [death_text.data(death, now) for death in reversed(deaths)]
    return {'death': told[0], 'others': told[1:], 'left_out': left_out,
            'findings': []}


def _found_died(data: contents.Died) -> list[contents.Finding]:
    death = data['death']
    words = death_text.who(death)
    if death.get('service'):
        words += f' ({death["service"]})'
    words += f', pid {death["pid"]}, '
    kind = 'workers-dying'
    if death.get('lives'):
        kind = 'workers-doubled'
        words += (f'{death_text.how(death)}: another one is started beside '
                  'it; restart the unit')
    else:
        words += f'died {death_text.how(death)}'
        if death['lived_seconds'] is not None:
            words += f', after {findings.span(death["lived_seconds"])}'
        words += death_text.cause(death)
    more = len(data['others']) + data['left_out']
    if more:
        words += (f'; {more} more{"" if death.get("lives") else " died"} '
                  'since the entry before')
    if death['worker'] is None:
        return [findings.finding('master-died', words, death['time'],
                                 pid=death['pid'])]
    return [findings.finding(
        kind, words, death['time'],
        findings.ERROR if more else findings.WARNING,
        worker=death['worker'], pid=death['pid'])]


def _render_died(data: contents.Died) -> str:
    return '\n'.join(_with_others(
        data['death'], data['others'], data['left_out'], death_text.lines))


def _unhandled(raised: Sequence[unhandled.Raised],
               left_out: int) -> contents.Unhandled:
    told: list[contents.Raised] = [{
        'time': findings.utc(one.time), 'thread': one.thread,
        'native_id': one.native_id, 'ends_process': one.ends_process,
        'error': one.error, 'traceback': traces.without_ids_of(one.lines)}
        for one in reversed(raised)]
    return {'raised': told[0], 'others': told[1:], 'left_out': left_out,
            'findings': []}


def _found_unhandled(data: contents.Unhandled) -> list[contents.Finding]:
    raised = data['raised']
    error = (raised['traceback'] or [raised['error']])[-1]
    if raised['ends_process']:
        kind, words = 'process-raised', f'the process is ended by {error}'
    else:
        kind = 'thread-raised'
        words = f'thread "{raised["thread"]}" was ended by {error}'
    more = len(data['others']) + data['left_out']
    if more:
        words += (f'; {findings.count(more, "more exception")} since the '
                  'entry before')
    return [findings.finding(kind, words, raised['time'],
                             thread=raised['thread'])]


def _raised_lines(raised: contents.Raised) -> list[str]:
    what = 'the process' if raised['ends_process'] else 'the thread'
    return [f'{raised["time"]} thread "{raised["thread"]}", native id '
            f'{raised["native_id"]}: {raised["error"]} has ended {what}',
            *(f'  {line}' for line in raised['traceback'])]


def _render_unhandled(data: contents.Unhandled) -> str:
    return '\n'.join(_with_others(
        data['raised'], data['others'], data['left_out'], _raised_lines))


def _with_others(last: Any, others: Sequence[Any], left_out: int,
                 lines: Callable[[Any], list[str]]) -> list[str]:
    told = lines(last)
    if others:
        told += ['', 'Since the entry before:']
        told += [f'  {lines(one)[0]}' for one in others]
    if left_out:
        told.append(f'  and {left_out} more, before these')
    return told


#: The sections of events.
DIED = section.Kind(fields.DEATH, 'Death', _no_content, _render_died,
                    findings=_found_died)
UNHANDLED = section.Kind(fields.EXCEPTION, 'Exception', _no_content,
                         _render_unhandled, findings=_found_unhandled)
