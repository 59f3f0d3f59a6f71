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

"""Makes a report of journal entries that anybody may have written.

What :func:`journal_entries.to_report` takes apart came from this project's
writer, or did not: numbers that would keep the reader busy for ever are
refused, and one bad section does not hide all others. Nothing here reads the
journal.
"""

from __future__ import annotations

from collections.abc import Mapping
import json
import re
from typing import Any

from ceilometer.diagnostics import fields
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report

#: An entry as the journal has it: bytes, or a list if a field stands twice.
Entry = dict[str, Any]

#: How deep data may be nested: far deeper than the writer's, and not so deep
#: that working on it could fail.
_DEPTH_MAX = 100

#: A larger section, bytes, is none.
_SIZE_MAX = 2 ** 40

COUNTS = (fields.REPORT_SECTION_INDEX, fields.REPORT_SECTION_COUNT,
          fields.REPORT_SECTION_PART, fields.REPORT_SECTION_PARTS)
NUMBERS = (*journal_entries.HEADER_NUMBERS, fields.REPORT_SECTION_USEC,
           '_PID', '_SOURCE_REALTIME_TIMESTAMP')

_ID = re.compile('[0-9a-f]{32}')


def assemble(entries: list[dict[str, Any]],
             ) -> tuple[report.Report, list[str]]:
    """Make a report of entries; what cannot be a section is left out.

    :param entries: their fields, as text
    :returns: the report, and a line for each section of which something was
        left out
    :raises journal_entries.InvalidEntry: none of them can be an entry of a
        report
    """
    try:
        return _parse(entries), []
    except journal_entries.InvalidEntry:
        # one section may not hide all others
        pass
    problems = []
    sections: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        sections.setdefault(
            entry.get(fields.REPORT_SECTION_INDEX, ''), []).append(entry)
    usable: list[dict[str, Any]] = []
    for index, parts in sections.items():
        kept, problem = _readable(parts)
        if problem:
            problems.append(f'section {index[:40]}: {problem}')
        usable += kept
    if not usable:
        raise journal_entries.InvalidEntry('; '.join(problems))
    return _parse(usable), problems


def _readable(parts: list[dict[str, Any]],
              ) -> tuple[list[dict[str, Any]], str | None]:
    """What can be read of a section: all, only its text, or nothing.

    :returns: entries, and what is wrong with the others
    """
    try:
        _parse(parts)
    except journal_entries.InvalidEntry as invalid:
        problem = str(invalid)
    else:
        return parts, None
    texts = [{name: value for name, value in part.items()
              if name != fields.REPORT_DATA} for part in parts]
    try:
        _parse(texts)
    except journal_entries.InvalidEntry:
        return [], problem
    return texts, f'{problem}; only its text is shown'


def _parse(entries: list[dict[str, Any]]) -> report.Report:
    for entry in entries:
        if not _ID.fullmatch(entry.get(fields.REPORT_ID, '')):
            raise journal_entries.InvalidEntry(
                f'{fields.REPORT_ID}: expected 32 hexadecimal digits')
        _check_numbers(entry)
    try:
        # its first section tells when it was begun
        whole = journal_entries.to_report(sorted(
            entries, key=lambda entry: int(
                entry.get(fields.REPORT_SECTION_INDEX, '0'))))
        if not any(_is_deep(part.data) for part in whole.sections):
            return whole
    except RecursionError:
        pass
    raise journal_entries.InvalidEntry(
        f'{fields.REPORT_DATA}: nested too deep')


def _is_deep(data: Any) -> bool:
    level = [data]
    for _ in range(_DEPTH_MAX):
        level = [inner for outer in level if isinstance(outer, (dict, list))
                 for inner in (outer.values() if isinstance(outer, dict)
                               else outer)]
        if not level:
            return False
    return True


def _check_numbers(entry: Mapping[str, Any]) -> None:
    """Refuse numbers that would keep the reader busy for ever."""
    for names, most in ((COUNTS, journal_entries.NUMBERED_MAX),
                        (NUMBERS, journal_entries.NUMBER_MAX)):
        for name in names:
            if name in entry:
                journal_entries.number(entry, name, 0, most)


def is_id(value: bytes) -> bool:
    """Whether the writer would call a report so."""
    return _ID.fullmatch(decode(value)) is not None


def is_summary(entry: Entry) -> bool:
    """Whether it is of the section that closes a report."""
    return bool(first(entry, fields.REPORT_SECTION)
                == fields.SECTION_SUMMARY.encode())


def size_bytes(entry: Entry) -> int | None:
    """What the summary of a report tells of its size; None if nothing."""
    try:
        sections = json.loads(first(entry, fields.REPORT_DATA))['sections']
        sizes = [section[name] for section in sections
                 for name in ('text_bytes', 'data_bytes')]
        return sum(sizes) if all(
            type(size) is int and 0 <= size < _SIZE_MAX
            for size in sizes) else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def decoded(entry: Entry) -> dict[str, Any]:
    """All fields of an entry as text.

    One that stands twice gives its first value, but for the kinds of
    findings, which are a list.
    """
    return {name: values(entry, name) if name == fields.REPORT_FINDING
            else decode(first(entry, name)) for name in entry}


def values(entry: Entry, name: str) -> list[str]:
    """All values that a field of an entry has, as text.

    :param entry: the entry
    :param name: of the field; it may stand there twice, or not at all
    """
    given = entry.get(name, [])
    return [decode(value) for value in (
        given if isinstance(given, list) else [given])]


def text(entry: Entry, name: str) -> str | None:
    """A field of an entry as text, None if it has none of this name."""
    value = first(entry, name)
    return None if value is None else decode(value)


def first(entry: Entry, name: str) -> Any:
    """A field of an entry; the first value, if it stands twice."""
    value = entry.get(name)
    return value[0] if isinstance(value, list) else value


def decode(value: Any) -> str:
    """A value as text; bytes that are no UTF-8 are escaped."""
    return '' if value is None else value.decode(errors='backslashreplace')
