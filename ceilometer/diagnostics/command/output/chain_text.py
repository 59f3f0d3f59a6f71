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

"""Where samples end, as text: the verdict, and a line for each link."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import dataclasses
import functools

from ceilometer.diagnostics.command.findings import daemons as daemons_module
from ceilometer.diagnostics.command.findings import meter_path
from ceilometer.diagnostics.command.findings import sample_chain
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.output import report_text
from ceilometer.diagnostics.command import times
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import findings

#: So many places of a link are named, and rows of a meter shown.
NAMED_MAX = 3
ROWS_MAX = 20

# Where samples end, if they end at a link.
_ENDS = {
    sample_chain.POLLED: '{} are not polled',
    sample_chain.SENT: '{} are polled and not sent',
    sample_chain.TAKEN: '{} are sent and not taken',
    sample_chain.PUBLISHED: '{} are taken and not published',
}

_MARKS = {sample_chain.END: '!', sample_chain.PARTLY: '*',
          sample_chain.FLOW: ' ', sample_chain.NOT_YET: ' ',
          sample_chain.UNKNOWN: '?'}


@dataclasses.dataclass(frozen=True)
class Advice:
    """What the reports do not tell.

    :ivar text: a phrase
    :ivar command: what to run
    """

    text: str
    command: str


@dataclasses.dataclass(frozen=True)
class Told:
    """A chain, and what it is of.

    :ivar chain: narrowed to the meter, if there is one
    :ivar meter: None for all samples
    :ivar daemons: those whose reports count
    """

    chain: sample_chain.Chain
    meter: str | None
    daemons: list[daemons_module.Daemon]

    @property
    def polled(self) -> list[meter_path.Polled]:
        """Where the meter is polled."""
        return ([] if self.meter is None
                else meter_path.polled(self.meter, self.daemons))

    @property
    def not_polled(self) -> list[meter_path.NotPolled]:
        """Where it could be polled and is not."""
        return ([] if self.meter is None
                else meter_path.not_polled(self.meter, self.daemons))

    def name(self, daemon: daemons_module.Daemon) -> str:
        """What a daemon is called: with its host if there are several."""
        return daemon.name if self._several_hosts else daemon.unit

    @functools.cached_property
    def _several_hosts(self) -> bool:
        return len({one.host for one in self.daemons}) > 1

    def verdict(self) -> str:
        """What all of it comes to, in one line."""
        chain = self.chain
        what = ('samples' if self.meter is None
                else f'samples of {escape.line(self.meter)}')
        broken = chain.broken
        if broken is not None:
            link, cause = broken
            words = (_ENDS[link.name].format(what)
                     if link.state == sample_chain.END
                     else f'{what} flow, but not all'
                     if chain.state == sample_chain.PARTLY
                     # what becomes of the others is not known
                     else f'not all {what} are {link.name}')
            return f'{words}: {escape.line(findings.line(cause.finding))}'
        if chain.state == sample_chain.FLOW:
            return f'{what} flow: {self._numbers()}'
        if chain.state == sample_chain.NOT_YET:
            link = next(one for one in chain.links.values()
                        if one.state == sample_chain.NOT_YET)
            return (f'{what} are not {link.name} yet: '
                    f'{self._begins(link.name)}')
        unknown = next(one.name for one in chain.links.values()
                       if one.state == sample_chain.UNKNOWN)
        return (f'whether {what} are {unknown} is not known: '
                f'{self._lacking(unknown)}')

    def _numbers(self) -> str:
        links = self.chain.links
        published = links[sample_chain.PUBLISHED]
        words = [f'{_count(links[name])} {name}'
                 for name in sample_chain.LINKS[:-1]]
        words.append(f'{_count(published)} published'
                     + _to(' to ', published, with_counts=False))
        text = ', '.join(words)
        if published.last_usec is not None:
            begun = max(one.time_usec for one in self.daemons
                        if one.program == daemons_module.NOTIFICATION)
            span = findings.span(max(begun - published.last_usec, 0) / 1e6)
            text += f', the last {span} before the report'
        return text

    def _begins(self, name: str) -> str:
        program = _program(name)
        waits = [
            cycle['next_in_seconds'] for daemon in self.daemons
            for process in daemon.processes if process.polling is not None
            for cycle in process.polling['cycles']
            if cycle['next_in_seconds'] is not None]
        words = f'{program} has just started'
        if program == daemons_module.POLLING and waits:
            words += (', its next cycle begins in '
                      f'{findings.span(max(min(waits), 0))}')
        elif name != sample_chain.POLLED:
            words = 'nothing has come so far'
        return words

    def _lacking(self, name: str) -> str:
        program = _program(name)
        if program not in {one.program for one in self.daemons}:
            return f'no report is from {program}'
        return f'the reports of {program} do not tell'


def _program(name: str) -> str:
    return (daemons_module.POLLING
            if name in (sample_chain.POLLED, sample_chain.SENT)
            else daemons_module.NOTIFICATION)


def _count(link: sample_chain.Link) -> str:
    if link.samples is not None:
        return f'{link.samples:,}'
    return f'{link.messages or 0:,} ' + (
        'message' if link.messages == 1 else 'messages')


def _to(word: str, link: sample_chain.Link, with_counts: bool) -> str:
    """The places of a link, with what stands before them."""
    named = [
        (f'{place} ({count:,})' if with_counts and count is not None
         else place) for place, count in link.places.items()]
    if not named:
        return ''
    if len(named) > NAMED_MAX:
        named[NAMED_MAX - 1:] = [f'{len(named) - NAMED_MAX + 1} more']
    return escape.line(word + ', '.join(named))


def text(told: Told, advice: list[Advice], utc: bool, bare: bool,
         style: destination.Style) -> str:
    """The verdict, the links with what is unusual there, what to do next.

    :param told: what there is to tell
    :param advice: what to run next
    :param utc: whether times are shown in UTC
    :param bare: whether to leave out what was looked at
    :param style: how to paint it
    """
    chain = told.chain
    paint = (style.bold if chain.state == sample_chain.FLOW
             else style.odd if chain.broken is None else style.bad)
    lines = [paint(told.verdict()), '']
    name = report_text.process_names({
        process.found.id: process.found for daemon in told.daemons
        for process in daemon.processes}.values())
    seen: set[str] = set()
    for link in chain.links.values():
        lines += _link_lines(link, seen, utc, name, style)
    rows = [*_rows(told, utc)]
    if rows:
        lines += ['', *rows[:ROWS_MAX]]
        if len(rows) > ROWS_MAX:
            lines.append(f'and {len(rows) - ROWS_MAX} more')
    if advice:
        lines.append('')
        lines += [style.odd(f'? {one.text}: run "{one.command}"')
                  for one in advice]
    if not bare:
        lines += ['', f'Looked at: {_looked_at(told, utc)}.']
    return ''.join(f'{line}\n' for line in lines)


def _link_lines(link: sample_chain.Link, seen: set[str], utc: bool,
                name: Callable[..., str],
                style: destination.Style) -> Iterator[str]:
    paint = {sample_chain.END: style.bad, sample_chain.PARTLY: style.odd
             }.get(link.state, str)
    yield paint(f'{_MARKS[link.state]} {link.name:<10} '
                f'{_link_words(link, utc)}')
    for cause in link.causes:
        finding = cause.finding
        # a broker that is down is told by both daemons
        mark = f'{finding["kind"]} {finding["evidence"].get("broker")}'
        words = escape.line(findings.line(finding))
        if finding['kind'].startswith('broker-') and mark in seen:
            words = f'the same [{finding["kind"]}]'
        seen.add(mark)
        more = len(cause.processes) - 1
        if cause.processes:
            words += f', in {name(cause.processes[0].found)}'
            words += f' and {more} more' if more else ''
        yield (style.odd if cause.beside else style.bad)(f'    {words}')


def _link_words(link: sample_chain.Link, utc: bool) -> str:
    if link.samples is None and link.messages is None:
        return 'not known' if link.state == sample_chain.UNKNOWN else 'nothing'
    words = []
    if link.samples is not None:
        words.append(f'{link.samples:,} '
                     + ('sample' if link.samples == 1 else 'samples'))
        if link.messages is not None:
            words[0] += f' in {_messages(link.messages)}'
    else:
        words.append(_messages(link.messages or 0))
    words[0] += _places(link)
    if link.lost:
        words.append(f'{link.lost:,} given back'
                     if link.name == sample_chain.TAKEN
                     else f'{link.lost:,} lost')
    if link.last_usec is not None:
        words.append(f'the last {times.show(link.last_usec, utc)}')
    return ', '.join(words)


def _messages(count: int) -> str:
    return f'{count:,} ' + ('message' if count == 1 else 'messages')


def _places(link: sample_chain.Link) -> str:
    if link.name == sample_chain.POLLED:
        if len(link.places) > NAMED_MAX:
            return f' of {len(link.places)} pollsters'
        return _to(' of ', link, with_counts=len(link.places) > 1)
    if link.name == sample_chain.PUBLISHED:
        return _to(' to ', link, with_counts=len(link.places) > 1)
    return _to(' from ' if link.name == sample_chain.TAKEN else ' to ',
               link, with_counts=False)


def _rows(told: Told, utc: bool) -> Iterator[str]:
    """Where a meter is polled, and where it is not, a line each."""
    for row in told.polled:
        one = row.pollster
        words = [f'{told.name(row.daemon)}: source {one["source"]}']
        if row.interval_seconds is not None:
            words.append(f'every {row.interval_seconds:g} s')
        words.append(findings.count(one['runs'], 'run'))
        if one['failed']:
            words.append(f'{one["failed"]} failed')
        if one['last_end_usec'] is not None:
            words.append(
                f'the last {times.show(one["last_end_usec"], utc)} with '
                f'{findings.count(one["samples"], "sample")}'
                + ('' if one['resources'] is None else ' of '
                   f'{findings.count(one["resources"], "resource")}'))
        if one['switched_off']:
            words.append('switched off for '
                         f'{findings.count(one["switched_off"], "resource")}')
        if one['running_since_usec'] is not None:
            words.append('running since '
                         f'{times.show(one["running_since_usec"], utc)}')
        yield escape.line(', '.join(words))
    for other in told.not_polled:
        yield escape.line(f'{told.name(other.daemon)}: ' + (
            'loaded, and no source asks for it' if other.loaded
            else f'not loaded: {other.reason}' if other.reason
            else 'installed, and not loaded'))


def _looked_at(told: Told, utc: bool) -> str:
    hosts = {one.host for one in told.daemons}
    reports = sum(len(one.processes) for one in told.daemons)
    named = [f'{told.name(one)} ({times.show(one.time_usec, utc)})'
             for one in told.daemons]
    if len(named) > NAMED_MAX:
        named[NAMED_MAX - 1:] = [f'{len(named) - NAMED_MAX + 1} more']
    return (f'{findings.count(reports, "report")} on '
            f'{findings.count(len(hosts), "host")}, of {", ".join(named)}')
