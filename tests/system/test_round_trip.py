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

"""What a daemon collects is what the command gives, by way of journald."""

from __future__ import annotations

import html.parser
import json
import typing

import hypothesis
from hypothesis import strategies
import pytest

from tests.system import command
from tests.system import conftest
from tests.system import machine as machines
from tests.system import patient as patients
from tests.system import reports

POLLING = 'ceilometer-polling'
RUNTIME = '/run/ceilometer/polling'
MEGABYTE = 2**20

# All characters, surrogates too, and pieces that mean something to journald,
# terminals, HTML, JSON or the sections themselves.
TEXTS = strategies.lists(strategies.one_of(
    strategies.text(strategies.characters(exclude_categories=()),
                    max_size=60),
    strategies.sampled_from([
        '\n', '\n\n', '\nREPORT=1\n', '\nMESSAGE\n\1\0\0\0\0\0\0\0x\n',
        '=' * 72, '\x1b]0;title\x07', '\x1b[2J', '</pre><script>', '&lt;',
        '\u202e', '\u2028', '\ud800', '\x00', '\r\n', '\t', 'é', '漢字', '🦀',
        'password = letmein', 'Threads [2/9]  ceilometer-polling[1] master',
        '[… 5 characters cut …]', '  ', 'x' * 5000]),
), max_size=8).map(''.join)

DATA = strategies.recursive(
    strategies.one_of(strategies.none(), strategies.booleans(),
                      strategies.integers(), strategies.floats(), TEXTS),
    lambda inner: strategies.one_of(
        strategies.lists(inner, max_size=5),
        strategies.dictionaries(TEXTS, inner, max_size=5)),
    max_leaves=12)

GIVEN = strategies.lists(strategies.one_of(TEXTS, DATA),
                         min_size=patients.GIVEN, max_size=patients.GIVEN)

LARGE = [
    # of one line, of many, and as data; what has no space is cut, see limits
    '漢字 ' * (MEGABYTE // 7),
    ''.join(f'{number:08}\tline\x1b\n' for number in range(MEGABYTE // 14)),
    {'values': ['é' * 1000] * (MEGABYTE // 2000),
     'numbers': list(range(100_000))},
]


class Page(html.parser.HTMLParser):
    """Takes the texts of sections out of an exported page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._in_section = False
        self._in_text = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str,
                        attrs: list[tuple[str, str | None]]) -> None:
        """Note where a section begins, and its text."""
        if tag == 'details':
            self._in_section = ('class', 'section') in attrs
        elif tag == 'pre' and self._in_section:
            self._in_text = True
            self.texts.append('')

    def handle_endtag(self, tag: str) -> None:
        """Note where a text ends."""
        self._in_text = False

    def handle_data(self, data: str) -> None:
        """Take a piece of a text."""
        if self._in_text:
            self.texts[-1] += data


def values(text: str) -> list[typing.Any]:
    """The JSON values that stand one after another."""
    found = []
    decoder = json.JSONDecoder()
    text = text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].lstrip()
    return found


def check(machine: machines.Machine,
          collected: dict[str, list[typing.Any]]) -> None:
    """Compare what was collected with what every form gives.

    :param collected: the sections of each report, by its id
    """
    ids = list(collected)

    def sections(found: list[typing.Any]) -> dict[str, typing.Any]:
        assert all(one['complete'] and not one['problems'] for one in found)
        return {one['id']: one['sections'] for one in found}

    assert sections(values(command.run(
        machine, 'show', '--json', *ids))) == collected
    exported = values(command.run(machine, 'export', '--format=json', *ids))
    assert sections(exported) == collected
    assert sections(values(machine.run(
        ['sh', '-euc', f'{command.NAME} export --format=journal "$@" '
         '| /lib/systemd/systemd-journal-remote --split-mode=none '
         '--output=/tmp/round-trip.journal - 2>/dev/null; '
         f'{command.NAME} show --json --file /tmp/round-trip.journal "$@"; '
         'rm /tmp/round-trip.journal', 'sh', *ids]).stdout)) == collected
    text = command.run(machine, 'export', '--format=text', *ids)
    # in the order in which they were begun, which may be any
    texts = [section['text'] for one in exported
             for section in collected[one['id']]]
    for one in texts:
        assert one in text
    assert Page(command.run(
        machine, 'export', '--format=html', *ids)).texts == texts


@pytest.fixture
def daemon(machine: machines.Machine, unit: conftest.StartUnit,
           patient: conftest.Patient) -> None:
    """A daemon whose sections hold what they are given."""
    unit(POLLING, dropin=patient('given'),
         config='[diagnostics]\nminimum_interval = 0\n')


@hypothesis.settings(
    max_examples=15, deadline=None, database=None,
    suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.example(LARGE)
@hypothesis.example([patients.HOSTILE, {patients.HOSTILE: patients.HOSTILE},
                     ['password', {'password': 'letmein', 'name': 'x'}]])
@hypothesis.given(GIVEN)
def test_what_is_collected_is_what_is_given(
        machine: machines.Machine, daemon: None,
        given: list[typing.Any]) -> None:
    """In every form, every section of every process, byte by byte."""
    machine.write_file(f'{RUNTIME}/given', json.dumps(given), 0o644)
    collected = {}
    for answer in command.triggered(machine, POLLING):
        lines = machine.path(f'{RUNTIME}/collected-{answer["id"]}')
        sections = [json.loads(line)
                    for line in lines.read_text().splitlines()]
        assert [section['name'] for section in sections] == [
            *reports.SECTIONS, *(f'given-{number}' for number in range(
                patients.GIVEN)), 'summary']
        assert all(section['status'] == 'ok' for section in sections)
        if given is LARGE:
            assert all(len(section['text'].encode()) > 0.9 * MEGABYTE
                       for section in sections[-1 - patients.GIVEN:-1])
        # the last one has the kinds of all findings, for the journal's index
        kinds = [section.pop('findings') for section in sections]
        assert not any(kinds[:-1])
        assert set(kinds[-1]) == {
            one['kind'] for one in sections[-1]['data']['findings']}
        collected[answer['id']] = sections
    assert len(collected) == len(machine.armed(POLLING)) > 1
    check(machine, collected)
