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

"""What is wrong in several processes, in one sentence.

What is unusual in their reports is put together: equal kinds once, the worst
first, and of equals the cause before what it brings about.
"""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses

from ceilometer.diagnostics.command.findings import digest
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics import findings


@dataclasses.dataclass(frozen=True)
class Group:
    """What is unusual in some processes.

    :ivar notice: the line, of the first of them
    :ivar processes: all of them
    """

    notice: digest.Notice
    processes: list[read.Found]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What several reports come to.

    :ivar groups: the findings, worst first
    :ivar total: how many reports there are
    """

    groups: list[Group]
    total: int

    @property
    def worst(self) -> Group | None:
        """The first group, None if nothing is unusual."""
        return self.groups[0] if self.groups else None

    @property
    def told(self) -> frozenset[str]:
        """The texts of all groups: what need not be told again below it."""
        return frozenset(group.notice.text for group in self.groups)

    def line(self) -> str:
        """The verdict."""
        worst = self.worst
        if worst is None:
            words = findings.NONE
            return words if self.total == 1 else (
                f'{self.total} processes: {words}')
        if self.total == 1:
            return worst.notice.text
        return (f'{len(worst.processes)} of {self.total} processes: '
                f'{worst.notice.text}')


def of(told: Iterable[tuple[read.Found, list[digest.Notice]]]) -> Verdict:
    """What some reports come to.

    :param told: the reports, the newest of each process, and what is unusual
        in each
    """
    groups: dict[str, Group] = {}
    total = 0
    for found, notices in told:
        total += 1
        for notice in notices:
            if notice.kind is None:
                continue
            group = groups.setdefault(notice.kind, Group(notice, []))
            # its notices stand together: only the last one can be the same
            if group.processes[-1:] != [found]:
                group.processes.append(found)
    return Verdict(sorted(groups.values(), key=_rank), total)


def _rank(group: Group) -> tuple[int, int]:
    notice = group.notice
    kinds = list(findings.KINDS)
    return (findings.SEVERITIES.index(notice.severity or findings.NOTICE),
            kinds.index(notice.kind) if notice.kind in kinds else len(kinds))
