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

"""The verb ``why``: where samples end, and why."""

from __future__ import annotations

import os
import time

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.findings import daemons as daemons_module
from ceilometer.diagnostics.command.findings import meter_path
from ceilometer.diagnostics.command.findings import sample_chain
from ceilometer.diagnostics.command.output import chain_text
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command import selection
from ceilometer.diagnostics.command import times
from ceilometer.diagnostics import escape

#: What asks all running services of a host for reports.
TRIGGER = f'{command_line.PROGRAM} trigger'


def parser() -> command_line.Parser:
    """The parser of this verb's command line."""
    made = command_line.Parser(
        'why', 'Show where samples end, and why: whether they are polled, '
        'sent, taken and published, by the newest reports of the daemons '
        'that poll and of those that take notifications. With a meter, '
        'whether and where it is polled.', [
            ('', 'of the daemons of this machine'),
            ('cpu', 'of the meter cpu'),
            ('-D /var/log/journal/remote', 'of all hosts'),
        ])
    made.add_argument('meter', nargs='?', metavar='METER',
                      help='a meter, which has the name of its pollster')
    command_line.add_period(made)
    command_line.add_source(made)
    command_line.add_output(made)
    return made


def main(arguments: list[str]) -> int:
    """Run the verb; see :func:`cli.main`."""
    given = parser().parse(arguments)
    # what a verb with matches has
    given.match = []
    with selection.opened(given) as (journal, problems):
        try:
            found = selection.matching(given, journal, problems, trusted=True)
        except command_line.Failure as failure:
            raise command_line.Failure(
                f'{failure}: run "{TRIGGER}" first') from None
        daemons = daemons_module.newest(journal, found, problems)
    count, gone = daemons_module.counting(daemons)
    if not count:
        raise command_line.Failure(
            'no report is from a daemon that polls or takes notifications: '
            f'run "{TRIGGER}" first')
    chain = sample_chain.of(count)
    if given.meter is not None:
        try:
            meter_path.check(given.meter, count)
        except meter_path.UnknownMeter as unknown:
            raise command_line.Failure(str(unknown)) from None
        meter_path.narrow(chain, given.meter, count)
    told = chain_text.Told(chain, given.meter, count)
    advice = _advice(count, gone)
    with destination.Output(given.output, not given.no_pager) as out:
        if given.json == 'off':
            out.write(chain_text.text(
                told, advice, given.utc, given.no_legend, out.style))
        else:
            out.write(destination.to_json(
                _describe(told, advice), given.json))
    return 0 if chain.state == sample_chain.FLOW else 1


def _advice(count: list[daemons_module.Daemon],
            gone: list[daemons_module.Daemon]) -> list[chain_text.Advice]:
    """What the reports do not tell, and what to run for that."""
    now_usec = time.time_ns() // 1000
    found = [
        chain_text.Advice(f'no report is from {program}, where it runs', (
            TRIGGER))
        for program in (daemons_module.POLLING, daemons_module.NOTIFICATION)
        if program not in {one.program for one in count}]
    for one in count:
        found += [chain_text.Advice(f'{one.name}: {lack}', _trigger(one))
                  for lack in one.lacks]
    for old, words in (
            ([one for one in count if now_usec - one.time_usec
              > daemons_module.FRESH_SECONDS_MAX * 1_000_000], 'are from'),
            (gone, 'do not count, they are from')):
        if old:
            oldest = old[-1]
            more = f' and {len(old) - 1} more' if old[1:] else ''
            span = times.show_span(now_usec - oldest.time_usec)
            found.append(chain_text.Advice(
                f'the reports of {oldest.name}{more} {words} {span} ago',
                _trigger(oldest)))
    return found


def _trigger(daemon: daemons_module.Daemon) -> str:
    """The command that asks a daemon anew."""
    host = ('' if daemon.host in ('-', os.uname().nodename)
            else f'-H {daemon.host} ')
    return f'{TRIGGER} {host}{daemon.unit}'


def _describe(told: chain_text.Told,
              advice: list[chain_text.Advice]) -> dict[str, object]:
    broken = told.chain.broken
    return {
        'meter': told.meter, 'state': told.chain.state,
        'sentence': told.verdict(),
        'link': broken[0].name if broken else None,
        'kind': broken[1].finding['kind'] if broken else None,
        'links': [_describe_link(link)
                  for link in told.chain.links.values()],
        'polled': [{
            'hostname': row.daemon.host, 'unit': row.daemon.unit,
            'pid': row.process.found.identity.pid,
            'interval_seconds': row.interval_seconds, **row.pollster}
            for row in told.polled],
        'not_polled': [{
            'hostname': row.daemon.host, 'unit': row.daemon.unit,
            'pid': row.process.found.identity.pid, 'loaded': row.loaded,
            'reason': row.reason} for row in told.not_polled],
        'daemons': [{
            'program': one.program, 'hostname': one.host, 'unit': one.unit,
            'time': one.time_usec, 'lacks': one.lacks,
            'ids': [process.found.id for process in one.processes]}
            for one in told.daemons],
        'advice': [{'text': one.text, 'command': one.command}
                   for one in advice],
    }


def _describe_link(link: sample_chain.Link) -> dict[str, object]:
    return {
        'name': link.name, 'state': link.state, 'samples': link.samples,
        'messages': link.messages, 'lost': link.lost, 'last': link.last_usec,
        'places': [{'place': place, 'samples': count}
                   for place, count in link.places.items()],
        'causes': [{
            **cause.finding, 'sentence': escape.line(
                cause.finding['sentence']),
            'processes': len(cause.processes),
            'hostnames': sorted({
                process.found.identity.hostname or '-'
                for process in cause.processes}),
            'id': cause.processes[0].found.id if cause.processes else None}
            for cause in link.causes],
    }
