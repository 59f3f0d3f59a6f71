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

from ceilometer.diagnostics import data_json
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import pauses
from ceilometer.diagnostics import report

#: Most bytes of text, and likewise of data, that one entry carries, so that
#: an entry stays below 512 KiB: entries of that size survive on a journal
#: of a few megabytes, where journald drops larger ones without a word.
PART_BYTES_MAX = 240 * 1024

#: Most sections that a report may have. Each one that an entry announces is
#: looked for, and anybody may send very many entries.
SECTIONS_MAX = 1_000

#: The fields of a header, and of its trigger: the name in the journal, and the
#: attribute. Those that are None are not written.
HEADER = (
    (fields.REPORT_ID, 'id'),
    (fields.REPORT_UNIT, 'unit'),
    (fields.REPORT_SERVICE, 'service'),
    (fields.REPORT_PROCESS, 'process'),
    (fields.REPORT_WORKER, 'worker'),
    (fields.REPORT_WORKER_NAME, 'worker_name'),
)
TRIGGER = (
    (fields.REPORT_TRIGGER, 'kind'),
    (fields.REPORT_TRIGGER_ID, 'id'),
    (fields.REPORT_SIGNAL, 'signal'),
    (fields.REPORT_SENDER_PID, 'sender_pid'),
    (fields.REPORT_SENDER_UID, 'sender_uid'),
    (fields.REPORT_SENDER_COMM, 'sender_comm'),
)

#: The fields of an entry that is to be sent; a field with a list stands there
#: once for each of its values.
Entry = dict[str, 'str | list[str]']


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


def _header_fields(header: report.Header) -> dict[str, str]:
    known = {
        fields.MESSAGE_ID: fields.MESSAGE_ID_SECTION,
        fields.SYSLOG_IDENTIFIER: header.service,
        fields.REPORT: '1',
        fields.REPORT_SCHEMA: fields.SCHEMA,
        **{name: getattr(header, attribute)
           for name, attribute in HEADER},
        **{name: getattr(header.trigger, attribute)
           for name, attribute in TRIGGER},
    }
    return {name: str(value) for name, value in known.items()
            if value is not None}


def _split_lines(text: str) -> list[str]:
    """Split at ends of lines into pieces of at most PART_BYTES_MAX bytes."""
    if len(text) * 4 <= PART_BYTES_MAX:
        return [text]
    # in one go: to encode line by line takes milliseconds
    if len(text) < PART_BYTES_MAX and (
            len(text.encode(errors='surrogatepass')) < PART_BYTES_MAX):
        return [text]
    pieces = []
    piece: list[str] = []
    size = 0
    for line in text.split('\n'):
        line_size = 1 + (len(line) if line.isascii() else len(
            line.encode(errors='surrogatepass')))
        if piece and size + line_size > PART_BYTES_MAX:
            pieces.append('\n'.join(piece))
            pauses.pause()
            piece = []
            size = 0
        piece.append(line)
        size += line_size
    pieces.append('\n'.join(piece))
    return pieces
