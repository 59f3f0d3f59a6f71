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

What :func:`parsed.to_report` takes apart came from this project's
writer, or did not: numbers that would keep the reader busy for ever are
refused, and one bad section does not hide all others. Nothing here reads the
journal.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import re
from typing import Any

from ceilometer.diagnostics.command.reports import filled_in
from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import journal_entries

#: An entry as the journal has it: bytes, or a list if a field stands twice.
Entry = dict[str, Any]

#: Stands in an entry of which only a part could be read.
PARTLY = '__PARTLY'

#: How deep data may be nested: far deeper than the writer's, and not so deep
#: that working on it could fail.
_DEPTH_MAX = 100

#: A larger section, bytes, is none.
_SIZE_MAX = 2 ** 40

COUNTS = (fields.REPORT_SECTION_INDEX, fields.REPORT_SECTION_COUNT,
          fields.REPORT_SECTION_PART, fields.REPORT_SECTION_PARTS)
# those of the header are read as numbers anyway
NUMBERS = (fields.REPORT_SECTION_USEC, fields.REPORT_KEPT_USEC,
           fields.REPORT_KEPT_PID, '_PID', '_SOURCE_REALTIME_TIMESTAMP')

# What a value says that may be one object for all reports of a file, as far
# as it can be told where that is damaged.
_SHARED: dict[str, Callable[[dict[str, Any]], str]] = {
    fields.REPORT_SCHEMA: lambda entry: fields.SCHEMA,
    fields.REPORT_SERVICE: lambda entry: entry.get(
        fields.REPORT_UNIT, '?').removesuffix('.service'),
    fields.REPORT_PROCESS: lambda entry: (
        fields.PROCESS_WORKER if fields.REPORT_WORKER in entry
        else fields.PROCESS_CHILD),
    fields.REPORT_TRIGGER: lambda entry: (
        fields.TRIGGER_SIGNAL if fields.REPORT_SIGNAL in entry else '?'),
    fields.REPORT_SECTION_COUNT: lambda entry: entry.get(
        fields.REPORT_SECTION_INDEX, '1'),
    # those of sections that have failed are other objects
    fields.REPORT_SECTION_STATUS: lambda entry: fields.STATUS_OK,
}

_ID = re.compile('[0-9a-f]{32}')

# What each entry tells of its section, and of the report that it is of.
_OF_SECTION = (fields.REPORT_ID, fields.REPORT_SECTION,
               fields.REPORT_SECTION_STATUS, fields.REPORT_SECTION_USEC,
               fields.REPORT_FINDING, *COUNTS)
_OF_REPORT = tuple(dict.fromkeys([
    *_OF_SECTION, fields.REPORT_SCHEMA, *parsed.HEADER_FIELDS,
    *NUMBERS, '__REALTIME_TIMESTAMP', PARTLY]))
_CONTENT = (fields.MESSAGE, fields.REPORT_DATA)


def assemble(entries: Iterable[Entry], whole: bool = True,
             ) -> tuple[parsed.Report, list[str]]:
    """Make a report of entries; what cannot be a section is left out.

    :param entries: the entries, in any order
    :param whole: with the texts and the data of its sections
    :returns: the report, and a line for each section of which something was
        left out
    :raises parsed.InvalidEntry: none of them can be an entry of a
        report
    """
    in_order = sorted(entries, key=_order)
    content = _CONTENT if whole else ()
    problems: list[str] = []
    # most often the first section tells of the report, and the others need
    # not be asked
    try:
        made = _parse([
            _as_text(entry, (_OF_SECTION if number else _OF_REPORT) + content)
            for number, entry in enumerate(in_order)])
    except parsed.InvalidEntry:
        made, problems = _assemble_usable(
            [_as_text(entry, _OF_REPORT + content) for entry in in_order])
    if whole:
        problems += [
            f'section {text(entry, fields.REPORT_SECTION_INDEX)}: its text '
            'cannot be read' for entry in in_order
            if fields.MESSAGE not in entry]
    return made, problems


def _order(entry: Entry) -> tuple[int, bytes]:
    """Sorts entries by the number of their section, whatever it is."""
    index = first(entry, fields.REPORT_SECTION_INDEX) or b''
    return len(index), index


def _as_text(entry: Entry, names: Iterable[str]) -> dict[str, Any]:
    """Some fields as text: first values, but all kinds of findings."""
    made: dict[str, Any] = {
        name: decode(value[0] if type(value) is list else value)
        for name in names if (value := entry.get(name)) is not None}
    if fields.REPORT_FINDING in made:
        made[fields.REPORT_FINDING] = values(entry, fields.REPORT_FINDING)
    return made


def _assemble_usable(entries: list[dict[str, Any]],
                     ) -> tuple[parsed.Report, list[str]]:
    """Make a report of those entries that can be read."""
    # one value that is damaged may not hide all reports
    missing = {name: None for entry in entries if PARTLY in entry
               for name in _SHARED if name not in entry}
    problems = [f'{name}: cannot be read' for name in missing]
    # nor one section all others
    sections: dict[str, list[dict[str, Any]]] = {}
    for entry in map(_filled, entries):
        sections.setdefault(
            entry.get(fields.REPORT_SECTION_INDEX, ''), []).append(entry)
    usable: list[dict[str, Any]] = []
    for index, parts in sections.items():
        kept, problem = _readable(parts)
        if problem:
            problems.append(f'section {index[:40]}: {problem}')
        usable += kept
    if not usable:
        raise parsed.InvalidEntry('; '.join(problems))
    return _parse(usable), problems


def _filled(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry, with what can be told of values that could not be read."""
    if PARTLY not in entry:
        return entry
    return {**{name: told(entry) for name, told in _SHARED.items()}, **entry}


def _readable(parts: list[dict[str, Any]],
              ) -> tuple[list[dict[str, Any]], str | None]:
    """What can be read of a section: all, only its text, or nothing.

    :returns: entries, and what is wrong with the others
    """
    try:
        _parse(parts)
    except parsed.InvalidEntry as invalid:
        problem = str(invalid)
    else:
        return parts, None
    texts = [{name: value for name, value in part.items()
              if name != fields.REPORT_DATA} for part in parts]
    try:
        _parse(texts)
    except parsed.InvalidEntry:
        return [], problem
    return texts, f'{problem}; only its text is shown'


def _parse(entries: list[dict[str, Any]]) -> parsed.Report:
    for entry in entries:
        if not _ID.fullmatch(entry.get(fields.REPORT_ID, '')):
            raise parsed.InvalidEntry(
                f'{fields.REPORT_ID}: expected 32 hexadecimal digits')
        _check_numbers(entry)
    try:
        # its first section tells when it was begun
        whole = parsed.to_report(sorted(
            entries, key=lambda entry: int(
                entry.get(fields.REPORT_SECTION_INDEX, '0'))))
        if not any(_is_deep(part.data) for part in whole.sections):
            return whole
    except RecursionError:
        pass
    raise parsed.InvalidEntry(
        f'{fields.REPORT_DATA}: nested too deep')


def _is_deep(data: Any) -> bool:
    level = [data] if type(data) in (dict, list) else []
    for _ in range(_DEPTH_MAX):
        if not level:
            return False
        # json makes no other types
        level = [inner for outer in level
                 for inner in (outer.values() if type(outer) is dict
                               else outer)
                 if type(inner) is dict or type(inner) is list]
    return True


def _check_numbers(entry: Mapping[str, Any]) -> None:
    """Refuse numbers that would keep the reader busy for ever."""
    for names, most in (((fields.REPORT_SECTION_INDEX,
                          fields.REPORT_SECTION_COUNT),
                         journal_entries.SECTIONS_MAX),
                        ((fields.REPORT_SECTION_PART,
                          fields.REPORT_SECTION_PARTS),
                         parsed.NUMBERED_MAX),
                        (NUMBERS, parsed.NUMBER_MAX)):
        for name in names:
            if name in entry:
                parsed.number(entry, name, 0, most)


def is_id(value: bytes) -> bool:
    """Whether the writer would call a report so."""
    return _ID.fullmatch(decode(value)) is not None


def is_complete(entries: Iterable[Entry]) -> bool:
    """Whether all parts of all sections are there; False if in doubt.

    :param entries: of one report
    """
    count = 0
    parts: dict[int, int] = {}
    places = set()
    for entry in entries:
        numbers = []
        for name in COUNTS:
            value = first(entry, name)
            # absent: of a section that has one part
            numbers.append(1 if value is None else int(value)
                           if value.isdigit() and len(value) < 6 else 0)
        index, announced, part, of_parts = numbers
        if not 0 < index or not 0 < part:
            return False
        count = max(count, announced)
        parts[index] = max(parts.get(index, 0), of_parts)
        places.add((index, part))
    return (0 < count == len(parts) == max(parts, default=0)
            and len(places) == sum(parts.values())
            and all(part <= parts[index] for index, part in places))


def is_summary(entry: Entry) -> bool:
    """Whether it is of the section that closes a report."""
    return bool(first(entry, fields.REPORT_SECTION)
                == fields.SECTION_SUMMARY.encode())


def told_by_summary(entry: Entry) -> tuple[int | None, int | None]:
    """What the summary of a report tells of it.

    :returns: how large it is, bytes, and when the process noticed the
        trigger, microseconds since the epoch; None where that is not told
    """
    try:
        data = filled_in.decode(
            fields.SECTION_SUMMARY, first(entry, fields.REPORT_DATA))
        sizes = [section[name] for section in data['sections']
                 for name in ('text_bytes', 'data_bytes')]
        noticed = data['trigger']['time_usec']
    except (ValueError, TypeError, KeyError, RecursionError):
        return None, None
    return (sum(sizes) if all(
        type(size) is int and 0 <= size < _SIZE_MAX for size in sizes)
        else None, noticed if type(noticed) is int else None)


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
