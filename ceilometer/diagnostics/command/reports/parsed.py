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

"""Journal entries in, a report out.

The inverse of what a daemon does with its sections
(:mod:`ceilometer.diagnostics.journal_entries`). Anybody may have written the
entries.

Pure functions over plain data, in the operator's command.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import datetime
import itertools
from typing import Any

from ceilometer.diagnostics.command.reports import filled_in
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report

#: Most parts that a section may have. The largest section that can be
#: configured has 13,108; anybody may write an entry that announces 10**12.
NUMBERED_MAX = 20_000

# The very same objects for all reports: together they may miss millions.
_INDEXES = tuple(range(1, journal_entries.SECTIONS_MAX + 1))

#: The largest of all other numbers in a field. As microseconds it is a time
#: that can still be computed with.
NUMBER_MAX = 10 ** 18 - 1

#: Most kinds of findings that are read of one entry, and of one section.
FINDINGS_MAX = 200

#: How much of a wrong value an error repeats.
VALUE_CHARS_MAX = 100


class InvalidEntry(ValueError):
    """An entry that claims to be part of a report, but is invalid.

    The message names the field, its value and what was expected.
    """


@dataclasses.dataclass(frozen=True)
class Report:
    """A report, or what has been found of it.

    :ivar header: whose it is
    :ivar sections: in their order; some are missing if not :attr:`complete`
    :ivar count: how many sections were announced
    :ivar missing: indexes (from 1) of the sections that are not all there
    """

    header: report.Header
    sections: tuple[report.Section, ...]
    count: int
    missing: tuple[int, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every section that was announced is there, whole."""
        return not self.missing and len(self.sections) == self.count

    @property
    def unfinished(self) -> bool:
        """Whether its end is missing, and nothing else.

        It is still being written, its process has ended meanwhile, or the
        journal has dropped the rest.
        """
        return bool(self.missing) and self.missing == tuple(
            range(len(self.sections) + 1, self.count + 1))


def to_report(entries: Iterable[Mapping[str, Any]]) -> Report:
    """Put a report together again from the entries that were found of it.

    :param entries: journal fields of entries with the same report id, in any
        order; further fields and entries that stand twice do no harm
    :returns: the report; what is not there is named in its ``missing``
    :raises InvalidEntry: an entry lacks a field or holds a value that the
        writer never sends, or there is none at all
    """
    header: report.Header | None = None
    count = 0
    parts: dict[int, dict[int, Mapping[str, Any]]] = {}
    for entry in entries:
        if header is None:
            header = _parse_header(entry)
        announced = number(entry, fields.REPORT_SECTION_COUNT, 1,
                           journal_entries.SECTIONS_MAX)
        count = max(count, announced)
        index = number(entry, fields.REPORT_SECTION_INDEX, 1, announced)
        part = number(
            entry, fields.REPORT_SECTION_PART, 1, NUMBERED_MAX, default=1)
        parts.setdefault(index, {})[part] = entry
    if header is None:
        raise InvalidEntry('no entry of the report was found')
    sections = []
    whole = set()
    for index, found in sorted(parts.items()):
        announced = 1
        for entry in found.values():
            # what says that a report has begun cannot know
            announced = max(announced, number(
                entry, fields.REPORT_SECTION_PARTS, 1, NUMBERED_MAX,
                default=1))
        if all(n in found for n in range(1, announced + 1)):
            sections.append(_parse_section(
                [found[n] for n in range(1, announced + 1)]))
            whole.add(index)
    return Report(header=header, sections=tuple(sections), count=count,
                  missing=tuple(index for index in _INDEXES[:count]
                                if index not in whole))


def _parse_section(parts: list[Mapping[str, Any]]) -> report.Section:
    # what says that a report has begun knows nothing of the section
    first = parts[-1]
    message = '\n'.join(_text(part, fields.MESSAGE, '') for part in parts)
    heading_lines, _, text = message.rstrip('\n').partition('\n\n')
    data = ''.join(_text(part, fields.REPORT_DATA, '') for part in parts)
    status = _text(first, fields.REPORT_SECTION_STATUS)
    if status not in fields.STATUSES:
        raise InvalidEntry(
            f'{fields.REPORT_SECTION_STATUS}={status[:VALUE_CHARS_MAX]!r}: '
            'expected one of ' + ', '.join(fields.STATUSES))
    name = _text(first, fields.REPORT_SECTION)
    try:
        decoded = filled_in.decode(name, data) if data else None
    except ValueError as error:
        raise InvalidEntry(
            f'{fields.REPORT_DATA}: not JSON: {error}') from error
    title = name
    if heading_lines:
        place = (f' [{number(first, fields.REPORT_SECTION_INDEX, 1)}'
                 f'/{number(first, fields.REPORT_SECTION_COUNT, 1)}]')
        title_line = heading_lines.split('\n')[-2:][0]
        title = title_line.partition(place)[0] or name
    return report.Section(
        name=name, title=title,
        text=text, data=decoded, status=status,
        usec=number(first, fields.REPORT_SECTION_USEC, 0),
        findings=tuple(itertools.islice(dict.fromkeys(
            kind for part in parts for kind in _findings(part)),
            FINDINGS_MAX)))


def _findings(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds that an entry names, each once; what can be none is no one."""
    values = entry.get(fields.REPORT_FINDING, ())
    if not isinstance(values, (list, tuple)):
        values = [values]
    texts = [value.decode(errors='backslashreplace')
             if isinstance(value, bytes) else str(value)
             for value in values[:FINDINGS_MAX]]
    return tuple(dict.fromkeys(filter(findings.is_kind, texts)))


def _parse_header(entry: Mapping[str, Any]) -> report.Header:
    when = entry.get('_SOURCE_REALTIME_TIMESTAMP',
                     entry.get('__REALTIME_TIMESTAMP', 0))
    # what has waited for the journal was written before it was sent
    when = entry.get(fields.REPORT_KEPT_USEC, when)
    if isinstance(when, datetime.datetime):
        when = int(when.timestamp() * 1e6)
    try:
        time_usec = int(when)
    except ValueError:
        raise InvalidEntry(
            f'_SOURCE_REALTIME_TIMESTAMP={str(when)[:VALUE_CHARS_MAX]!r}: '
            'expected microseconds') from None

    schema = _text(entry, fields.REPORT_SCHEMA)
    if schema != fields.SCHEMA:
        raise InvalidEntry(
            f'{fields.REPORT_SCHEMA}={schema[:VALUE_CHARS_MAX]!r}: expected '
            f'{fields.SCHEMA}')
    return report.Header(
        **{attribute: read(entry, name) for name, attribute, read in _HEADER},
        pid=number(entry, fields.REPORT_KEPT_PID, 0, default=number(
            entry, '_PID', 0, default=0)),
        trigger=report.Trigger(
            **{attribute: read(entry, name)
               for name, attribute, read in _TRIGGER},
            time_usec=time_usec))


def _text(entry: Mapping[str, Any], name: str,
          default: str | None = None) -> str:
    value = entry.get(name, default)
    if type(value) is str:
        return value
    if isinstance(value, (list, tuple)) and value:
        # journald keeps every value of a field that stands twice
        value = value[0]
    if isinstance(value, bytes):
        value = value.decode(errors='backslashreplace')
    if value is None:
        raise InvalidEntry(f'{name}: missing')
    return str(value)


def number(entry: Mapping[str, Any], name: str, least: int,
           most: int = NUMBER_MAX, default: int | None = None) -> int:
    """The number that a field of an entry holds.

    :param entry: journal fields
    :param name: of the field
    :param least: the smallest number that it may hold
    :param most: the largest one
    :param default: what it is without the field, None where it must be there
    :raises InvalidEntry: it holds none, or another one
    """
    value = entry.get(name)
    if value is None and default is not None and name not in entry:
        return default
    if type(value) is not str:
        value = _text(entry, name)
    # not more digits than int() takes
    if value.isascii() and value.isdecimal() and len(value) < 20:
        found = int(value)
        if least <= found <= most:
            return found
    raise InvalidEntry(
        f'{name}={value[:VALUE_CHARS_MAX]!r}: expected a whole number '
        f'from {least} to {most}')


def _text_or_none(entry: Mapping[str, Any], name: str) -> str | None:
    return _text(entry, name, '') or None


def _number_or_none(entry: Mapping[str, Any], name: str) -> int | None:
    return number(entry, name, 0) if name in entry else None


def _process(entry: Mapping[str, Any], name: str) -> str:
    process = _text(entry, name)
    if process not in fields.PROCESSES:
        raise InvalidEntry(
            f'{name}={process[:VALUE_CHARS_MAX]!r}: expected one of '
            + ', '.join(fields.PROCESSES))
    return process


_Read = Callable[[Mapping[str, Any], str], Any]

# How a field is read, by attribute, if it is not a text that must be there.
_READ: dict[str, _Read] = {
    'unit': _text_or_none,
    'process': _process,
    'worker': _number_or_none,
    'worker_name': _text_or_none,
}
_READ_OF_TRIGGER: dict[str, _Read] = {
    'id': _text_or_none,
    'signal': _text_or_none,
    'sender_pid': _number_or_none,
    'sender_uid': _number_or_none,
    'sender_comm': _text_or_none,
}


def _with(read: dict[str, _Read], names: tuple[tuple[str, str], ...],
          ) -> tuple[tuple[str, str, _Read], ...]:
    return tuple((name, attribute, read.get(attribute, _text))
                 for name, attribute in names)


_HEADER = _with(_READ, journal_entries.HEADER)
_TRIGGER = _with(_READ_OF_TRIGGER, journal_entries.TRIGGER)

#: The fields of a header.
HEADER_FIELDS = tuple(name for name, _ in (
    *journal_entries.HEADER, *journal_entries.TRIGGER))
