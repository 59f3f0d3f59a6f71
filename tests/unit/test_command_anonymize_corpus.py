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

"""What is replaced, what stays, and how long that takes, by a corpus."""

from __future__ import annotations

import html
import json
import pathlib
import re
import time
import typing

import pytest

from ceilometer.diagnostics.command.anonymize import anonymizer
from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics import report
from tests.unit import anonymize_corpus
from tests.unit import commands
from tests.unit import journals

pytestmark = pytest.mark.any_python

CANARIES = anonymize_corpus.CANARIES
SURVIVORS = anonymize_corpus.SURVIVORS


def options(**values: typing.Any) -> report.Section:
    """A configuration of options with these values."""
    return report.Section('configuration', 'Configuration', '\n'.join(
        f'{name} = {value}' for name, value in values.items()), {
            'options': [{'group': 'compute' if name == 'host' else 'DEFAULT',
                         'name': name, 'value': value}
                        for name, value in values.items()]})


def sections(name: str, **more: typing.Any) -> list[report.Section]:
    """The sections of a daemon of a host, with all the corpus has."""
    lines = [text.format(word) for text, word in CANARIES + SURVIVORS]
    frames = [{'file': '/usr/lib/python3/dist-packages/ceilometer/compute/'
               'pollsters/platform.py', 'line': 3, 'function': 'Pollster.get',
               'source': 'import platform'}]
    return [
        report.Section('package', 'Package', f'hostname = {name}', {
            'platform': {'hostname': name, 'machine': 'x86_64'},
            'libraries': {'oslo.messaging': '17.1.0.2', 'x': '93.184.216.35'},
            }),
        report.Section('threads', 'Threads', 'x', {'stacks': [{
            'threads': [{'name': 'MainThread'}], 'frames': frames}]}),
        options(**{**anonymize_corpus.OPTIONS, **more}),
        report.Section('processes', 'Processes', 'x', {'processes': [
            {'user': user} for user in anonymize_corpus.USERS]}),
        report.Section('corpus', 'Corpus', '\n'.join(
            [*lines, 'kvm: http://kvm44:80/', '/home/carol/x']), {
                'lines': lines, 'compute': 1, 'platform': {'compute': 2},
                'version': '3.11.2.1'})]


def whole(made: list[report.Section]) -> parsed.Report:
    """A report of such sections, of which one is of the package."""
    one = journals.make_report(made, as_is=True)
    return parsed.Report(one.header, one.sections[1:], one.count - 1)


def export(directory: pathlib.Path, capsys: pytest.CaptureFixture[str],
           made: list[report.Section], *options: str,
           hostname: str = 'compute') -> typing.Any:
    """A report of such sections as JSON."""
    journals.write(directory / 'x.journal', journals.entries(
        whole(made), journals.Sender(hostname=hostname)))
    path = directory / 'out'
    code, _, err = commands.Command(directory, capsys)(
        'export', '--format=json', '-o', str(path), *options)
    assert (code, err) == (0, '')
    return json.loads(path.read_text())


@pytest.fixture(params=['compute', 'platform', 'compute.corp.example.net'])
def exported(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
             request: pytest.FixtureRequest) -> typing.Any:
    """An anonymous report of a host of that name."""
    return export(tmp_path, capsys, sections(request.param), '--anonymize',
                  hostname=request.param)


def lines_of(told: typing.Any) -> list[str]:
    """The corpus as it came out, a line a text."""
    corpus, = (part for part in told['sections'] if part['name'] == 'corpus')
    lines: list[str] = corpus['data']['lines']
    # text and data say the same
    assert corpus['text'].splitlines()[:len(lines)] == lines
    return lines


def test_canaries(exported: typing.Any) -> None:
    """Nobody who is named is named any more."""
    lines = lines_of(exported)
    assert [(line, word) for line, (_, word) in zip(
        lines, CANARIES, strict=False) if word.lower() in line.lower()] == []


@pytest.mark.parametrize('form', ['text', 'html', 'journal', 'json'])
def test_canaries_and_survivors_in_each_form(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        form: str) -> None:
    """Whatever a report is sent as: its text, its data, and its fields."""
    host = 'ctl-7.rack4.corp.example.net'
    journals.write(tmp_path / 'x.journal', journals.entries(
        whole(sections(host)), journals.Sender(hostname=host)))
    told = []
    for options_given in ([], ['--anonymize']):
        path = tmp_path / 'out'
        code, _, err = commands.Command(tmp_path, capsys)(
            'export', f'--format={form}', '-o', str(path), *options_given)
        assert (code, err) == (0, '')
        text = path.read_bytes().decode(errors='replace')
        told.append(html.unescape(text) if form == 'html' else
                    text if form == 'text' else text.replace('\\\\', '\\'))
    named, nameless = told
    names = [host, *(word for _, word in CANARIES)]
    # a survivor is called mykvm44
    patterns = [re.compile(rf'(?<!my){re.escape(name)}(?!\w)', re.IGNORECASE)
                for name in names]
    assert [name for name, pattern in zip(names, patterns, strict=True)
            if not pattern.search(named)] == []
    assert [name for name, pattern in zip(names, patterns, strict=True)
            if pattern.search(nameless)] == []
    assert [text for text in (text.format(word) for text, word in SURVIVORS)
            if text not in nameless and json.dumps(
                text)[1:-1] not in nameless] == []


def test_survivors(exported: typing.Any) -> None:
    """What is no name stays; so does what stands around a name."""
    lines = lines_of(exported)
    assert [line for line, (text, word) in zip(
        lines[len(CANARIES):], SURVIVORS, strict=True)
        if line != text.format(word)] == []
    for line, (text, _) in zip(lines, CANARIES, strict=False):
        before, _, behind = text.replace('{!r}', '{}').format(
            '\0').partition('\0')
        behind = behind.removesuffix('.ec2.internal')
        assert line.startswith(before) and line.endswith(behind), line


def test_keys_groups_and_versions_stay(exported: typing.Any) -> None:
    """They are what tools go by."""
    by_name = {part['name']: part['data'] for part in exported['sections']}
    assert by_name['corpus']['compute'] == 1
    assert by_name['corpus']['platform'] == {'compute': 2}
    assert by_name['corpus']['version'] == '3.11.2.1'
    assert by_name['package']['platform']['machine'] == 'x86_64'
    assert by_name['package']['libraries'] == {
        'oslo.messaging': '17.1.0.2', 'x': '93.184.216.35'}
    assert {option['name']: option['group'] for option in by_name[
        'configuration']['options']}['host'] == 'compute'
    frame = by_name['threads']['stacks'][0]['frames'][0]
    assert frame['file'].endswith('/ceilometer/compute/pollsters/platform.py')
    assert frame['source'] == 'import platform'


@pytest.mark.parametrize('host', ['compute', 'platform'])
def test_host_called_like_a_word(tmp_path: pathlib.Path, host: str,
                                 capsys: pytest.CaptureFixture[str]) -> None:
    """It is replaced where a host stands, and nowhere else."""
    lines = [f'http://{host}:5000/v3', f'root@{host}', f'{host}:5672 refused',
             f"HTTPConnectionPool(host='{host}', port=5000)",
             f'on host {host} it', f'memcache_servers = x:1,{host}:2',
             f'"hostname": "{host}"']
    made = sections(host, host=host, memcache_servers=[host, f'{host}:11211'])
    made.append(report.Section('more', 'More', '\n'.join(lines), {
        'lines': lines, 'hostname': host, 'host': host, host: host}))
    told = export(tmp_path, capsys, made, '--anonymize', hostname=host)
    by_name = {part['name']: part for part in told['sections']}
    more = by_name['more']
    assert [line for line in more['text'].splitlines() if host in line] == []
    assert [line for line in more['data']['lines'] if host in line] == []
    assert host not in (more['data']['hostname'], more['data']['host'])
    assert more['data'][host] == host
    assert told['hostname'] != host
    assert by_name['package']['data']['platform']['hostname'] != host
    assert by_name['package']['text'].startswith('hostname = host-')
    values = {option['name']: option['value'] for option
              in by_name['configuration']['data']['options']}
    assert host not in values['host'] + ''.join(values['memcache_servers'])
    assert f'host = {host}' not in by_name['configuration']['text']


@pytest.mark.parametrize('host', ['platform', 'machine', 'kernel', 'memory'])
def test_host_called_like_a_key_of_a_section(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        host: str) -> None:
    """The key stays, also where no stack, option or section says the word."""
    platform = {'system': None, 'kernel': 'Linux 6', 'machine': 'x86_64',
                'hostname': host}
    made = [report.Section('package', 'Package', f'hostname = {host}',
                           {'platform': platform, 'memory': 5})]
    told = export(tmp_path, capsys, made, '--anonymize', hostname=host)
    (package,) = (part for part in told['sections']
                  if part['name'] == 'package')
    assert package['data'] == {
        'platform': {**platform, 'hostname': told['hostname']}, 'memory': 5}
    assert package['text'] == f'hostname = {told["hostname"]}'
    assert told['hostname'].startswith('host-')


def test_names_that_keys_of_data_tell(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are replaced there, and in each text."""
    made = sections('ctl-7')
    made.append(report.Section('more', 'More', 'of dbhost and DataProj', {
        'a': [{'project_name': 'DataProj', 'db_host': 'dbhost', 'x': 'kept'}],
        'user': {'name': 'datauser'}, 'server': 'it is kept',
        'b': {'name': 'domain_name', 'value': 'DataDom'}}))
    told = export(tmp_path, capsys, made, '--anonymize')
    more = told['sections'][-2]
    assert re.fullmatch(r'of host-\d+ and project-\d+', more['text'])
    data = more['data']
    assert re.fullmatch(r'project-\d+', data['a'][0]['project_name'])
    assert re.fullmatch(r'host-\d+', data['a'][0]['db_host'])
    assert re.fullmatch(r'user-\d+', data['user']['name'])
    assert re.fullmatch(r'domain-\d+', data['b']['value'])
    assert (data['a'][0]['x'], data['server']) == ('kept', 'it is kept')


def test_the_same_name_gets_the_same_placeholder(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In whatever form it is written; another name gets another one."""
    lines = ['10.20.30.41', 'ip-10-20-30-41', 'fa:16:3e:0a:1b:2c',
             'fa163e0a1b2c', 'cache-9', 'cache_9', r'cache\x2d9', 'kvm44',
             'ab12' * 16, 'ab12ab12ab12']
    made = sections('ctl-7')
    made.append(report.Section('more', 'More', 'x', {'lines': lines}))
    told = export(tmp_path, capsys, made, '--anonymize')
    out = told['sections'][-2]['data']['lines']
    assert out[1] == 'ip-' + out[0].replace('.', '-')
    assert out[3] == out[2].replace(':', '')
    assert out[4] == out[5] == out[6] != out[7]
    assert out[8].startswith(out[9])


def test_parts_of_a_text_that_names_more_than_one(
        made: anonymizer.Anonymizer) -> None:
    """None of them is left, and what is not a name is."""
    for text, expected in (
            ('From: Jane Doe <jd@a.example>', r'From: person-\d+ <user-\d+@'
             r'mail\.invalid>'),
            ('From: "Doe, Jane" <jd@a.example>', r'From: person-\d+ <user-\d+@'
             r'mail\.invalid>'),
            ('no such object: cn=Jane Doe,ou=R+D,dc=acme,dc=org (32)',
             r'no such object: cn=user-\d+,ou=unit-\d+,dc=label-\d+,dc=org '
             r'\(32\)'),
            ('iqn.2010-10.com.acme:a, iqn.2010-10.com.acme:a-lun-3',
             r'(iqn\.2000-01\.invalid:name-\d+), \1-lun-3'),
            ('0x500507680b2180ab 500507680b2180ab wwn-0x500507680b2180ab',
             r'0x(50+[1-9]\d*) \1 wwn-0x\1')):
        assert re.fullmatch(expected, made.text(text)), made.text(text)
    assert re.fullmatch(r'serial-\d+', made.data(
        {'serial_number': 'Z1D5SE7R'})['serial_number'])


def test_what_is_below_a_domain_is_a_host(exported: typing.Any) -> None:
    """Nothing of its own name is left."""
    lines = lines_of(exported)
    found = [line for line, (text, word) in zip(lines, CANARIES, strict=False)
             if text == 'cannot resolve {}']
    assert len(found) == len(set(found)) == 2
    assert [line for line in found if not re.fullmatch(
        r'cannot resolve host-\d+', line)] == []


MEGABYTE = 2 ** 20
HOSTILE = ['a', 'a.', 'a:', 'a@', '1.', '1-', '::', 'aa:', '://a@', '://a:',
           'compute ', 'compute:', 'host compute', 'a.example.net.',
           '%2d', 'fa16.', '/home/a', 'é', 'cache-', 'ceilometer-polling',
           'o=a,', 'Aa ', "user_name='", '"user":{', 'x_host: a.b\n',
           'connect to a', 'getaddrinfo failed for ', 'host a', 'sudo: a ',
           'NXDOMAIN: a', 'uid=1(a', 'Failed a for ', '1(aa)',
           'nova-compute:a', 'user=aa ', 'su: (to ', 'g00000000-']


@pytest.fixture(scope='module')
def made() -> anonymizer.Anonymizer:
    """An anonymizer that knows the names of the corpus."""
    return anonymizer.Anonymizer([read.Found(
        whole(sections('compute')), read.Identity(
            1, 1, 'x.service', 'compute', 'a' * 32, 'b' * 32))])


@pytest.mark.parametrize('piece', HOSTILE)
def test_time_grows_with_the_length(made: anonymizer.Anonymizer,
                                    piece: str) -> None:
    """And not with its square, of whatever a text is made."""
    def seconds(length: int) -> float:
        # with what recognizers look for before they begin
        text = '@ :// %2d ' + (piece * (length // len(piece) + 1))[:length]
        begun = time.process_time()
        made.text(text)
        # names are looked for before they are replaced
        anonymizer.Anonymizer([read.Found(
            journals.make_report([report.Section('x', 'X', text)]),
            read.Identity(1, 1, 'x.service', 'h', 'a' * 32, 'b' * 32))])
        return time.process_time() - begun

    small = max(seconds(MEGABYTE // 16), 0.02)
    # of the square it would be 256
    assert seconds(MEGABYTE) < 80 * small
