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

"""The way of one meter: which pollster makes it, and where its samples end.

A pollster has the name of its meter. Which sources ask for it, and which
pipelines take it, is told by their patterns, as Ceilometer understands them.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import difflib
import fnmatch

from ceilometer.diagnostics.command.findings import daemons as daemons_module
from ceilometer.diagnostics.command.findings import sample_chain
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import findings

#: How many names are given for one that nobody knows.
NAMES_MAX = 8

# What is told of pollsters by name; of this one its own numbers tell.
_OF_POLLSTERS = (
    'keystone-failing', 'discovery-failing', 'source-without-pollster',
    'source-without-resources', 'pollster-hanging', 'pollster-failing',
    'pollster-switched-off', 'nothing-polled', 'nothing-sent')


class UnknownMeter(Exception):
    """No daemon has a pollster of that name; the message has those it has."""


@dataclasses.dataclass(frozen=True)
class Polled:
    """A pollster in a source of a process.

    :ivar interval_seconds: None if it is not known
    """

    daemon: daemons_module.Daemon
    process: daemons_module.Process
    pollster: contents.Pollster
    interval_seconds: float | None


@dataclasses.dataclass(frozen=True)
class NotPolled:
    """A process that knows a pollster and does not run it.

    :ivar loaded: whether it is loaded; then no source asks for it
    :ivar reason: why it is not loaded, None if nobody said
    """

    daemon: daemons_module.Daemon
    process: daemons_module.Process
    loaded: bool
    reason: str | None


def names(given: Iterable[daemons_module.Daemon]) -> set[str]:
    """All pollsters that are installed where these daemons run."""
    found: set[str] = set()
    for _, _, data in _polling(given):
        found.update(data['loaded'])
        found.update(item['name'] for item in data['not_loaded'])
        found.update(one['pollster'] for one in data['pollsters'])
    return found


def _polling(given: Iterable[daemons_module.Daemon],
             ) -> Iterator[tuple[daemons_module.Daemon,
                                 daemons_module.Process, contents.Polling]]:
    for daemon in given:
        for process in daemon.processes:
            if process.polling is not None and (
                    process.polling['state'] == contents.POLLS):
                yield daemon, process, process.polling


def check(meter: str, given: list[daemons_module.Daemon]) -> None:
    """Refuse a name that no pollster has.

    :raises UnknownMeter: it is one, and at least one daemon polls
    """
    known = names(given)
    if meter in known or not known:
        return
    near = difflib.get_close_matches(meter, known, NAMES_MAX)
    near += sorted(name for name in known - set(near)
                   if meter in name or name in meter)
    words = (f'did you mean {", ".join(near[:NAMES_MAX])}?' if near else
             'those that are installed are '
             f'{", ".join(sorted(known)[:NAMES_MAX])}'
             + (f' and {len(known) - NAMES_MAX} more'
                if len(known) > NAMES_MAX else ''))
    spaces = sorted({name for _, _, data in _polling(given)
                     for name in data['namespaces']})
    raise UnknownMeter(escape.line(
        f'no pollster of the namespaces {", ".join(spaces)} makes '
        f'{meter!r}: {words}'))


def polled(meter: str, given: list[daemons_module.Daemon]) -> list[Polled]:
    """Where a meter is polled, each source of each process once."""
    found = []
    for daemon, process, data in _polling(given):
        # of a source that several cycles have the first one counts
        intervals = {source: cycle['interval_seconds']
                     for cycle in reversed(data['cycles'])
                     for source in cycle['sources']}
        found += [Polled(daemon, process, one, intervals.get(one['source']))
                  for one in data['pollsters'] if one['pollster'] == meter]
    return found


def not_polled(meter: str,
               given: list[daemons_module.Daemon]) -> list[NotPolled]:
    """Where a meter could be polled and is not."""
    found = []
    for daemon, process, data in _polling(given):
        if any(one['pollster'] == meter for one in data['pollsters']):
            continue
        if meter in data['loaded']:
            found.append(NotPolled(daemon, process, True, None))
        for item in data['not_loaded']:
            if item['name'] == meter:
                found.append(NotPolled(
                    daemon, process, False, item['reason']))
    return found


def takes(patterns: list[str], meter: str) -> bool:
    """Whether a source or a pipeline is for a meter, as Ceilometer decides.

    :param patterns: its meters; ``!`` leaves some out
    """
    if any(fnmatch.fnmatch(meter, pattern[1:]) for pattern in patterns
           if pattern.startswith('!')):
        return False
    wanted = [pattern for pattern in patterns if not pattern.startswith('!')]
    return not wanted or any(
        fnmatch.fnmatch(meter, pattern) for pattern in wanted)


def narrow(chain: sample_chain.Chain, meter: str,
           given: list[daemons_module.Daemon]) -> None:
    """Change the chain of all samples to that of one meter.

    What is sent and taken is not counted by meter: these numbers remain those
    of all.

    :param chain: the chain of the daemons
    :param meter: that one of them knows
    :param given: these daemons
    """
    link = chain.links[sample_chain.POLLED]
    for other in chain.links.values():
        other.causes = [cause for cause in other.causes
                        if cause.finding['kind'] not in _OF_POLLSTERS]
    rows = polled(meter, given)
    link.samples, link.last_usec = None, None
    link.places.clear()
    passes, not_yet = False, False
    own: dict[object, sample_chain.Cause] = {}
    told: dict[int, dict[str, contents.Finding]] = {}
    for row in rows:
        pollster = row.pollster
        link.samples = (link.samples or 0) + pollster['samples_ever']
        source = f'source {pollster["source"]}'
        link.places[source] = (link.places.get(source) or 0) + (
            pollster['samples_ever'])
        if pollster['samples_ever']:
            link.passed(pollster['last_success_usec'])
        not_yet |= not pollster['runs'] and (
            pollster['running_since_usec'] is None)
        if id(row.process) not in told:
            told[id(row.process)] = _by_source(meter, row.process.findings)
        finding = told[id(row.process)].get(pollster['source']) or _of_row(
            row, chain.links[sample_chain.SENT])
        if finding is None:
            passes |= bool(pollster['runs'])
            continue
        key = (finding['kind'], pollster['source'])
        cause = own.setdefault(key, sample_chain.Cause(finding, []))
        cause.processes.append(row.process)
    if not rows:
        for kept in _of_absence(meter, given):
            own[kept.finding['kind']] = kept
    link.causes = [*own.values(), *link.causes]
    link.state = sample_chain.UNKNOWN
    sample_chain.settle(link, passes, not_yet)
    sent = chain.links[sample_chain.SENT]
    if not sent.causes and sent.state in (
            sample_chain.END, sample_chain.PARTLY):
        sent.state = (sample_chain.FLOW if sent.state == sample_chain.PARTLY
                      else sample_chain.UNKNOWN)
    _narrow_published(chain.links[sample_chain.PUBLISHED], meter, given)


def _by_source(meter: str, found: list[contents.Finding],
               ) -> dict[str, contents.Finding]:
    """The first finding of a pollster in each source."""
    told: dict[str, contents.Finding] = {}
    for one in found:
        evidence = one['evidence']
        if one['kind'] in _OF_POLLSTERS and meter in (
                evidence.get('pollster'),
                *evidence.get('pollsters', '').split(', ')):
            for source in evidence.get('source', '').split(', '):
                told.setdefault(source, one)
    return told


def _of_row(row: Polled,
            sent: sample_chain.Link) -> contents.Finding | None:
    """What its numbers say is unusual in a pollster, None if nothing is."""
    pollster = row.pollster
    name = f'{pollster["pollster"]} of source {pollster["source"]}'
    error = pollster['last_error']
    if pollster['failing_since_usec'] is not None and error is not None:
        # its finding has more names than the evidence has room for
        return findings.finding(
            'pollster-failing', f'{name} failed '
            f'{findings.count(pollster["failed_in_a_row"], "time")}: '
            f'{error["text"]}',
            since=findings.utc(pollster['failing_since_usec'] / 1e6))
    if pollster['runs'] and not pollster['samples'] and (
            pollster['running_since_usec'] is None) and not (
            any(not cause.beside for cause in sent.causes)):
        if pollster['resources'] == 0:
            return findings.finding(
                'source-without-resources', f'{name}: its discovery found no '
                'resource' + (f': {pollster["last_warning"]}'
                              if pollster['last_warning'] else ''),
                severity=findings.WARNING)
        return findings.finding(
            'nothing-sent', f'{name} gave no sample the last time'
            + (f', of {findings.count(pollster["resources"], "resource")}'
               if pollster['resources'] is not None else ''),
            severity=findings.WARNING)
    return None


def _of_absence(meter: str, given: list[daemons_module.Daemon],
                ) -> Iterator[sample_chain.Cause]:
    """Why nobody polls a meter."""
    missing = not_polled(meter, given)
    loaded = [one for one in missing if one.loaded]
    if loaded:
        data = loaded[0].process.polling
        sources = [] if data is None else data['sources']
        told = ', '.join(f'{source["source"]} ('
                         f'{" ".join(source["meters"][:5])})'
                         for source in sources[:5]) or 'none'
        yield sample_chain.Cause(findings.finding(
            'nothing-polled', 'no source of polling.yaml asks for '
            f'{meter}; sources: {told}'),
            [one.process for one in loaded])
    elif missing:
        reason = next((one.reason for one in missing
                       if one.reason is not None), None)
        yield sample_chain.Cause(findings.finding(
            'pollster-not-loaded', f'{meter} is installed and not loaded'
            + (f': {reason}' if reason else ''), severity=findings.ERROR),
            [one.process for one in missing])


def _narrow_published(link: sample_chain.Link, meter: str,
                      given: list[daemons_module.Daemon]) -> None:
    pipelines = [
        (process, one) for daemon in given for process in daemon.processes
        if process.pipelines is not None
        for one in process.pipelines['pipelines'] if one['kind'] == 'sample']
    taking = [one for _, one in pipelines if takes(one['matches'], meter)]
    urls = {url for one in taking for url in one['publishers']}
    if pipelines and not taking:
        told = ', '.join(f'{one["pipeline"]} ({" ".join(one["matches"][:5])})'
                         for _, one in pipelines[:5])
        link.causes.insert(0, sample_chain.Cause(findings.finding(
            'nothing-published', f'no pipeline takes {meter}; pipelines: '
            f'{told}'), list({process.found.id: process for process, _
                              in pipelines}.values())))
        link.state = sample_chain.END
    elif taking:
        link.places = {url: count for url, count in link.places.items()
                       if url in urls}
        link.causes = [
            cause for cause in link.causes
            if cause.finding['evidence'].get('publisher') in (None, *urls)]
        if link.state == sample_chain.PARTLY and all(
                cause.beside for cause in link.causes):
            link.state = sample_chain.FLOW
