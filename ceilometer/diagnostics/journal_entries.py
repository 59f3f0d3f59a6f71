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

"""A report as journal entries, and back.

A report travels as one journal entry a section; a section too large for one
entry continues in further ones. :func:`from_section` and :func:`to_report`
are each other's inverse, and they are all that writer and reader need to
agree on, beside the words in :mod:`ceilometer.diagnostics.fields`.

Pure functions over plain data: nothing here reads the process, logs or
blocks, so all of it may run in any process and thread.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import datetime
import itertools
from typing import Any

from ceilometer.diagnostics import data_json
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import report

#: Most bytes of text, and likewise of data, that one entry carries, so that
#: an entry stays below 512 KiB: entries of that size survive on a journal
#: of a few megabytes, where journald drops larger ones without a word.
PART_BYTES_MAX = 240 * 1024

#: Most parts that a section may have. The largest section that can be
#: configured has 13,108; anybody may write an entry that announces 10**12.
NUMBERED_MAX = 20_000

#: Most sections that a report may have. Each one that an entry announces is
#: looked for, and anybody may send very many entries.
SECTIONS_MAX = 1_000

# The very same objects for all reports: together they may miss millions.
_INDEXES = tuple(range(1, SECTIONS_MAX + 1))

#: The largest of all other numbers in a field. As microseconds it is a time
#: that can still be computed with.
NUMBER_MAX = 10 ** 18 - 1

#: Most kinds of findings that are read of one entry, and of one section.
FINDINGS_MAX = 200

#: The fields of an entry that is to be sent; a field with a list stands there
#: once for each of its values.
Entry = dict[str, 'str | list[str]']

#: How much of a wrong value an error repeats.
VALUE_CHARS_MAX = 100


class InvalidEntry(ValueError):
    """An entry that claims to be part of a report, but is invalid.

    The message names the field, its value and what was expected.
    """


def beginning(header: report.Header, name: str, count: int) -> Entry:
    """The entry that says that a report has begun, before all others.

    It is the first part of the first section, so that this is not all there
    as long as nothing else comes.

    :param header: of the report
    :param name: of its first section
    :param count: how many sections it will have, as far as is known yet
    """
    return {
        fields.MESSAGE: report.beginning(header, count),
        **_header_fields(header),
        fields.PRIORITY: fields.PRIORITY_REPORT,
        fields.REPORT_SECTION: name,
        fields.REPORT_SECTION_INDEX: '1',
        fields.REPORT_SECTION_COUNT: str(count),
        fields.REPORT_SECTION_STATUS: fields.STATUS_OK,
        fields.REPORT_SECTION_USEC: '0',
        fields.REPORT_SECTION_PART: '1',
        fields.REPORT_SECTION_PARTS: '2',
    }


def from_section(header: report.Header, section: report.Section, index: int,
                 count: int, sent: int = 0,
                 data: str | None = None) -> list[Entry]:
    """Turn one section into the journal entries that carry it.

    :param header: whose report it belongs to
    :param section: the section
    :param index: its place in the report, from 1
    :param count: how many sections the report has
    :param sent: how many parts of it have been sent: one of the first section
        where the report said that it has begun
    :param data: what :func:`json_of` gives for it, if that is known already
    :returns: journal fields of each entry, in the order to be sent
    """
    message = report.heading(header, section, index, count)
    if section.text:
        message += '\n\n' + section.text
    # an empty line between sections in journalctl -o cat; elsewhere unseen
    message += '\n'
    if data is None:
        data = json_of(section)
    texts = _split_lines(message)
    datas = [data[at:at + PART_BYTES_MAX]
             for at in range(0, len(data), PART_BYTES_MAX)]
    parts = max(len(texts), len(datas))
    common: Entry = {**_header_fields(header)}
    common[fields.PRIORITY] = (
        fields.PRIORITY_FAILED if section.failed else fields.PRIORITY_REPORT)
    common[fields.REPORT_SECTION] = section.name
    common[fields.REPORT_SECTION_INDEX] = str(index)
    common[fields.REPORT_SECTION_COUNT] = str(count)
    common[fields.REPORT_SECTION_STATUS] = section.status
    common[fields.REPORT_SECTION_USEC] = str(section.usec)
    entries = []
    for part in range(parts):
        entry: Entry = {
            fields.MESSAGE: texts[part] if part < len(texts) else ''}
        entry.update(common)
        if parts + sent > 1:
            entry[fields.REPORT_SECTION_PART] = str(sent + part + 1)
            entry[fields.REPORT_SECTION_PARTS] = str(sent + parts)
        if part < len(datas):
            entry[fields.REPORT_DATA] = datas[part]
        if section.findings and not part:
            entry[fields.REPORT_FINDING] = list(section.findings)
        entries.append(entry)
    return entries


def json_of(section: report.Section) -> str:
    """The data of a section as its entries carry them; empty if it has none.

    :param section: the section
    """
    return '' if section.data is None else data_json.encode_section(
        section.name, section.data)


def data_of(name: str, text: str | bytes) -> Any:
    """The data of a section, as :func:`json_of` wrote it, or anybody.

    :param name: of the section
    :param text: the values of REPORT_DATA of all its entries, joined
    :raises ValueError: it is no JSON
    """
    return data_json.decode_section(name, text)


def _header_fields(header: report.Header) -> dict[str, str]:
    known = {
        fields.MESSAGE_ID: fields.MESSAGE_ID_SECTION,
        fields.SYSLOG_IDENTIFIER: header.service,
        fields.REPORT: '1',
        fields.REPORT_SCHEMA: fields.SCHEMA,
        **{name: getattr(header, attribute)
           for name, attribute, _ in _HEADER},
        **{name: getattr(header.trigger, attribute)
           for name, attribute, _ in _TRIGGER},
    }
    return {name: str(value) for name, value in known.items()
            if value is not None}


def _split_lines(text: str) -> list[str]:
    """Split at ends of lines into pieces of at most PART_BYTES_MAX bytes."""
    if len(text) * 4 <= PART_BYTES_MAX:
        return [text]
    pieces = []
    piece: list[str] = []
    size = 0
    for line in text.split('\n'):
        line_size = len(line.encode(errors='surrogatepass')) + 1
        if piece and size + line_size > PART_BYTES_MAX:
            pieces.append('\n'.join(piece))
            piece = []
            size = 0
        piece.append(line)
        size += line_size
    pieces.append('\n'.join(piece))
    return pieces


def to_report(entries: Iterable[Mapping[str, Any]]) -> report.Report:
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
        announced = number(
            entry, fields.REPORT_SECTION_COUNT, 1, SECTIONS_MAX)
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
    return report.Report(header=header, sections=tuple(sections), count=count,
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
        decoded = data_of(name, data) if data else None
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

# The fields of a header, and of its trigger: the name in the journal, the
# attribute, and how it is read. Those that are None are not written.
_HEADER: tuple[tuple[str, str, _Read], ...] = (
    (fields.REPORT_ID, 'id', _text),
    (fields.REPORT_UNIT, 'unit', _text_or_none),
    (fields.REPORT_SERVICE, 'service', _text),
    (fields.REPORT_PROCESS, 'process', _process),
    (fields.REPORT_WORKER, 'worker', _number_or_none),
    (fields.REPORT_WORKER_NAME, 'worker_name', _text_or_none),
)
_TRIGGER: tuple[tuple[str, str, _Read], ...] = (
    (fields.REPORT_TRIGGER, 'kind', _text),
    (fields.REPORT_TRIGGER_ID, 'id', _text_or_none),
    (fields.REPORT_SIGNAL, 'signal', _text_or_none),
    (fields.REPORT_SENDER_PID, 'sender_pid', _number_or_none),
    (fields.REPORT_SENDER_UID, 'sender_uid', _number_or_none),
    (fields.REPORT_SENDER_COMM, 'sender_comm', _text_or_none),
)

#: The fields of a header.
HEADER_FIELDS = tuple(name for name, _, _ in (*_HEADER, *_TRIGGER))
