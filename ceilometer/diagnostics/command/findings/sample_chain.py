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

"""Where samples end: polled, sent, taken, published.

Each link of this chain has numbers from the reports of one of the two
daemons, and the findings that belong to it. Numbers alone tell where both
daemons find nothing unusual, and what one sends does not reach the other.
"""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses

from ceilometer.diagnostics.command.findings import daemons as daemons_module
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import findings

#: The links, in the order in which samples pass them.
POLLED = 'polled'
SENT = 'sent'
TAKEN = 'taken'
PUBLISHED = 'published'
LINKS = (POLLED, SENT, TAKEN, PUBLISHED)

#: What becomes of samples at a link. All pass, some do, or none does; none
#: came so far, because the daemon has just started; nobody knows.
FLOW = 'flow'
PARTLY = 'partly'
END = 'end'
NOT_YET = 'not yet'
UNKNOWN = 'unknown'
STATES = (FLOW, PARTLY, END, NOT_YET, UNKNOWN)

#: Clocks of two hosts differ, and messages wait: what was sent so shortly
#: before a report need not have been taken.
SLACK_SECONDS = 30

#: A publisher that works on one call for so long publishes nothing.
CALL_SECONDS_MAX = 60

# The kinds that belong to each link, by what the daemon does.
_OF_BROKER = tuple(name for name, kind in findings.KINDS.items()
                   if findings.BROKER in kind.breaks)
_OF_PROCESSES = ('killed-for-memory', 'workers-dying', 'workers-missing',
                 'coordination-lost')
_LINKS_OF: dict[str, dict[str, str]] = {
    daemons_module.POLLING: {
        **dict.fromkeys((
            *_OF_PROCESSES, 'keystone-failing', 'discovery-failing',
            'source-without-pollster', 'source-without-resources',
            'pollster-hanging', 'pollster-failing', 'pollster-switched-off',
            'cycle-failing', 'cycle-overdue', 'nothing-polled',
            'file-unreadable', 'file-not-reloaded'), POLLED),
        **dict.fromkeys((*_OF_BROKER, 'samples-lost', 'nothing-sent'), SENT)},
    daemons_module.NOTIFICATION: {
        **dict.fromkeys((
            *_OF_BROKER, *_OF_PROCESSES, 'listener-missing',
            'listener-disconnected', 'notifications-given-back'), TAKEN),
        **dict.fromkeys((
            'publisher-not-loaded', 'pipeline-without-publisher',
            'publisher-failing', 'file-unreadable', 'file-not-reloaded'),
            PUBLISHED)},
}

# They may be the reason, and do not show that anything is lost.
_BESIDE = ('killed-for-memory', 'file-unreadable', 'file-not-reloaded')


@dataclasses.dataclass
class Cause:
    """What is unusual at a link, in one process or in many.

    :ivar finding: that of the first of them
    :ivar processes: all of them
    """

    finding: contents.Finding
    processes: list[daemons_module.Process]

    @property
    def beside(self) -> bool:
        """Whether samples can pass all the same."""
        kind = self.finding['kind']
        # a single death is over
        return kind in _BESIDE or self.finding['severity'] == (
            findings.NOTICE) or kind == 'workers-dying' and (
            self.finding['severity'] != findings.ERROR)


@dataclasses.dataclass
class Link:
    """A link of the chain.

    :ivar name: one of :data:`LINKS`
    :ivar state: one of :data:`STATES`
    :ivar samples: how many have passed, None where only messages are counted
    :ivar messages: how many have passed, None where they are not counted
    :ivar lost: how many samples have not passed; messages, of those taken
    :ivar last_usec: when something passed last, None if never
    :ivar places: where from or where to, with how many samples each
    :ivar causes: what is unusual, causes first
    """

    name: str
    state: str = UNKNOWN
    samples: int | None = None
    messages: int | None = None
    lost: int = 0
    last_usec: int | None = None
    places: dict[str, int | None] = dataclasses.field(default_factory=dict)
    causes: list[Cause] = dataclasses.field(default_factory=list)

    def passed(self, usec: int | None) -> None:
        """Note that something has passed.

        :param usec: when, None if it has not
        """
        if usec is not None:
            self.last_usec = max(usec, self.last_usec or 0)


@dataclasses.dataclass
class Chain:
    """All links, and what they come to."""

    links: dict[str, Link]

    @property
    def state(self) -> str:
        """One of :data:`STATES`: what becomes of samples in the end."""
        states = [link.state for link in self.links.values()]
        for state in (END, NOT_YET, UNKNOWN, PARTLY):
            if state in states:
                return state
        return FLOW

    @property
    def broken(self) -> tuple[Link, Cause] | None:
        """Where samples end, or some of them, and why; None if nowhere.

        Of several causes the one that the others may come from; where only
        some samples end, the worst before that.
        """
        ranks = list(findings.KINDS)
        at = [(link, cause) for link in self.links.values()
              if link.state in (END, PARTLY)
              for cause in link.causes if not cause.beside]
        return min(at, default=None, key=lambda pair: (
            pair[0].state != END, pair[0].state != END and
            findings.SEVERITIES.index(pair[1].finding['severity']),
            ranks.index(pair[1].finding['kind'])))


def of(given: list[daemons_module.Daemon]) -> Chain:
    """The chain of some daemons.

    :param given: those whose reports count
    """
    links = {name: Link(name) for name in LINKS}
    _add_causes(links, given)
    polling = [one for daemon in given
               if daemon.program == daemons_module.POLLING
               for one in daemon.processes]
    notification = [one for daemon in given
                    if daemon.program == daemons_module.NOTIFICATION
                    for one in daemon.processes]
    _polled(links[POLLED], polling)
    _sent(links[SENT], polling)
    _taken(links[TAKEN], notification)
    _published(links[PUBLISHED], notification)
    _compare(links, notification)
    return Chain(links)


def _add_causes(links: dict[str, Link],
                given: list[daemons_module.Daemon]) -> None:
    """Give each link its findings; of a host causes absorb what follows."""
    hosts: dict[str, list[tuple[str, daemons_module.Process,
                                contents.Finding]]] = {}
    for daemon in given:
        for process in daemon.processes:
            for one in process.findings:
                if one['kind'] in _LINKS_OF[daemon.program] and (
                        one['severity'] in findings.SEVERITIES):
                    hosts.setdefault(daemon.host, []).append(
                        (daemon.program, process, one))
    causes: dict[object, Cause] = {}
    having: set[tuple[int, int]] = set()
    for told in hosts.values():
        numbered: list[contents.Finding] = [
            {**one, 'evidence': {**one['evidence'], _NUMBER: str(number)}}
            for number, (_, _, one) in enumerate(told)]
        for kept in findings.ordered(numbered):
            program, process, _ = told[int(kept['evidence'].pop(_NUMBER))]
            name = _LINKS_OF[program][kept['kind']]
            if kept['evidence'].get(findings.THROUGH) == findings.BROKER:
                name = SENT if program == daemons_module.POLLING else TAKEN
            # the same of another process; times and counts differ
            key = (name, kept['kind'], *(
                kept['evidence'].get(word) for word in _SAME))
            known = causes.get(key)
            if known is None:
                known = causes[key] = Cause(kept, [])
                links[name].causes.append(known)
            # they are the very same objects, and may be thousands
            if (id(known), id(process)) not in having:
                having.add((id(known), id(process)))
                known.processes.append(process)


# Key of the evidence while findings are put in order.
_NUMBER = 'number'

# What tells findings of one kind from one another.
_SAME = ('source', 'pollster', 'pollsters', 'publisher', 'pipeline', 'file')


def _has(process: daemons_module.Process, kinds: Iterable[str]) -> bool:
    wanted = set(kinds)
    return any(one['kind'] in wanted for one in process.findings)


def settle(link: Link, passes: bool, not_yet: bool) -> None:
    """Decide what becomes of samples at a link, from what is known.

    :param link: with all its causes
    :param passes: whether something passes
    :param not_yet: whether that is too early to say
    """
    if any(not cause.beside for cause in link.causes):
        link.state = PARTLY if passes else END
    elif passes:
        link.state = FLOW
    elif not_yet:
        link.state = NOT_YET


def _polled(link: Link, processes: list[daemons_module.Process]) -> None:
    passes, not_yet = False, False
    for process in processes:
        data = process.polling
        if data is None or data['state'] == contents.DOES_NOT:
            continue
        link.samples = (link.samples or 0) + (
            data['samples_sent'] + data['samples_lost'])
        link.passed(data['last_sent_usec'])
        link.passed(data['last_lost_usec'])
        for pollster in data['pollsters']:
            if pollster['samples_ever']:
                name = pollster['pollster']
                link.places[name] = (link.places.get(name) or 0) + (
                    pollster['samples_ever'])
        not_yet |= begins(data)
        passes |= hands_on(data)
    settle(link, passes, not_yet)


def begins(data: contents.Polling) -> bool:
    """Whether a process that polls has not ended its first cycle.

    :param data: of its section
    """
    return data['state'] == contents.STARTS or (
        bool(data['cycles']) and not any(
            cycle['runs'] for cycle in data['cycles']))


def hands_on(data: contents.Polling) -> bool:
    """Whether what is polled gets as far as being sent, lately.

    :param data: of the section of a process that polls
    """
    moments = [moment for moment in (
        data['last_sent_usec'], data['last_lost_usec']) if moment is not None]
    return bool(data['sending']) or (bool(moments) and (
        data['time_usec'] - max(moments) <= lately_usec(data)))


def lately_usec(data: contents.Polling) -> int:
    """How long ago what is polled must have been sent."""
    longest = max((cycle['interval_seconds'] for cycle in data['cycles']),
                  default=0.0)
    return int((2 * longest + SLACK_SECONDS) * 1_000_000)


def _sent(link: Link, processes: list[daemons_module.Process]) -> None:
    passes, not_yet = False, False
    for process in processes:
        data = process.polling
        if data is None or data['state'] == contents.DOES_NOT:
            continue
        link.samples = (link.samples or 0) + data['samples_sent']
        link.messages = (link.messages or 0) + data['batches_sent']
        link.lost += data['samples_lost']
        sent, lost = data['last_sent_usec'], data['last_lost_usec']
        link.passed(sent)
        if process.messaging is not None:
            link.places.update(dict.fromkeys(
                host for one in process.messaging['transports']
                for host in one['hosts']))
        not_yet |= begins(data) or not hands_on(data) and not _has(
            process, ('nothing-sent',))
        passes |= (sent is not None and (lost is None or sent > lost)
                   and not _has(process, _OF_BROKER)
                   and data['time_usec'] - sent <= lately_usec(data))
    settle(link, passes, not_yet)


def _taken(link: Link, processes: list[daemons_module.Process]) -> None:
    passes, not_yet = False, False
    for process in processes:
        data = process.notifications
        if data is None or data['state'] == contents.DOES_NOT:
            continue
        link.messages = link.messages or 0
        not_yet |= data['state'] == contents.STARTS
        for listener in data['listeners']:
            link.messages += listener['messages']
            link.lost += listener['given_back']
            link.passed(listener['last_start_usec'])
            if listener['host'] is not None:
                link.places[listener['host']] = None
            not_yet |= not listener['messages']
            passes |= (bool(listener['messages'])
                       and listener['connected'] is not False
                       and listener['thread_alive'] is not False
                       and not _has(process, _OF_BROKER))
    settle(link, passes, not_yet)


def _published(link: Link, processes: list[daemons_module.Process]) -> None:
    passes, not_yet = False, False
    for process in processes:
        data = process.pipelines
        if data is None or process.notifications is None or (
                process.notifications['state'] == contents.DOES_NOT):
            continue
        link.samples = link.samples or 0
        not_yet |= not any(one['runs'] for one in of_samples(data))
        for publisher in of_samples(data):
            published = publisher['published']
            link.places[publisher['url']] = published + (
                link.places.get(publisher['url']) or 0)
            link.lost += publisher['lost']
            link.passed(publisher['last_success_usec'])
            passes |= publishes(publisher, data['time_usec'])
    # each sample goes to each publisher
    if link.samples is not None:
        link.samples = max((count or 0 for count in link.places.values()),
                           default=0)
    settle(link, passes, not_yet)


def of_samples(data: contents.Pipelines) -> list[contents.Publisher]:
    """The publishers that get samples, and not events.

    :param data: of the section
    """
    return [one for one in data['publishers'] if one['kind'] == 'sample']


def publishes(publisher: contents.Publisher, now_usec: int) -> bool:
    """Whether a publisher works.

    :param publisher: what is known of it
    :param now_usec: when that was
    """
    began = publisher['running_since_usec']
    return (publisher['loaded'] and publisher['failing_since_usec'] is None
            and bool(publisher['published'])
            and (began is None
                 or now_usec - began <= CALL_SECONDS_MAX * 1_000_000))


def _compare(links: dict[str, Link],
             notification: list[daemons_module.Process]) -> None:
    """Find what neither daemon can know: that it does not reach the other."""
    times = [one.notifications['time_usec'] for one in notification
             if one.notifications is not None
             and one.notifications['state'] == contents.LISTENS]
    sent = links[SENT].last_usec
    slack = SLACK_SECONDS * 1_000_000
    if not times or sent is None or max(times) - sent < slack or (
            links[SENT].state not in (FLOW, PARTLY)):
        return
    taken, published = links[TAKEN], links[PUBLISHED]
    if _behind(taken, sent - slack):
        taken.state = END
        taken.causes.insert(0, Cause(findings.finding(
            'nothing-taken', 'no message was taken since samples were sent '
            + _where(links[SENT], taken)), notification))
    elif _behind(published, sent - slack):
        published.state = END
        published.causes.insert(0, Cause(findings.finding(
            'nothing-published', 'messages are taken, and no sample was '
            'published since samples were sent'), notification))


def _behind(link: Link, usec: int) -> bool:
    return link.state in (FLOW, NOT_YET) and (
        link.last_usec is None or link.last_usec < usec)


def _where(sent: Link, taken: Link) -> str:
    to, source = sorted(sent.places), sorted(taken.places)
    if not to or not source or set(to) & set(source):
        return 'by the others'
    return f'to {", ".join(to)}: they are taken from {", ".join(source)}'
