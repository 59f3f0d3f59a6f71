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

"""Reports as journal entries, and back."""

from __future__ import annotations

import typing

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.daemon import journal
from ceilometer.diagnostics.daemon import options
from ceilometer.diagnostics import data_json
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report
from tests.unit import examples

ENTRY_BYTES_MAX = 512 * 1024


def section(**changes):
    """A section with what is told changed."""
    return examples.SECTION._replace(**changes)


def stored(entry, header=examples.HEADER):
    """An entry as the journal gives it back: with trusted fields."""
    return {**entry, '_PID': str(header.pid),
            '_SOURCE_REALTIME_TIMESTAMP': header.trigger.time_usec}


def entries_of(*sections, header=examples.HEADER):
    """All entries of a report, as the journal gives them back."""
    return [stored(entry, header)
            for index, part in enumerate(sections, 1)
            for entry in journal_entries.from_section(
                header, part, index, len(sections))]


hostile = strategies.text(max_size=300) | strategies.sampled_from([
    '', '\n', '\n\n', ' \n', 'a\n\n\nb', '\n\nleading', 'MESSAGE=x\ny',
    '-' * 72, '=' * 72, '\x1b[31m', '\x00', '\ud800', '\u2028', '…', '🐙',
    'Threads [1/1]  x[1] master'])
printable = hostile.map(escape.text).map(
    lambda text: report.fold(text).rstrip('\n'))
words = hostile.map(escape.line).map(lambda text: text or '-')
json_data = strategies.recursive(
    strategies.none() | strategies.booleans()
    | strategies.integers(-2**64, 2**64)
    | strategies.floats(allow_nan=False, allow_infinity=False) | hostile,
    lambda inner: strategies.lists(inner, max_size=4)
    | strategies.dictionaries(hostile, inner, max_size=4), max_leaves=20)

#: What a field may hold that not every value of its type can stand in.
NARROW = {
    (report.Header, 'id'): strategies.from_regex('[0-9a-f]{32}',
                                                 fullmatch=True),
    (report.Header, 'process'): strategies.sampled_from(fields.PROCESSES),
    # the kernel's word, which journald adds; see stored()
    (report.Header, 'pid'): strategies.integers(1, 2**22),
    (report.Trigger, 'kind'): strategies.sampled_from(fields.TRIGGERS),
    (report.Trigger, 'time_usec'): strategies.integers(0, 2**50),
    # the text of the summary has it, and no field
    (report.Trigger, 'merged'): strategies.just(0),
    (report.Section, 'name'): strategies.from_regex(
        '[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,5}){0,2}', fullmatch=True),
    (report.Section, 'title'): strategies.from_regex(
        '[A-Z][a-z ]{0,20}[a-z]', fullmatch=True),
    (report.Section, 'text'): printable,
    (report.Section, 'status'): strategies.sampled_from(fields.STATUSES),
    (report.Section, 'findings'): strategies.lists(
        strategies.from_regex('[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,5}){0,2}',
                              fullmatch=True), unique=True).map(tuple),
}
#: What a field of a type may hold, unless it is named above.
BY_TYPE = {
    str: words, str | None: strategies.none() | words,
    int: strategies.integers(0, parsed.NUMBER_MAX),
    int | None: (strategies.none()
                 | strategies.integers(0, parsed.NUMBER_MAX)),
    typing.Any: json_data,
}


def made(kind):
    """A strategy for a tuple of a report, with all fields that it has.

    A field of a new type makes this fail: say in BY_TYPE what it may hold.
    """
    hints = typing.get_type_hints(kind)
    return strategies.builds(kind, **{
        name: NARROW[kind, name]
        if (kind, name) in NARROW
        else made(hints[name])
        if hasattr(hints[name], '_fields')
        else BY_TYPE[hints[name]]
        for name in kind._fields})


class TestRoundTrip:
    """from_section and to_report."""

    @hypothesis.given(made(report.Header), strategies.lists(
        made(report.Section), min_size=1, max_size=4), strategies.randoms())
    def test_a_report_comes_back_as_it_was(self, header, parts, random):
        """Any report is read back from its entries, in whatever order."""
        entries = entries_of(*parts, header=header)
        random.shuffle(entries)
        found = parsed.to_report(entries)
        assert found.header == header
        assert found.sections == tuple(parts)
        assert found.complete

    @hypothesis.given(made(report.Header))
    def test_a_header_comes_back_as_it_was(self, header):
        """Whatever is in any of its fields."""
        found = parsed.to_report(entries_of(
            section(), header=header))
        assert found.header == header

    def test_several_megabytes_come_back_as_they_were(self):
        """A section of many parts is put together again."""
        part = section(
            text='\n'.join(f'line {n} äöü🐙' * 5 for n in range(60_000)),
            data=[{'n': n, 'text': 'ü' * 20} for n in range(30_000)])
        entries = entries_of(part)
        assert len(entries) > 10
        assert parsed.to_report(reversed(entries)).sections == (part,)

    @pytest.mark.parametrize(('text', 'data'), [
        ('x' * 3_000_000, None), ('', 'x' * 3_000_000),
        ('\n' * 2_000_000 + 'x', None),
        ('🐙\n' * 500_000 + 'x', '🐙' * 99_999),
        ('x' * 50 + '\n' * 300_000 + 'y', ['"\\'] * 300_000),
    ], ids=['line', 'data', 'newlines', 'wide', 'escapes'])
    def test_large_content_comes_back(self, text, data):
        """Whatever is large in a section, it comes back once folded."""
        part = section(text=report.fold(text), data=data)
        assert parsed.to_report(entries_of(part)).sections == (part,)

    @pytest.mark.parametrize('text', [
        'x' * 3_000_000, '🐙' * 900_000, '\n'.join(['ü' * 120_000] * 5),
        'short\n' * 400_000])
    def test_every_entry_stays_below_512_kib(self, text):
        """No entry is so large that a small journal drops it."""
        part = section(text=report.fold(text).rstrip('\n'),
                       data=['🐙"\\' * 1000] * 300)
        for entry in journal_entries.from_section(examples.HEADER, part, 1, 9):
            assert len(journal.serialize(entry)) < ENTRY_BYTES_MAX

    @pytest.mark.any_python
    @pytest.mark.parametrize('sign', ['x', 'ü', '🐙', '\ud800'])
    def test_texts_are_parted_where_they_are_too_long(self, sign):
        """Each part has as many whole lines as it may have."""
        bytes_max = journal_entries.PART_BYTES_MAX
        line = sign * 99
        size = len(line.encode(errors='surrogatepass')) + 1
        count = bytes_max // size
        for more, parts in ((0, 1), (1, 2)):
            text = '\n'.join([line] * (count + more))
            pieces = journal_entries._split_lines(text)
            assert '\n'.join(pieces) == text
            assert [piece.count('\n') + 1 for piece in pieces] == [
                count, more][:parts]

    def test_largest_section_has_no_more_parts_than_may_be_read(self):
        """Whatever an operator sets the limit of a section to."""
        (bytes_max,) = (opt.type.max for _, opts in options.list_opts()
                        for opt in opts if opt.name == 'section_size_limit')
        # one that JSON escapes to as much as any
        assert len(data_json.encode('🐙')) - 2 == 12
        assert 12 * bytes_max / journal_entries.PART_BYTES_MAX < (
            parsed.NUMBERED_MAX)

    def test_message_ends_with_one_newline_after_the_text(self):
        """journalctl -o cat shows an empty line between sections."""
        (entry,) = journal_entries.from_section(
            examples.HEADER, section(), 2, 3)
        assert entry[fields.MESSAGE].endswith('\na\nb\n')
        assert not entry[fields.MESSAGE].endswith('\n\n')

    def test_heading_has_no_empty_line_and_ends_with_one(self):
        """The first empty line parts the heading from the text."""
        for index in (1, 2):
            (entry,) = journal_entries.from_section(
                examples.HEADER, section(), index, 2)
            heading, _, text = entry[fields.MESSAGE].partition('\n\n')
            assert text == 'a\nb\n'
            assert heading == report.heading(
                examples.HEADER, section(), index, 2)

    @pytest.mark.parametrize(('status', 'priority'), [
        (fields.STATUS_OK, '4'), (fields.STATUS_TRUNCATED, '4'),
        (fields.STATUS_ERROR, '3'), (fields.STATUS_TIMEOUT, '3')])
    def test_failed_sections_are_errors(self, status, priority):
        """The priority tells sections that could not be told."""
        (entry,) = journal_entries.from_section(
            examples.HEADER, section(status=status), 1, 1)
        assert entry[fields.PRIORITY] == priority
        assert (status.upper() in entry[fields.MESSAGE]) == (
            status != fields.STATUS_OK)

    def test_parts_are_numbered_only_where_there_are_several(self):
        """A section in one entry has no part number."""
        (one,) = journal_entries.from_section(
            examples.HEADER, section(), 1, 1)
        assert fields.REPORT_SECTION_PART not in one
        many = journal_entries.from_section(
            examples.HEADER, section(data='x' * 10**6), 1, 1)
        assert [entry[fields.REPORT_SECTION_PART] for entry in many] == [
            str(n + 1) for n in range(len(many))]
        assert {entry[fields.REPORT_SECTION_PARTS] for entry in many} == {
            str(len(many))}

    @hypothesis.given(made(report.Header))
    def test_entries_have_fields_of_the_vocabulary_only(self, header):
        """Distinct names are journald's scarce resource."""
        (entry,) = journal_entries.from_section(header, section(), 1, 1)
        assert set(entry) <= {
            value for value in vars(fields).values()
            if isinstance(value, str)}


class TestIncomplete:
    """What is not there is named."""

    def test_missing_section_is_named(self):
        """A report without one of its sections is not complete."""
        entries = entries_of(section(), section(name='b'), section(name='c'))
        found = parsed.to_report([entries[0], entries[2]])
        assert not found.complete
        assert found.missing == (2,)
        assert [part.name for part in found.sections] == ['threads', 'c']

    @pytest.mark.parametrize('size', [3, 10**6])
    def test_report_that_has_begun_comes_back_as_it_was(self, size):
        """What says so is no part of what its first section tells."""
        first = section(text='\n'.join(['a line'] * size),
                        status='error', usec=7)
        parts = (first, section(name='b'))
        entries = [stored(journal_entries.beginning(
            examples.HEADER, first.name, 1))]
        entries += [stored(entry) for index, part in enumerate(parts, 1)
                    for entry in journal_entries.from_section(
                        examples.HEADER, part, index, 2,
                        sent=int(index == 1))]
        found = parsed.to_report(entries)
        assert found.complete and not found.unfinished
        assert found.sections == parts
        # its first section is not there until all parts are
        for count in range(1, len(entries)):
            found = parsed.to_report(entries[:count])
            assert found.unfinished
            assert len(found.sections) == int(count == len(entries) - 1)
        without = parsed.to_report(entries[1:])
        assert without.missing == (1,) and not without.unfinished

    def test_missing_part_makes_its_section_missing(self):
        """Half a section is no section."""
        entries = entries_of(section(data='x' * 10**6), section(name='b'))
        for left_out in range(len(entries) - 1):
            found = parsed.to_report(
                entries[:left_out] + entries[left_out + 1:])
            assert found.missing == (1,)
            assert [part.name for part in found.sections] == ['b']

    def test_entries_that_stand_twice_do_no_harm(self):
        """An entry read twice, from two files, counts once."""
        entries = entries_of(section(data='x' * 10**6), section(name='b'))
        assert (parsed.to_report(entries * 2)
                == parsed.to_report(entries))

    def test_fields_that_stand_twice_do_no_harm(self):
        """Of a field with two values the first counts."""
        (entry,) = entries_of(section())
        doubled = {name: [value, 'other'] if name.startswith('REPORT')
                   else value for name, value in entry.items()}
        assert (parsed.to_report([doubled])
                == parsed.to_report([entry]))

    def test_bytes_and_further_fields_do_no_harm(self):
        """What a reader gives as bytes is read, what it adds is not."""
        (entry,) = entries_of(section())
        found = parsed.to_report([{
            **{name: value.encode() if isinstance(value, str) else value
               for name, value in entry.items()},
            '_SYSTEMD_UNIT': b'x.service', 'UNKNOWN': 3}])
        assert found == parsed.to_report([entry])


class TestInvalid:
    """Entries that no writer sends."""

    @pytest.mark.parametrize(('name', 'value'), [
        (fields.REPORT_SCHEMA, '2'),
        (fields.REPORT_SCHEMA, ''),
        (fields.REPORT_SECTION_INDEX, '0'),
        (fields.REPORT_SECTION_INDEX, '-1'),
        (fields.REPORT_SECTION_INDEX, '1.5'),
        (fields.REPORT_SECTION_INDEX, 'one'),
        (fields.REPORT_SECTION_INDEX, '²'),
        (fields.REPORT_SECTION_INDEX, '٣'),
        (fields.REPORT_SECTION_INDEX, '2'),
        (fields.REPORT_SECTION_COUNT, ''),
        (fields.REPORT_SECTION_COUNT, '0'),
        (fields.REPORT_SECTION_COUNT, '1000000000000'),
        (fields.REPORT_SECTION_COUNT, '9' * 5000),
        (fields.REPORT_SECTION_COUNT, str(journal_entries.SECTIONS_MAX + 1)),
        (fields.REPORT_SECTION_PARTS, str(parsed.NUMBERED_MAX + 1)),
        (fields.REPORT_SECTION_USEC, str(parsed.NUMBER_MAX + 1)),
        (fields.REPORT_SECTION_PART, '0'),
        (fields.REPORT_SECTION_PARTS, 'x'),
        (fields.REPORT_SECTION_STATUS, 'fine'),
        (fields.REPORT_SECTION_USEC, '-3'),
        (fields.REPORT_WORKER, 'zero'),
        (fields.REPORT_SENDER_PID, '-1'),
        (fields.REPORT_SENDER_UID, 'root'),
        (fields.REPORT_PROCESS, 'parent'),
        (fields.REPORT_DATA, '{'),
        (fields.REPORT_DATA, 'NaN!'),
        ('_PID', 'x'),
        ('_SOURCE_REALTIME_TIMESTAMP', 'yesterday'),
    ])
    def test_wrong_value_is_named_with_its_field(self, name, value):
        """The error says which field is wrong."""
        (entry,) = entries_of(section())
        with pytest.raises(parsed.InvalidEntry) as caught:
            parsed.to_report([{**entry, name: value}])
        assert name in str(caught.value)
        if name != fields.REPORT_DATA:
            assert value[:20] in str(caught.value)
        assert len(str(caught.value)) < 1000

    @pytest.mark.parametrize('name', [
        fields.REPORT_SCHEMA, fields.REPORT_ID, fields.REPORT_SERVICE,
        fields.REPORT_PROCESS, fields.REPORT_TRIGGER, fields.REPORT_SECTION,
        fields.REPORT_SECTION_INDEX, fields.REPORT_SECTION_COUNT,
        fields.REPORT_SECTION_STATUS, fields.REPORT_SECTION_USEC])
    def test_missing_field_is_named(self, name):
        """The error says which field is missing."""
        (entry,) = entries_of(section())
        del entry[name]
        with pytest.raises(parsed.InvalidEntry,
                           match=f'^{name}: missing'):
            parsed.to_report([entry])

    def test_no_entry_at_all_is_an_error(self):
        """There is no report of nothing."""
        with pytest.raises(parsed.InvalidEntry, match='no entry'):
            parsed.to_report([])
