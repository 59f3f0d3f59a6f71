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

"""The shape of a report: a header (who wrote it, and why) and its sections.

Plain data and what is said of it for people; nothing here logs or blocks, and
of the process nothing is read but chance for an id, so all of it may run in
any process and thread.
"""

from __future__ import annotations

from collections.abc import Iterable
import datetime
import os
from typing import Any
import uuid

from ceilometer.diagnostics import fields
from ceilometer.diagnostics import named_tuple

#: A longer line of text is folded: no reader wants it, and a part must be
#: able to end at the end of a line.
LINE_BYTES_MAX = 64 * 1024

#: What the folded rest of a line begins with.
CONTINUED_LINE = '… '

RULE = '=' * 72


class Trigger(named_tuple.NamedTuple):
    """What asked for a report.

    :ivar kind: one of :data:`fields.TRIGGERS`
    :ivar time_usec: when it was noticed, microseconds since the epoch
    :ivar signal: name of the signal (``SIGUSR1``), None unless one came
    :ivar sender_pid: who sent it, by the kernel's word; systemctl kill sends
        as pid 1. None where not known
    :ivar sender_uid: its user id, None where not known
    :ivar sender_comm: its command name, None where not known
    :ivar merged: how many further triggers this report answers
    :ivar id: 32 hexadecimal digits, the same for all processes of a service
        that answer it; None in journals of before there were any
    """

    kind: str
    time_usec: int
    signal: str | None = None
    sender_pid: int | None = None
    sender_uid: int | None = None
    sender_comm: str | None = None
    merged: int = 0
    id: str | None = None

    def describe(self) -> str:
        """The trigger in a few words, for people."""
        words = self.signal or self.kind
        if self.sender_pid == 0:
            # the kernel knows no number of it that counts here
            words += ' from outside of the container'
        elif self.sender_pid is not None:
            words += f' from pid {self.sender_pid}'
            if self.sender_comm:
                words += f' ({self.sender_comm})'
        if self.sender_uid is not None:
            words += f', uid {self.sender_uid}'
        return words


def merged(triggers: Iterable[Trigger]) -> Trigger:
    """One trigger for all that one report answers: the first, counted.

    Its id is that of the last one: a process that was not asked as often, or
    could not take the first, has joined that.

    :param triggers: all of them, one at least
    """
    first, *others = triggers
    return first._replace(merged=len(others), id=[first, *others][-1].id)


class Header(named_tuple.NamedTuple):
    """Whose report it is, and why it was written.

    :ivar id: 32 hexadecimal digits, one for each report of one process
    :ivar service: the daemon, ``ceilometer-polling``
    :ivar process: one of :data:`fields.PROCESSES`
    :ivar pid: process id, in the process's own pid namespace
    :ivar trigger: what asked for it
    :ivar unit: systemd unit as the process knows it, None outside of one
    :ivar worker: the worker's number, None for other processes
    :ivar worker_name: the worker's service (``AgentManager``), or None
    """

    id: str
    service: str
    process: str
    pid: int
    trigger: Trigger
    unit: str | None = None
    worker: int | None = None
    worker_name: str | None = None

    def describe_process(self) -> str:
        """The process in a few words: ``worker 0 (AgentManager)``."""
        words = self.process
        if self.worker is not None:
            words += f' {self.worker}'
        if self.worker_name:
            words += f' ({self.worker_name})'
        return words


class Section(named_tuple.NamedTuple):
    """One part of a report.

    :ivar name: ``green-threads``; lower case letters, digits and hyphens
    :ivar title: for people, ``Green threads``
    :ivar text: for people: printable, lines parted by a newline, none at the
        end, no line of more than :data:`LINE_BYTES_MAX` bytes
    :ivar data: for tools: what JSON can hold, or None
    :ivar status: one of :data:`fields.STATUSES`
    :ivar usec: time to collect it, microseconds
    :ivar findings: kinds of the findings of the report, each once; only the
        section that closes it has them
    """

    name: str
    title: str
    text: str
    data: Any = None
    status: str = fields.STATUS_OK
    usec: int = 0
    findings: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the section says only why it could not be told."""
        return self.status in (fields.STATUS_ERROR, fields.STATUS_TIMEOUT)


def new_id() -> str:
    """An id of a report or a trigger that no other has, 32 digits of base 16.

    As by uuid4(), but by the function of the system that this module has: a
    library may have replaced the one that uuid calls.

    :raises OSError: the kernel gives no random bytes
    """
    return uuid.UUID(bytes=os.urandom(16), version=4).hex


def fold(text: str) -> str:
    """Fold the lines that are longer than :data:`LINE_BYTES_MAX`.

    :param text: any text
    :returns: the same with long lines continued on a line of their own that
        begins with :data:`CONTINUED_LINE`
    """
    if len(text) * 4 <= LINE_BYTES_MAX:
        return text
    unfolded = text.split('\n')
    # to look at each line of very many would take milliseconds
    if max(map(len, unfolded)) * 4 <= LINE_BYTES_MAX:
        return text
    lines = []
    for line in unfolded:
        if len(line) * 4 <= LINE_BYTES_MAX or (
                len(line.encode(errors='surrogatepass')) <= LINE_BYTES_MAX):
            lines.append(line)
            continue
        cut = LINE_BYTES_MAX // 4
        lines.append(line[:cut])
        step = cut - len(CONTINUED_LINE)
        lines += [CONTINUED_LINE + line[at:at + step]
                  for at in range(cut, len(line), step)]
    return '\n'.join(lines)


def beginning(header: Header, count: int) -> str:
    """The line that says that a report has begun.

    No line after it is empty: what follows is the heading of the first
    section.

    :param header: of the report
    :param count: how many sections it will have, as far as is known yet
    """
    return (f'{header.service}[{header.pid}] {header.describe_process()} '
            f'begins report {header.id}, {count} sections: '
            f'{header.trigger.describe()}')


def heading(header: Header, section: Section, index: int, count: int) -> str:
    """The lines a section's text begins with in ``MESSAGE``.

    They make ``journalctl -o cat`` a report for people: the first section
    opens the report, and each names its process, because the entries of
    processes that answer at once may come in between one another. No line is
    empty, so that the first empty one ends them. The summary has no rule: what
    is worst stands in the third line then.
    """
    lines = []
    process = header.describe_process()
    if index == 1:
        when = datetime.datetime.fromtimestamp(
            header.trigger.time_usec / 1e6, datetime.timezone.utc)
        # not strftime(), which calls the module time: that may be replaced
        date = when.replace(tzinfo=None).isoformat(' ', 'seconds')
        lines += [
            RULE,
            f'Guru Meditation Report of {header.service}, {process},'
            f' pid {header.pid}',
            f'{date} UTC, {header.trigger.describe()}',
            f'report {header.id}, {count} sections',
            RULE,
        ]
    title = f'{section.title} [{index}/{count}]'
    if section.status != fields.STATUS_OK:
        title += f' {section.status.upper()}'
    lines.append(f'{title}  {header.service}[{header.pid}] {process}')
    if section.name != fields.SECTION_SUMMARY:
        lines.append('-' * min(len(title), 72))
    return '\n'.join(lines)
