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

"""What is unusual in a daemon: the kinds of findings, and their order.

A finding is one sentence that an operator understands, of a kind that they
can look for, with a severity and what it was found by
(:class:`ceilometer.diagnostics.contents.Finding`). Sections make those that
one process can know; the command adds what takes several reports.

:data:`KINDS` is in the order of causes: a kind stands before what it brings
about. Where a cause is found, what follows from it is left out, so that one
broker that is down is one finding and not fifteen. It follows if the cause's
kind names it, or if its work went ``through`` what the cause has broken.

Words and pure functions, for any process and thread.
"""

from __future__ import annotations

from collections.abc import Iterable
import time
from typing import Any
from typing import Final
from typing import TYPE_CHECKING

from ceilometer.diagnostics import named_tuple

if TYPE_CHECKING:
    from ceilometer.diagnostics import contents

#: The daemon does not do its work: samples are lost, or none come.
ERROR: Final = 'error'
#: Something fails, or soon will.
WARNING: Final = 'warning'
#: Good to know.
NOTICE: Final = 'notice'
#: All of them, worst first.
SEVERITIES: Final = (ERROR, WARNING, NOTICE)

#: What the text of a section says where it looks for findings and has none.
NONE: Final = 'nothing unusual'

#: Key of the evidence: what the work went through that went wrong, one of the
#: names below.
THROUGH: Final = 'through'
#: Key of the evidence: the kinds that a cause has absorbed.
EXPLAINS: Final = 'explains'
#: Key of the evidence: the section that has found it.
SECTION: Final = 'section'

# What work goes through.
BROKER: Final = 'broker'
COORDINATION: Final = 'coordination'
KEYSTONE: Final = 'keystone'
DISCOVERY: Final = 'discovery'
POLLING: Final = 'polling'
POLLSTER: Final = 'pollster'
PUBLISHER: Final = 'publisher'

#: Kinds of others begin so: none can be taken for one of ours.
FOREIGN_PREFIX: Final = 'x-'

#: So many findings of a section are kept, and of a whole report.
FINDINGS_MAX: Final = 50

#: So many names stand in a sentence.
NAMED_MAX: Final = 12

SENTENCE_CHARS_MAX: Final = 400
KIND_CHARS_MAX: Final = 64
EVIDENCE_MAX: Final = 12
EVIDENCE_CHARS_MAX: Final = 200


class Kind(named_tuple.NamedTuple):
    """A kind of finding.

    :ivar severity: what its findings are, unless they say otherwise
    :ivar absorbs: kinds that follow from it
    :ivar breaks: the names of what no work gets through any more
    """

    severity: str
    absorbs: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()


_BROKER = Kind(ERROR, ('nothing-sent', 'samples-lost',
                       'listener-disconnected'), (BROKER,))

#: All kinds of ours, causes first. The reference of the documentation tells
#: of each what it means, how it is known, and what to do next.
KINDS: Final[dict[str, Kind]] = {
    # what the report is worth
    'report-disputed': Kind(ERROR),
    'report-untrusted': Kind(ERROR),
    'report-incomplete': Kind(WARNING),
    'report-damaged': Kind(WARNING),
    'report-not-delivered': Kind(WARNING),
    # why a process is silent
    'process-frozen': Kind(ERROR),
    'process-stopped': Kind(ERROR),
    'kernel-wait': Kind(ERROR),
    'interpreter-held': Kind(ERROR),
    'thread-busy': Kind(NOTICE),
    'signal-not-taken': Kind(WARNING),
    'journal-rate-limit': Kind(ERROR),
    'process-silent': Kind(ERROR),
    'not-armed': Kind(WARNING),
    # the broker
    'broker-unreachable': _BROKER,
    'broker-refused': _BROKER,
    'broker-silent': _BROKER,
    'broker-blocked': _BROKER,
    # the processes
    'killed-for-memory': Kind(WARNING),
    'master-died': Kind(ERROR),
    'workers-dying': Kind(ERROR, ('workers-missing',)),
    'workers-doubled': Kind(ERROR),
    'workers-missing': Kind(ERROR),
    'workers-not-replaced': Kind(WARNING),
    'process-raised': Kind(ERROR),
    'thread-raised': Kind(WARNING),
    # what the agents divide their work by
    'coordination-lost': Kind(
        ERROR, ('cycle-failing', 'nothing-polled', 'nothing-sent'),
        (COORDINATION, POLLING)),
    # who is asked what there is to poll
    'keystone-failing': Kind(
        ERROR, ('nothing-polled', 'nothing-sent'), (KEYSTONE, POLLING)),
    'discovery-failing': Kind(WARNING, ('source-without-resources',),
                              (DISCOVERY, POLLING)),
    'source-without-pollster': Kind(WARNING, ('nothing-polled',)),
    'source-without-resources': Kind(WARNING, ('nothing-polled',)),
    # the pollsters
    'pollster-hanging': Kind(ERROR, ('cycle-overdue', 'nothing-sent')),
    'pollster-not-loaded': Kind(NOTICE),
    'pollster-failing': Kind(WARNING, (), (POLLSTER, POLLING)),
    'pollster-switched-off': Kind(WARNING, (), (POLLING,)),
    'cycle-failing': Kind(
        ERROR, ('nothing-polled', 'nothing-sent'), (POLLING,)),
    'cycle-overdue': Kind(WARNING),
    'nothing-polled': Kind(ERROR, ('nothing-sent',)),
    # what takes notifications
    'listener-missing': Kind(ERROR),
    'listener-disconnected': Kind(ERROR),
    'notifications-given-back': Kind(WARNING),
    'nothing-taken': Kind(ERROR),
    # where samples go
    'publisher-not-loaded': Kind(
        ERROR, ('pipeline-without-publisher',), (PUBLISHER,)),
    'pipeline-without-publisher': Kind(ERROR),
    'publisher-failing': Kind(ERROR, (), (PUBLISHER,)),
    'nothing-published': Kind(ERROR),
    'samples-lost': Kind(ERROR),
    'nothing-sent': Kind(ERROR),
    # what has been changed
    'file-unreadable': Kind(WARNING),
    'file-not-reloaded': Kind(WARNING),
    'option-invalid': Kind(WARNING),
    'configuration-unknown': Kind(NOTICE),
    'not-restarted': Kind(WARNING),
    'diagnostics-not-restarted': Kind(NOTICE),
    # what may run out
    'connections-not-closed': Kind(WARNING, ('descriptors-near-limit',)),
    'lock-abandoned': Kind(ERROR),
    'threads-many': Kind(WARNING, ('threads-near-limit',)),
    'memory-near-limit': Kind(WARNING),
    'threads-near-limit': Kind(WARNING),
    'descriptors-near-limit': Kind(WARNING),
    'zombies': Kind(NOTICE),
    'memory-swapped': Kind(NOTICE),
    'garbage-collector-off': Kind(NOTICE),
    'objects-not-freed': Kind(NOTICE),
    # what takes two reports
    'thread-without-progress': Kind(ERROR),
    'memory-growing': Kind(WARNING),
    'threads-growing': Kind(WARNING),
    'descriptors-growing': Kind(WARNING),
    'queue-growing': Kind(WARNING),
    # what the process before it came to
    'unit-failed': Kind(WARNING, ('unit-errors-logged',)),
    # what was logged
    'errors-logged': Kind(NOTICE, ('unit-errors-logged',)),
    'unit-errors-logged': Kind(NOTICE),
    # the report itself
    'report-short': Kind(WARNING),
    'section-failed': Kind(NOTICE),
    'section-truncated': Kind(NOTICE),
    'findings-failed': Kind(NOTICE),
    'data-unexpected': Kind(NOTICE),
    'threads-held-up': Kind(NOTICE),
}

_RANKS: Final = {name: rank for rank, name in enumerate(KINDS)}


def finding(kind: str, sentence: str, since: str | None = None,
            severity: str | None = None,
            **evidence: object) -> contents.Finding:
    """Make a finding.

    :param kind: one of :data:`KINDS`
    :param sentence: what is unusual, in words that an operator understands
    :param since: when it began, as :func:`utc` writes it, None if not known
    :param severity: one of :data:`SEVERITIES`, None for that of the kind
    :param evidence: what it was found by; what is None is left out
    :raises KeyError: there is no such kind
    """
    return {
        'severity': severity or KINDS[kind].severity,
        'kind': kind,
        'sentence': sentence[:SENTENCE_CHARS_MAX],
        'since': since,
        'evidence': {name: str(value)[:EVIDENCE_CHARS_MAX]
                     for name, value in evidence.items()
                     if value is not None},
    }


def foreign(told: Any) -> contents.Finding:
    """Make a finding of what the function of somebody else has returned.

    :param told: a mapping; without secrets, and on one line each
    :returns: of a kind that begins with :data:`FOREIGN_PREFIX`
    :raises ValueError: it is no finding; the message says why
    """
    if not isinstance(told, dict):
        raise ValueError('expected a dict with kind and sentence')
    kind = told.get('kind')
    if not is_kind(kind):
        raise ValueError(f'kind {str(kind)[:KIND_CHARS_MAX]!r}: expected '
                         'lower case letters, digits and single hyphens')
    sentence = told.get('sentence')
    if not isinstance(sentence, str) or not sentence:
        raise ValueError(f'{kind}: expected a sentence')
    severity = told.get('severity', NOTICE)
    if severity not in SEVERITIES:
        raise ValueError(f'{kind}: severity {str(severity)[:40]!r}: expected '
                         f'one of {", ".join(SEVERITIES)}')
    since = told.get('since')
    evidence = told.get('evidence', {})
    if not isinstance(evidence, dict):
        raise ValueError(f'{kind}: evidence: expected a dict')
    # through and explains are what ours are ordered by
    return {
        'severity': severity,
        'kind': f'{FOREIGN_PREFIX}{kind}'[:KIND_CHARS_MAX],
        'sentence': sentence[:SENTENCE_CHARS_MAX],
        'since': since[:40] if isinstance(since, str) else None,
        'evidence': {
            str(name)[:KIND_CHARS_MAX]: str(value)[:EVIDENCE_CHARS_MAX]
            for name, value in list(evidence.items())[:EVIDENCE_MAX]
            if name not in (THROUGH, EXPLAINS, SECTION)},
    }


def is_kind(name: object) -> bool:
    """Whether something can be the name of a kind.

    :param name: lower case letters, digits and single hyphens, if it can
    """
    return (isinstance(name, str) and name.isascii()
            and 0 < len(name) <= KIND_CHARS_MAX
            and name[0].isalpha() and name == name.lower()
            and all(part.isalnum() for part in name.split('-')))


def ordered(found: Iterable[contents.Finding]) -> list[contents.Finding]:
    """What remains of the findings of one process: the worst first.

    What follows from another one is absorbed by it; that then is at least as
    severe, and names the kinds in its evidence. Of the same severity causes
    stand first.

    :param found: in any order; they are not changed
    """
    by_cause = sorted(found, key=_cause)
    kept: list[contents.Finding] = []
    causes: list[tuple[Kind, contents.Finding | None]] = []
    known: set[str] = set()
    named: set[tuple[int, str]] = set()
    for one in by_cause:
        kind = KINDS.get(one['kind'])
        absorbing = next((
            index for index, (cause, _) in enumerate(causes)
            if one['kind'] in cause.absorbs or (
                one['kind'] in KINDS
                and one['evidence'].get(THROUGH) in cause.breaks)), None)
        if absorbing is None:
            own: contents.Finding = {**one, 'evidence': {**one['evidence']}}
            kept.append(own)
        else:
            own = causes[absorbing][1] or one
            own['severity'] = min(own['severity'], one['severity'],
                                  key=SEVERITIES.index)
            if (id(own), one['kind']) not in named:
                named.add((id(own), one['kind']))
                _explain(own, one['kind'])
        if kind is not None and (kind.absorbs or kind.breaks) and (
                one['kind'] not in known):
            # what has been absorbed absorbs for what has absorbed it; of
            # equal ones the first, however many there are
            known.add(one['kind'])
            causes.append((kind, own))
    return sorted(kept, key=lambda one: (
        SEVERITIES.index(one['severity']), _cause(one)))


def _explain(cause: contents.Finding, kind: str) -> None:
    """Name a kind that a cause has absorbed."""
    explained = [name for name in cause['evidence'].get(
        EXPLAINS, '').split(', ') if name]
    if kind not in explained and kind != cause['kind']:
        cause['evidence'][EXPLAINS] = ', '.join([*explained, kind])


def _cause(one: contents.Finding) -> int:
    return _RANKS.get(one['kind'], len(_RANKS))


def line(one: contents.Finding) -> str:
    """A finding as a line of text for people.

    :param one: the finding
    """
    return f'{one["severity"]}: {one["sentence"]} [{one["kind"]}]'


def text(found: Iterable[contents.Finding]) -> str:
    """Findings as lines of text for people; one line if there are none.

    :param found: in their order
    """
    return '\n'.join(map(line, found)) or NONE


def utc(seconds: float) -> str:
    """A time as findings and data have it: ISO 8601, UTC.

    :param seconds: since the epoch
    """
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(seconds))


def when(seconds: float, now: float) -> str:
    """A time in a sentence: without its date if that is that of now.

    :param seconds: since the epoch
    :param now: when the sentence is written
    """
    told = time.gmtime(seconds)
    day = '' if told[:3] == time.gmtime(now)[:3] else '%Y-%m-%d '
    return time.strftime(f'{day}%H:%M:%S UTC', told)


def count(number: int, one: str, more: str | None = None) -> str:
    """A number of things in a sentence: ``1 thread``, ``3 threads``.

    :param number: how many
    :param one: what one of them is called
    :param more: what several are called, if not by an added s
    """
    return f'{number} {one if number == 1 else more or one + "s"}'


def some(names: Iterable[str]) -> str:
    """Names in a sentence; of many not all.

    :param names: at least one
    """
    told = list(names)
    if len(told) > NAMED_MAX:
        told = [*told[:NAMED_MAX], f'and {len(told) - NAMED_MAX} more']
    return ', '.join(told)


def span(seconds: float) -> str:
    """A span of time in a sentence: ``40 s``, ``12 min``, ``3 h``, ``2 d``.

    :param seconds: how long
    """
    for unit, size, most in (('s', 1, 120), ('min', 60, 7200),
                             ('h', 3600, 172800)):
        if seconds < most:
            return f'{int(seconds / size)} {unit}'
    return f'{int(seconds / 86400)} d'
