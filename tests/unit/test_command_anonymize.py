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

"""What --anonymize replaces, what it leaves, and that it is the same."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import typing

import pytest

from ceilometer.diagnostics import report
from tests.unit import commands
from tests.unit import journals

FORMS = ['text', 'json', 'html', 'journal']

#: What names somebody, and what stands in its place.
NAMED = {
    'jane.doe+ops@corp.example.com': r'user-1@mail\.invalid',
    'fa:16:3e:0A:1b:2c': '02:00:00:00:00:01',
    '2a00:1450:4001:81b::200e': '2001:db8::1',
    '10.11.12.13': r'198\.18\.0\.1',
    '3f2504e0-4f89-11d3-9a0c-0305e82c3301':
        '0{8}-0{4}-0{4}-0{4}-0{10}[0-9a-f]{2}',
    '9123456789abcdef0123456789abcdef': '0{30}[0-9a-f]{2}',
    # of a URL, of its domain, of an option, of the platform
    'keystone-7.corp.example.net': r'host-\d',
    'db-3.corp.example.net': r'host-\d',
    'cache-9': r'host-\d',
    'compute-44': r'host-\d',
    # of a URL, of an option, of a process, of a directory
    'mq-user': r'user-\d',
    'svc-telemetry': r'user-\d',
    'alice': r'user-\d',
    'bob': r'user-\d',
}

#: What names nobody.
KEPT = ['127.0.0.1', '::1', '0.0.0.0', '12:30:45', '1.2.3.4.5', 'root',
        '3ceceb0261204322abe548ffeecaa197', 'user-agent']


def sections() -> list[report.Section]:
    """Sections in whose text and data each of these stands twice."""
    words = [*NAMED, *KEPT, 'https://mq-user:***@keystone-7.corp.example.net',
             '/home/bob/venv']
    text = '\n'.join(f'at {word} twice {word}' for word in words)
    data = {
        'platform': {'hostname': 'compute-44'},
        'options': [
            {'group': 'cache', 'name': 'memcache_servers',
             'value': ['cache-9:11211', 'root']},
            {'group': 'DEFAULT', 'name': 'rabbit_userid',
             'value': 'svc-telemetry'}],
        'processes': [{'user': 'alice'}, {'user': 'root'}]}
    return [
        report.Section('package', 'Package', 'x', data),
        report.Section('configuration', 'Configuration', 'x', data),
        report.Section('processes', 'Processes', 'x', data),
        report.Section('of-others', f'Section of {words[0]}', text,
                       {'list': [[text]], 'keys': dict.fromkeys(words, 1)})]


@pytest.fixture
def exported(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
             form: str) -> tuple[str, str]:
    """A report as it is exported in a form, and exported anonymously."""
    made = journals.make_report()
    made = type(made)(made.header, (*sections(), made.sections[-1]), 5)
    journals.write(tmp_path / 'x.journal', journals.entries(made))
    command = commands.Command(tmp_path, capsys)
    path = tmp_path / 'out'
    told = []
    for options in ([], ['--anonymize']):
        assert command('export', f'--format={form}', '-o', str(path),
                       *options) == (0, '', '')
        told.append(path.read_text(errors='replace'))
    return told[0], told[1]


@pytest.mark.parametrize('form', FORMS)
def test_who_is_named_is_not_named_any_more(
        exported: tuple[str, str], form: str) -> None:
    """By text and data, titles and keys; always by the same in its place."""
    plain, anonymous = exported
    assert [name for name in NAMED if name not in plain] == []
    assert [name for name in NAMED if name in anonymous] == []
    assert 'Section of user-1@mail.invalid' in anonymous
    placed = []
    for name, pattern in NAMED.items():
        found = set(re.findall(r'(?<![\w-])at (\S+) twice \1(?![\w-])',
                               anonymous.replace('\\n', '\n')))
        own = [one for one in found if re.fullmatch(pattern, one)]
        assert own, (name, found)
        placed.append(name)
    assert placed == list(NAMED)


@pytest.mark.parametrize('form', FORMS)
def test_what_names_nobody_stays(exported: tuple[str, str],
                                 form: str) -> None:
    """So do the lines around what is replaced, each by one of its own."""
    plain, anonymous = exported
    for kept in KEPT:
        assert f'at {kept} twice {kept}' in plain
        assert f'at {kept} twice {kept}' in anonymous
    lines = re.findall(r'(?<![\w-])at (\S+) twice \1(?![\w-])',
                       anonymous.replace('\\n', '\n'))
    assert len(set(lines)) == len(NAMED) + len(KEPT) + 2


#: Texts of a header that name nobody: the id, and words of the vocabulary.
NAMELESS = {'id', 'service', 'process', 'kind', 'signal'}


@pytest.mark.parametrize(('kind', 'name'), [
    (kind, name) for kind in (report.Header, report.Trigger)
    for name, hint in typing.get_type_hints(kind).items()
    if hint in (str, str | None) and name not in NAMELESS])
def test_fields_of_the_header(tmp_path: pathlib.Path, kind: type, name: str,
                              capsys: pytest.CaptureFixture[str]) -> None:
    """What a process says of itself is replaced as well."""
    made = journals.make_report()
    said: dict[str, typing.Any] = {name: 'jane@corp.example.com'}
    if kind is report.Trigger:
        said = {'trigger': made.header.trigger._replace(**said)}
    made = dataclasses.replace(made, header=made.header._replace(**said))
    journals.write(tmp_path / 'x.journal', journals.entries(made))
    path = tmp_path / 'out'
    for options, there in (([], True), (['--anonymize'], False)):
        assert commands.Command(tmp_path, capsys)(
            'export', '--format=journal', '-o', str(path), *options) == (
                0, '', '')
        told = path.read_text(errors='replace')
        assert ('jane@corp.example.com' in told) == there
        assert ('user-1@mail.invalid' in told) != there


@pytest.mark.parametrize('form', FORMS)
def test_fields_of_the_journal(command: commands.Command,
                               tmp_path: pathlib.Path, form: str) -> None:
    """What journald says of host, machine and boot is replaced as well."""
    names = {'controller-1', journals.BOOT_ID}
    if form != 'text':
        names |= {'mq.example.org', 'nova-user'}
    if form in ('json', 'journal'):
        names.add(journals.MACHINE_ID)
    path = tmp_path / 'out'
    named = []
    for options, there in (([], names), (['--anonymize'], set())):
        assert command('export', '101', '--format', form, '-o', str(path),
                       *options) == (0, '', '')
        out = path.read_text(errors='replace')
        assert {name for name in names if name in out} == there
        named.append(out.count(commands.IDS[3]))
    assert 'host-1' in out
    # both sides speak of the same report
    assert named[0] == named[1] > 0
