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

"""What is unusual in many reports, of many hosts: each kind of finding once.

The kinds of all reports are known from the journal's index; only of the
newest report of a kind the sentence is read.
"""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses

from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings


@dataclasses.dataclass
class Kind:
    """A kind of finding, and where it was found.

    :ivar name: the kind
    :ivar reports: the reports that have it, oldest first
    :ivar current: those of them that are the newest of their process
    :ivar severity: of the newest of them
    :ivar sentence: of the newest of them, None if it cannot be read
    """

    name: str
    reports: list[read.Found]
    current: list[read.Found]
    severity: str = findings.NOTICE
    sentence: str | None = None

    @property
    def hosts(self) -> list[str]:
        """The hosts where it was found, each once."""
        return _hosts(self.reports)

    @property
    def processes(self) -> int:
        """In how many processes it was found."""
        return len({one.process_key for one in self.reports})


def _hosts(reports: Iterable[read.Found]) -> list[str]:
    return sorted({one.identity.hostname or one.identity.machine_id or '-'
                   for one in reports})


def host_count(reports: Iterable[read.Found]) -> int:
    """How many hosts reports are from.

    :param reports: any
    """
    return len(_hosts(reports))


def of(reports: Iterable[read.Found]) -> list[Kind]:
    """The kinds that were found, worst first as far as the index tells.

    :param reports: oldest first, as :func:`read.find` gives them
    """
    newest: dict[object, read.Found] = {}
    kinds: dict[str, Kind] = {}
    for one in reports:
        if not one.is_event:
            newest[one.process_key] = one
        for name in _of_report(one):
            kinds.setdefault(name, Kind(name, [], [])).reports.append(one)
    for kind in kinds.values():
        kind.current = [one for one in kind.reports
                        if _is_current(one, newest.get(one.process_key))]
        known = findings.KINDS.get(kind.name)
        if known is not None:
            kind.severity = known.severity
    return ordered(kinds.values())


def _is_current(one: read.Found, newest: read.Found | None) -> bool:
    """Whether no report of the process has been written after that."""
    if one.is_event:
        return newest is None or newest.time_usec <= one.time_usec
    return newest is one


def _of_report(found: read.Found) -> tuple[str, ...]:
    return tuple(dict.fromkeys(
        name for part in found.report.sections
        if part.name in (fields.SECTION_SUMMARY, *fields.ALONE)
        for name in part.findings))


def tell(kinds: Iterable[Kind], summary: read.Found) -> None:
    """Add what a report says of some kinds.

    :param kinds: the kinds
    :param summary: the newest report that has them, with its summary
    """
    told: dict[str, contents.Finding] = {}
    for one in section_data.findings_of(summary.report):
        if one['severity'] in findings.SEVERITIES:
            told.setdefault(one['kind'], one)
    for kind in kinds:
        if kind.name in told:
            kind.severity = told[kind.name]['severity']
            kind.sentence = escape.line(told[kind.name]['sentence'])


def ordered(kinds: Iterable[Kind]) -> list[Kind]:
    """Worst first; of equals those of most hosts, then the causes.

    :param kinds: any
    """
    ranks = list(findings.KINDS)
    return sorted(kinds, key=lambda kind: (
        not kind.current, findings.SEVERITIES.index(kind.severity),
        -len(kind.hosts), ranks.index(kind.name) if kind.name in ranks
        else len(ranks), kind.name))
