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

"""What is unusual in several reports: the verdict, and the verb findings."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import typing

import pytest

from ceilometer.diagnostics.command.findings import digest
from ceilometer.diagnostics.command.findings import verdict
from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import report
from tests.unit import commands
from tests.unit import journals
from tests.unit import reference

MINUTE = 60 * 1_000_000

DOWN = findings.finding('broker-unreachable', 'the broker h:5672 is down')
EDITED = findings.finding('file-not-reloaded', 'polling.yaml was changed')
ZOMBIE = findings.finding('zombies', 'a child has ended')


def with_findings(*found: contents.Finding, process: str = 'worker',
                  worker: int = 0) -> parsed.Report:
    """A report of a process that finds something unusual."""
    made = journals.make_report(process=process, worker=worker)
    *parts, summary = made.sections
    data: dict[str, typing.Any] = {**summary.data, 'findings': list(found)}
    return dataclasses.replace(made, sections=(*parts, summary._replace(
        data=data, text=findings.text(found),
        findings=tuple(dict.fromkeys(one['kind'] for one in found)))))


@pytest.fixture
def write(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
          ) -> typing.Any:
    """Writes reports, each of another process, and gives the command."""
    def write_all(*given: tuple[parsed.Report, journals.Sender, int],
                  ) -> commands.Command:
        journals.write(tmp_path / 'x.journal', [
            entry for made, sender, at in given
            for entry in journals.entries(
                made, sender, journals.TIME_USEC + at)])
        return commands.Command(tmp_path, capsys)

    return write_all


def sender(number: int = 0, host: int = 1) -> journals.Sender:
    """A process of a host."""
    return journals.Sender(
        pid=100 + number, hostname=f'controller-{host}',
        machine_id=f'{host:032x}', boot_id=f'{host + 1000:032x}')


def test_show_begins_with_the_verdict(write: typing.Any) -> None:
    """The worst of all processes, then what else is wrong, then reports."""
    command = write(
        (with_findings(process='master'), sender(0), 0),
        (with_findings(ZOMBIE, EDITED), sender(1), 1000),
        (with_findings(DOWN), sender(2), 2000),
        (with_findings(EDITED), sender(3), 3000))
    code, out, err = command('show', 'ceilometer-polling')
    assert (code, err) == (0, '')
    assert out.split('\n')[:5] == [
        '1 of 4 processes: error: the broker h:5672 is down '
        '[broker-unreachable]',
        '! warning: polling.yaml was changed [file-not-reloaded], in '
        'ceilometer-polling[101] worker 0 (AgentManager) and 1 more',
        '* notice: a child has ended [zombies], in ceilometer-polling[101] '
        'worker 0 (AgentManager)',
        '', f'{"Report":>10}: {out.partition("Report: ")[2][:32]}']
    # and are not told again of their process
    digest_of = [part.partition('\n\n')[0]
                 for part in out.split('Digest\n')[1:]]
    assert digest_of == [
        '  version 27.0.0',
        '  see above: file-not-reloaded, zombies\n  version 27.0.0',
        '  see above: broker-unreachable\n  version 27.0.0',
        '  see above: file-not-reloaded\n  version 27.0.0']


@pytest.mark.parametrize(('found', 'line'), [
    ([], 'nothing unusual'),
    ([DOWN], 'error: the broker h:5672 is down [broker-unreachable]')])
def test_verdict_over_one_report(
        write: typing.Any, found: list[contents.Finding], line: str) -> None:
    """It is the sentence itself."""
    out = write((with_findings(*found), sender(), 0))('show')[1]
    assert out.split('\n')[0] == line


def test_verdict_has_what_the_command_finds(write: typing.Any) -> None:
    """Where no process has found anything itself."""
    made = journals.make_report([report.Section(
        'configuration', 'Configuration', 'x', {'known': False})])
    out = write((made, sender(), 0), (with_findings(), sender(1), 1))(
        'show', 'ceilometer-polling')[1]
    assert out.startswith('1 of 2 processes: notice: the configuration is not '
                          'known [configuration-unknown]\n')


def test_verdict_over_many_reports_is_from_the_index(
        write: typing.Any) -> None:
    """And it is said that none is compared with the one before."""
    command = write(*[(with_findings(*[DOWN] * (number == 3)),
                       sender(number), number * 1000)
                      for number in range(25)])
    out = command('show', '-n', '25')[1]
    assert out.split('\n')[:2] == [
        '1 of 25 processes: error: the broker h:5672 is down '
        '[broker-unreachable]',
        'More than 20 reports: none is compared with the one before it']


def test_digest_in_json_names_kinds(write: typing.Any) -> None:
    """Lines of another origin have none."""
    told = json.loads(write((with_findings(DOWN, ZOMBIE), sender(), 0))(
        'show', '--json')[1])['digest']
    assert [(one['level'], one['kind'], one['severity'])
            for one in told if one['kind'] is not None] == [
        ('bad', 'broker-unreachable', 'error'), ('odd', 'zombies', 'notice')]
    assert {one['kind'] for one in told if one['text'].startswith(
        'version')} == {None}


def test_what_no_process_would_write_is_no_finding(
        write: typing.Any) -> None:
    """Anybody may have written it."""
    forged: typing.Any = [
        {**DOWN, 'severity': 'fatal'}, {**DOWN, 'kind': 'Broken\n'},
        {**DOWN, 'sentence': 'two\nlines\x1b[31m'}]
    command = write((with_findings(*forged), sender(), 0))
    assert command('show')[1].startswith(
        'error: two\\nlines\\x1b[31m [broker-unreachable]\n')
    told = json.loads(command('show', '--json')[1])['digest']
    assert [one['kind'] for one in told if one['kind']] == [
        'broker-unreachable']


def test_verdict_counts_each_process_once() -> None:
    """However often it says the same."""
    notice = digest.Notice(digest.BAD, 'x', 'zombies', 'notice')
    one, two = typing.cast(typing.Any, ('one', 'two'))
    told = verdict.of([(one, [notice, notice]), (two, [notice])])
    assert told.groups == [verdict.Group(notice, [one, two])]
    assert told.line() == '2 of 2 processes: x'


def test_page_begins_with_the_verdict(write: typing.Any) -> None:
    """Each finding leads to its process, and there to its section."""
    told = {**DOWN, 'evidence': {'section': 'package'}}
    out = write((with_findings(), sender(0), 0),
                (with_findings(typing.cast(typing.Any, told)), sender(1), 1))(
        'export', '-n', '2', '--format=html')[1]
    main = out.partition('<main>\n')[2]
    assert main.startswith(
        '<section id="verdict">\n<h2>Verdict</h2>\n<p class="bad">! 1 of 2 '
        'processes: error: the broker h:5672 is down [broker-unreachable]')
    assert ('[broker-unreachable]: <a href="#report-1">ceilometer-polling[101]'
            ' worker 0 (AgentManager)</a></p>') in main
    assert main.partition('</section>')[0].count('[broker-unreachable]') == 1
    assert ('[broker-unreachable] <a href="#report-1-package">Package</a>'
            '</li>') in main
    for link in re.findall('href="#([^"]+)"', out):
        assert out.count(f'id="{link}"') == 1, link


def fleet(write: typing.Any) -> commands.Command:
    """Three hosts with two processes each; one had something an hour ago."""
    command: commands.Command = write(*[
        (with_findings(*found), sender(number, host), at)
        for host, number, at, found in (
            (1, 0, 0, [EDITED]), (1, 0, 60 * MINUTE, []),
            (1, 1, 60 * MINUTE, [DOWN]), (2, 0, 61 * MINUTE, [ZOMBIE]),
            (2, 1, 61 * MINUTE, [DOWN]), (3, 0, 62 * MINUTE, []),
            (3, 1, 62 * MINUTE, []))])
    return command


def test_findings_of_a_fleet(write: typing.Any) -> None:
    """Worst first; what is over comes last."""
    code, out, err = fleet(write)('findings', '--utc')
    assert (code, err) == (0, '')
    lines = out.splitlines()
    assert lines[0] == ('2 of 3 hosts: error: the broker h:5672 is down '
                        '[broker-unreachable]')
    assert '2 of 6 processes, 2 reports, the last ' in lines[1]
    assert lines[1].startswith('    since ') and '09:00:00' in lines[1]
    assert lines[2] == '1 of 3 hosts: notice: a child has ended [zombies]'
    assert lines[4] == ('1 of 3 hosts: warning: polling.yaml was changed '
                        '[file-not-reloaded]')
    assert '; not in the newest reports' in lines[5]
    assert lines[-1] == 'Looked at: 7 reports, 6 processes, 3 hosts.'


def test_findings_as_json(write: typing.Any) -> None:
    """With the keys of the reference, and no other."""
    told = json.loads(fleet(write)('findings', '--json')[1])
    assert set(told[0]) == reference.keys('findings')
    del told[0]['id']
    assert told[0] == {
        'kind': 'broker-unreachable', 'severity': 'error',
        'sentence': 'the broker h:5672 is down', 'hosts': 2,
        'hosts_in_all': 3, 'hostnames': ['controller-1', 'controller-2'],
        'processes': 2, 'processes_in_all': 6, 'processes_now': 2,
        'reports': 2, 'first': journals.TIME_USEC + 60 * MINUTE,
        'last': journals.TIME_USEC + 61 * MINUTE}
    assert [one['processes_now'] for one in told] == [2, 1, 0]


def test_findings_of_a_selection(write: typing.Any) -> None:
    """Of a kind, and of a time; the exit code says whether there are any."""
    command = fleet(write)
    told = json.loads(command(
        'findings', '--json', 'REPORT_FINDING=zombies')[1])
    assert [one['kind'] for one in told] == ['zombies']
    told = json.loads(command(
        'findings', '--json', '--until', '@1795334460')[1])
    assert [(one['kind'], one['processes_now']) for one in told] == [
        ('file-not-reloaded', 1)]
    code, out, _ = command('findings', '_HOSTNAME=controller-3')
    assert code == 1
    assert out == ('nothing unusual\n\n'
                   'Looked at: 2 reports, 2 processes, 1 host.\n')


def test_findings_of_others_do_not_count(write: typing.Any) -> None:
    """Any process can send entries."""
    command = write(
        (with_findings(DOWN), dataclasses.replace(
            sender(), unit='session-1.scope'), 0),
        (with_findings(ZOMBIE), sender(1), 1))
    told = json.loads(command('findings', '--json')[1])
    assert [one['kind'] for one in told] == ['zombies']


def test_findings_read_the_newest_report_of_each_kind(
        write: typing.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once; the kinds of all others are known from the index."""
    from ceilometer.diagnostics.command.reports import read
    command = write(*[(with_findings(DOWN, ZOMBIE), sender(number), number)
                      for number in range(30)])
    loaded = []
    real = read.load

    def load(*arguments: typing.Any) -> typing.Any:
        loaded.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(read, 'load', load)
    told = json.loads(command('findings', '--json')[1])
    assert [one['processes'] for one in told] == [30, 30]
    assert len(loaded) == 1
    assert all(one['sentence'] for one in told)


def test_every_kind_is_explained() -> None:
    """The page has each kind, in the order of causes, and no other."""
    text = (reference.DIRECTORY / 'findings.rst').read_text()
    rows = reference.rows('findings.rst')
    assert [row[0].strip('`') for row in rows] == list(findings.KINDS)
    for name, severity, *told in rows:
        kind = findings.KINDS[name.strip('`')]
        assert severity == kind.severity, name
        # what it means and how it is known; what to do
        assert len(told) == 2 and all(told), name
    assert f'``{findings.FOREIGN_PREFIX}``' in text
