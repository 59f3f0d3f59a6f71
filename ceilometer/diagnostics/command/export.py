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

"""``ceilometer-diagnostics export``: write reports to a file, to send it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import sys

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.findings import digest
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.output import report_text
from ceilometer.diagnostics.command.reports import earlier
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import stored
from ceilometer.diagnostics.command import selection
from ceilometer.diagnostics.command import show
from ceilometer.diagnostics import report

FORMATS = ('text', 'json', 'html', 'journal')

# What an exported entry must say first (systemd-journal-remote(8)).
_ADDRESSES = ('__CURSOR', '__REALTIME_TIMESTAMP', '__MONOTONIC_TIMESTAMP',
              '_BOOT_ID')


def parser() -> command_line.Parser:
    """The parser of this verb's command line."""
    made = command_line.Parser(
        'export', 'Write reports to a file, to send them: those that match, '
        'or without MATCH all reports of a service for the last trigger.', [
            ('--format html -o report.html', 'a page for a browser'),
            ('--since yesterday --format journal -o reports.export',
             'for systemd-journal-remote, which makes a journal file of it'),
            ('3ceceb026120 --anonymize', 'a report without names of hosts'),
        ])
    command_line.add_selection(made, 'which ones')
    made.add_argument('--format', choices=FORMATS, default='text',
                      help='text (default); json: one object per line; html: '
                      'one page; journal: the export format of the journal')
    made.add_argument('--anonymize', action='store_true',
                      help='replace host names, addresses, ids and user '
                      'names with placeholders')
    command_line.add_source(made)
    command_line.add_output(made, json=False)
    return made


def main(arguments: list[str]) -> int:
    """Run the verb; see :func:`cli.main`."""
    given = parser().parse(arguments)
    to_terminal = given.output in (None, '-') and sys.stdout.isatty()
    if given.format == 'journal' and to_terminal:
        raise command_line.Failure('the journal format is not for a terminal: '
                                   'use --output or a pipe')
    with selection.opened(given) as (journal, problems):
        found = list(read.load_each(journal, selection.select(
            given, journal, problems, whole_group=True), problems))
        if not found:
            raise command_line.Failure('no matching report can be read')
        with destination.Output(given.output, not given.no_pager) as out:
            for piece in _pieces(given, journal, found):
                out.write_bytes(piece)
    return 0


def _pieces(given: argparse.Namespace, journal: journal_reader.Journal,
            found: list[read.Found]) -> Iterator[bytes]:
    if given.format == 'journal':
        yield from _entries(given, journal, found)
        return
    before: list[read.Found | None] = [None] * len(found)
    if len(found) <= earlier.COMPARED_MAX:
        before = [earlier.previous(journal, one) for one in found]
    if given.anonymize:
        from ceilometer.diagnostics.command.anonymize import anonymizer
        changer = anonymizer.Anonymizer([*found, *filter(None, before)])
        found = list(map(changer.found, found))
        before = [one and changer.found(one) for one in before]
    if given.format == 'html':
        from ceilometer.diagnostics.command.output import report_html
        yield report_html.page(found, before, given.utc).encode(
            errors='backslashreplace')
    elif given.format == 'json':
        for one, other in zip(found, before, strict=True):
            yield destination.to_json(
                show.describe(one, other), 'short').encode()
    else:
        for number, (one, other) in enumerate(
                zip(found, before, strict=True)):
            told = report_text.whole(one, digest.digest(one, other),
                                     given.utc, destination.Style(False))
            rule = f'\n{report.RULE}\n\n' if number else ''
            yield (rule + told).encode(errors='backslashreplace')


def _entries(given: argparse.Namespace, journal: journal_reader.Journal,
             found: list[read.Found]) -> Iterator[bytes]:
    changer = None
    if given.anonymize:
        from ceilometer.diagnostics.command.anonymize import anonymizer
        changer = anonymizer.Anonymizer(found)
    for one in found:
        entries = read.raw_entries(journal, one)
        if changer is not None:
            entries = changer.entries(changer.found(one), entries)
        yield from map(exported, entries)


def exported(entry: stored.Entry) -> bytes:
    """An entry in the journal's export format.

    :param entry: its fields, with its addresses
    """
    lines = []
    names = [*_ADDRESSES, *(name for name in entry
                            if name not in _ADDRESSES)]
    for name in names:
        values = entry.get(name, [])
        for value in values if isinstance(values, list) else [values]:
            if name == '_CMDLINE':
                # of journald, which masks nothing
                from ceilometer.diagnostics.command import masked
                value = masked.field(name, stored.decode(value)).encode()
            lines.append(_field(name.encode(), value))
    return b''.join(lines) + b'\n'


def _field(name: bytes, value: bytes) -> bytes:
    try:
        plain = value.decode().isprintable()
    except UnicodeDecodeError:
        plain = False
    if plain:
        return name + b'=' + value + b'\n'
    return (name + b'\n' + len(value).to_bytes(8, 'little') + value + b'\n')
