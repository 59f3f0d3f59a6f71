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

"""What the documentation and the message catalog say is what the code does."""

from __future__ import annotations

import importlib
import json
import pathlib
import pkgutil
import re
import typing

import pytest

from ceilometer.diagnostics.command import interruption
from ceilometer.diagnostics.command import verbs
from ceilometer.diagnostics.daemon import section_table
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report
from ceilometer.diagnostics import run
from tests.unit import commands
from tests.unit import reference

pytestmark = pytest.mark.any_python

PACKAGE = 'ceilometer.diagnostics'
CODE_MAP = 'doc/source/contributor/code-map.rst'
TREE = pathlib.Path(__file__).resolve().parents[2]
CATALOG = TREE / 'ceilometer/diagnostics/system_files/catalog' / (
    'ceilometer-diagnostics.catalog')

# What a field may hold, for those that have a fixed set of values.
VALUES = {
    fields.REPORT_SCHEMA: {fields.SCHEMA},
    fields.REPORT_PROCESS: set(fields.PROCESSES),
    fields.REPORT_TRIGGER: set(fields.TRIGGERS),
    fields.REPORT_SECTION_STATUS: set(fields.STATUSES),
    fields.MESSAGE_ID: {fields.MESSAGE_ID_SECTION},
    fields.PRIORITY: {fields.PRIORITY_REPORT, fields.PRIORITY_FAILED,
                      fields.STATUS_ERROR, fields.STATUS_TIMEOUT},
}
NAMES = {name for name, value in vars(fields).items() if value == name}
# journald's own, in every entry.
TRUSTED = {'_PID'}


def documented_fields() -> dict[str, str]:
    """What the reference says of each field."""
    return {name.strip('`'): text
            for name, text in reference.rows('journal-fields.rst')}


def test_every_field_is_documented_once():
    """The tables have the fields of the vocabulary, and no other."""
    names = [name.strip('`')
             for name, _ in reference.rows('journal-fields.rst')]
    assert sorted(names) == sorted(NAMES)


@pytest.mark.parametrize('name', sorted(VALUES))
def test_every_value_of_a_field_is_documented(name):
    """A field with a fixed set of values has just these in its row."""
    words = set(re.findall('``([a-z0-9]+)``', documented_fields()[name]))
    assert words == VALUES[name]


def test_names_of_sections_are_those_of_the_table():
    """The vocabulary has our sections, without importing them."""
    assert fields.SECTIONS == tuple(
        kind.name for kind in section_table.SECTIONS)


def test_every_section_is_documented_in_its_place():
    """The headings are the names of the sections, in a report's order."""
    text = (reference.DIRECTORY / 'sections.rst').read_text()
    headings = re.findall(r'^([a-z-]+)\n=+$', text, re.MULTILINE)
    assert headings == [*(kind.name for kind in (
        *section_table.SECTIONS, section_table.SUMMARY)), *fields.ALONE]


@pytest.mark.parametrize('row', reference.rows('limits.rst'),
                         ids=lambda row: row[0])
def test_every_limit_has_the_documented_value(row):
    """A limit is where the page says, and as large as it says."""
    module, _, name = row[0].strip('`').rpartition('.')
    owner = importlib.import_module(f'{PACKAGE}.{module}')
    # large ones are no floats
    assert str(getattr(owner, name)).removesuffix('.0') == row[1]


#: One of these is in the name of each limit.
WORDS_OF_LIMITS = {'MAX', 'MIN', 'SECONDS', 'USEC', 'BYTES', 'CHARS'}


def limits() -> typing.Iterator[str]:
    """The public constants of the package that limit something."""
    package = importlib.import_module(PACKAGE)
    for found in pkgutil.walk_packages(package.__path__, f'{PACKAGE}.'):
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            if (isinstance(value, int | float) and name.isupper()
                    and not name.startswith('_')
                    and not WORDS_OF_LIMITS.isdisjoint(name.split('_'))):
                yield f'{found.name}.{name}'.removeprefix(f'{PACKAGE}.')


def test_every_limit_is_documented_once():
    """The page has each limit of the package, and no other."""
    documented = [row[0].strip('`') for row in reference.rows('limits.rst')]
    assert sorted(documented) == sorted(limits())


@pytest.mark.parametrize('page', ['reference/triggers', 'cli/'
                                  'ceilometer-diagnostics'])
def test_every_exit_status_is_documented(page):
    """Of the command: 1 and 2 as it says in its code, and Ctrl-C."""
    text = (TREE / 'doc/source' / f'{page}.rst').read_text()
    text = re.split(r'^Exit .*\n=+$', text, flags=re.MULTILINE)[1]
    statuses = re.findall(r'^(?:   \* - )?(\d+)\b', text, re.MULTILINE)
    assert statuses == ['0', '1', str(run.EXIT_USAGE),
                        str(interruption.EXIT_CODE)]


def test_every_key_of_json_is_documented(command: commands.Command) -> None:
    """What the verbs print has the keys of the reference, and no other."""
    def printed(*arguments: str) -> typing.Any:
        return json.loads(command(*arguments, '--json')[1])

    assert set(printed('list')[0]) == reference.keys('list')
    shown = printed('show', commands.IDS[3])
    of_report = reference.keys('list') - {'group'}
    assert set(shown) == of_report | (
        reference.keys('show and export') - {'options'})
    assert set(printed('show', '--changed', commands.IDS[3])) == (
        of_report | {'options'})
    assert set(shown['sections'][0]) <= reference.inner_keys(
        'took', 'sections')
    assert set(shown['digest'][0]) <= reference.inner_keys('unusual', 'digest')
    told = printed('diff')
    assert set(told) == reference.keys('diff')
    known = reference.inner_keys('kind', 'changes')
    for change in told['changes']:
        assert {*change, change['kind'], change['change']} <= known
    assert set(printed('stuck')[0]) == reference.keys('stuck')
    assert set(printed('stuck')[0]['frames'][0]) <= reference.inner_keys(
        'outermost', 'frames')


#: The verbs whose keys the test above compares; trigger's are compared where
#: there are processes to signal, in test_command_trigger.py, those of check
#: and of install-system in their own tests.
COMPARED = {'list', 'show', 'diff', 'stuck', 'trigger', 'check', 'findings',
            'install-system', 'why'}


def test_every_verb_with_json_is_in_the_reference() -> None:
    """A new one needs a table of its keys, and a test that compares them."""
    headings = re.findall(r'^([a-z -]+)\n=+$', (
        reference.DIRECTORY / 'json.rst').read_text(), re.MULTILINE)
    having = {name for name in verbs.OF_COMMAND
              if '--json' in verbs.load(name).parser().options}
    assert having == COMPARED
    assert {verb for heading in headings
            for verb in heading.split(' and ')} == having | {'export'}


def mapped() -> dict[str, list[str]]:
    """The names that the code map has of each folder, as it has them."""
    parts = re.split(r'^(?:Below ``(.*)/``|(At the top))\n=+$',
                     (TREE / CODE_MAP).read_text(), flags=re.MULTILINE)
    found = {}
    for folder, top, text in zip(*[iter(parts[1:])] * 3, strict=True):
        rows = re.findall(r'^   \* - (``.*)', text, re.MULTILINE)
        found['' if top else folder] = [
            name for row in rows for name in re.findall('``([a-z_]+)``', row)]
    return found


def test_code_map_has_every_module_once():
    """A newcomer finds each module in it, and none that is gone."""
    top = TREE / 'ceilometer/diagnostics'
    tree: dict[str, list[str]] = {}
    for path in top.rglob('*.py'):
        folder = str(path.parent.relative_to(top)).replace('.', '', 1)
        # what is told of a folder stands in its __init__
        if path.stem != '__init__' or not folder:
            tree.setdefault(folder, []).append(path.stem)
    assert {folder: sorted(names) for folder, names in mapped().items()} == {
        folder: sorted(names) for folder, names in tree.items()}


def test_catalog_explains_the_message_id_of_sections():
    """journalctl -x finds the text by the id of the entries."""
    ids = re.findall('^-- ([0-9a-f]{32})$', CATALOG.read_text(), re.MULTILINE)
    assert ids == [fields.MESSAGE_ID_SECTION]


def test_catalog_names_fields_that_every_entry_has():
    """journalctl -x prints the name of a field that is not there."""
    used = set(re.findall('@([A-Z_]+)@', CATALOG.read_text()))
    # of which nothing is known but what must be
    least, = journal_entries.from_section(
        report.Header('0' * 32, 'x', fields.PROCESS_CHILD, 1,
                      report.Trigger(fields.TRIGGER_API, 1)),
        report.Section('x', 'X', 'x'), 1, 1)
    assert used and used <= least.keys() | TRUSTED


def test_catalog_says_how_to_find_what_is_unusual():
    """By a kind that there is, and by the section that has the sentences."""
    text = CATALOG.read_text()
    assert f'journalctl -F {fields.REPORT_FINDING}\n' in text
    kinds = re.findall(f'{fields.REPORT_FINDING}=(\\S+)', text)
    assert kinds and set(kinds) <= set(findings.KINDS)
    assert (f'{fields.REPORT_SECTION}={fields.SECTION_SUMMARY} -o cat\n'
            in text)


def test_options_of_the_documentation_come_from_the_code():
    """No option is described by hand, where it would grow old."""
    assert '.. show-options::\n\n   ceilometer.diagnostics\n' in (
        reference.DIRECTORY / 'options.rst').read_text()
