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

"""The verb why: where samples end, over reports of both daemons."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import typing

import pytest

from ceilometer.diagnostics.command.findings import meter_path
from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import report
from tests.unit import commands
from tests.unit import exact
from tests.unit import journals
from tests.unit import reference

SECOND = 1_000_000
NOW = journals.TIME_USEC
HOUR = 3600 * SECOND
DOWN = findings.finding(
    'broker-unreachable', 'the broker h:5672 is unreachable')

Write = typing.Callable[..., commands.Command]


def section(name: str, **data: typing.Any) -> report.Section:
    """A section, its data as the writer would have made them."""
    return report.Section(name, name, 'x', exact.completed(name, data))


def with_findings(made: parsed.Report, *found: contents.Finding,
                  ) -> parsed.Report:
    """A report whose process finds something unusual."""
    *parts, summary = made.sections
    data: dict[str, typing.Any] = {**summary.data, 'findings': list(found)}
    return dataclasses.replace(made, sections=(
        *parts, summary._replace(data=data)))


def pollster(name: str = 'cpu', samples: int = 120, source: str = 'host',
             **more: typing.Any) -> dict[str, typing.Any]:
    """A pollster that has run ten times."""
    return {'pollster': name, 'source': source, 'runs': 10,
            'samples': samples, 'samples_ever': 10 * samples,
            'last_end_usec': NOW - 15 * SECOND, 'resources': 2,
            'last_success_usec': NOW - 15 * SECOND, **more}


def polls(*found: contents.Finding,
          pollsters: typing.Sequence[dict[str, typing.Any]] = (pollster(),),
          **more: typing.Any) -> parsed.Report:
    """A report of a worker that polls, and has sent 1,200 samples."""
    return with_findings(journals.make_report([
        section('polling', **{
            'state': contents.POLLS, 'time_usec': NOW,
            'namespaces': ['compute', 'central'],
            'loaded': ['cpu', 'disk.read'], 'sources': [
                {'source': 'host', 'meters': ['cpu'], 'pollsters': 1}],
            'not_loaded': [{'name': 'ipmi.fan', 'reason': 'no ipmitool'}],
            'cycles': [{'interval_seconds': 60.0, 'sources': ['host'],
                        'runs': 10, 'next_in_seconds': 45.0}],
            'pollsters': list(pollsters), 'samples_sent': 1200,
            'batches_sent': 30, 'last_sent_usec': NOW - 14 * SECOND,
            **more}),
        section('messaging', transports=[{'hosts': ['h:5672']}])]), *found)


def takes(*found: contents.Finding, messages: int = 30, published: int = 1200,
          publishers: typing.Sequence[dict[str, typing.Any]] = (),
          matches: typing.Sequence[str] = ('*',), ago: int = 12,
          at: int = NOW, host: str = 'h:5672') -> parsed.Report:
    """A report of a worker that takes messages and publishes samples."""
    last = at - ago * SECOND
    return with_findings(journals.make_report([
        section('notifications', state=contents.LISTENS, time_usec=at,
                listeners=[{
                    'host': host, 'connected': True,
                    'thread_alive': True, 'messages': messages,
                    'last_start_usec': last if messages else None}]),
        section('pipelines', time_usec=at, taken=messages,
                published=published, pipelines=[{
                    'pipeline': 'meters', 'kind': 'sample',
                    'matches': list(matches), 'loaded': 1,
                    'publishers': ['gnocchi://']}],
                publishers=[{
                    'url': 'gnocchi://', 'kind': 'sample', 'loaded': True,
                    'runs': 30 if published else 0, 'published': published,
                    'last_success_usec': last if published else None},
                    *publishers])]), *found)


def polling(number: int = 0, host: int = 1) -> journals.Sender:
    """A process of ceilometer-polling."""
    return journals.Sender(
        pid=100 + number, hostname=f'node{host}',
        machine_id=f'{host:032x}', boot_id=f'{host + 1000:032x}')


def notification(host: int = 1) -> journals.Sender:
    """A process of ceilometer-agent-notification."""
    return dataclasses.replace(
        polling(90, host), unit='ceilometer-agent-notification.service')


@pytest.fixture
def write(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
          monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes reports, and gives the command, a few seconds later."""
    def write_all(*given: typing.Any) -> commands.Command:
        journals.write(tmp_path / 'x.journal', [
            entry for made, sender, *at in given
            for entry in journals.entries(made, sender, *at or (NOW,))])
        return commands.Command(tmp_path, capsys)

    monkeypatch.setattr('time.time_ns', lambda: (NOW + 5 * SECOND) * 1000)
    return write_all


def test_samples_that_flow(write: Write) -> None:
    """The verdict has the numbers, and each link its line."""
    code, out, err = write((polls(), polling()), (takes(), notification()))(
        'why', '--utc')
    assert (code, err) == (0, '')
    assert out.splitlines() == [
        'samples flow: 1,200 polled, 1,200 sent, 30 messages taken, 1,200 '
        'published to gnocchi://, the last 12 s before the report',
        '',
        '  polled     1,200 samples of cpu, the last Sun 2026-11-22 07:59:46 '
        'UTC',
        '  sent       1,200 samples in 30 messages to h:5672, the last Sun '
        '2026-11-22 07:59:46 UTC',
        '  taken      30 messages from h:5672, the last Sun 2026-11-22 '
        '07:59:48 UTC',
        '  published  1,200 samples to gnocchi://, the last Sun 2026-11-22 '
        '07:59:48 UTC',
        '',
        'Looked at: 2 reports on 1 host, of ceilometer-polling (Sun '
        '2026-11-22 08:00:00 UTC), ceilometer-agent-notification (Sun '
        '2026-11-22 08:00:00 UTC).']


@pytest.mark.parametrize(('polled', 'taken', 'verdict', 'link'), [
    (polls(DOWN, last_sent_usec=NOW - 900 * SECOND, samples_lost=40,
           last_lost_usec=NOW - 20 * SECOND), takes(DOWN),
     'samples are polled and not sent: error: the broker h:5672 is '
     'unreachable [broker-unreachable]', 'sent'),
    (polls(), takes(DOWN), 'samples are sent and not taken: error: the '
     'broker h:5672 is unreachable [broker-unreachable]', 'taken'),
    (polls(findings.finding('keystone-failing', 'Keystone is away'),
           pollsters=[pollster(samples=0)], samples_sent=0,
           last_sent_usec=None), takes(messages=0, published=0),
     'samples are not polled: error: Keystone is away [keystone-failing]',
     'polled'),
    (polls(), takes(findings.finding(
        'publisher-failing', 'gnocchi:// failed', publisher='gnocchi://'),
        published=0), 'samples are taken and not published: error: '
     'gnocchi:// failed [publisher-failing]', 'published'),
    (polls(findings.finding('pollster-failing', 'disk.read failed')),
     takes(), 'samples flow, but not all: warning: disk.read failed '
     '[pollster-failing]', 'polled'),
    # causes before their effects, however far from where samples begin
    (polls(findings.finding('nothing-sent', 'none', severity='error')),
     takes(findings.finding('workers-dying', 'workers die')),
     'samples flow, but not all: error: workers die [workers-dying]',
     'taken'),
], ids=['broker', 'broker of one', 'keystone', 'publisher', 'pollster',
        'order'])
def test_link_that_is_broken(
        write: Write, polled: parsed.Report, taken: parsed.Report,
        verdict: str, link: str) -> None:
    """It is the first line, and the exit code says so."""
    command = write((polled, polling()), (taken, notification()))
    code, out, err = command('why')
    assert (code, err) == (1, '')
    assert out.splitlines()[0] == verdict
    code, out, _ = command('why', '--json')
    told = json.loads(out)
    assert code == 1
    assert (told['sentence'], told['link']) == (verdict, link)
    marked = [one['name'] for one in told['links'] if one['causes']]
    assert link in marked


def test_one_broker_is_told_once(write: Write) -> None:
    """Both daemons lose it; and of a host it explains what follows."""
    lost = findings.finding('samples-lost', '40 samples are lost',
                            through='broker')
    out = write((polls(DOWN, samples_lost=40), polling(0)),
                (polls(lost), polling(1)),
                (takes(DOWN), notification()))('why')[1]
    assert out.count('the broker h:5672 is unreachable') == 2
    assert ('    the same [broker-unreachable], in '
            'ceilometer-agent-notification[190] worker 0 (AgentManager)\n'
            ) in out
    assert '40 samples are lost' not in out
    assert '\n! taken ' in out


@pytest.mark.parametrize(('taken', 'kind', 'words'), [
    (takes(messages=0, published=0, host='other:5672'), 'nothing-taken',
     'to h:5672: they are taken from other:5672'),
    (takes(ago=500), 'nothing-taken', 'by the others'),
    (takes(published=0), 'nothing-published', 'no sample was published')],
    ids=['other broker', 'long ago', 'not published'])
def test_what_neither_daemon_knows(
        write: Write, taken: parsed.Report, kind: str, words: str) -> None:
    """Nothing is unusual in either; together they are."""
    for part in taken.sections:
        if part.name in ('notifications', 'pipelines'):
            typing.cast(typing.Any, part.data)['time_usec'] = (
                NOW + 60 * SECOND)
    told = json.loads(write((polls(), polling()), (taken, notification()))(
        'why', '--json')[1])
    assert (told['state'], told['kind']) == ('end', kind)
    assert words in told['sentence']


def test_what_has_just_been_sent_may_not_be_taken_yet(write: Write) -> None:
    """Reports of one moment; the first messages are on their way."""
    code, out, _ = write(
        (polls(), polling()),
        (takes(messages=0, published=0), notification()))('why')
    assert code == 1
    assert out.splitlines()[0] == (
        'samples are not taken yet: nothing has come so far')


def test_daemon_that_starts(write: Write) -> None:
    """It has polled nothing; that is no fault."""
    starts = polls(
        pollsters=[pollster(samples=0, runs=0, last_end_usec=None)],
        samples_sent=0, last_sent_usec=None, cycles=[
            {'interval_seconds': 300.0, 'sources': ['host'],
             'next_in_seconds': 250.0}])
    out = write((starts, polling()), (takes(), notification()))('why')[1]
    assert out.splitlines()[0] == (
        'samples are not polled yet: ceilometer-polling has just started, '
        'its next cycle begins in 4 min')


@pytest.mark.parametrize(('given', 'verdict', 'text'), [
    ([(polls(), polling())], 'whether samples are taken is not known: no '
     'report is from ceilometer-agent-notification',
     '? no report is from ceilometer-agent-notification, where it runs: run '
     '"ceilometer-diagnostics trigger"'),
    ([(takes(), notification())], 'whether samples are polled is not known: '
     'no report is from ceilometer-polling',
     '? no report is from ceilometer-polling, where it runs: run '
     '"ceilometer-diagnostics trigger"')], ids=['notification', 'polling'])
def test_daemon_without_a_report(
        write: Write, given: typing.Any, verdict: str, text: str) -> None:
    """It is said, and what to run for it."""
    code, out, _ = write(*given)('why')
    assert code == 1
    assert out.splitlines()[0] == verdict
    assert text in out.splitlines()


def test_some_are_lost_and_of_the_others_nobody_knows(write: Write) -> None:
    """It is not said that they flow."""
    lost = findings.finding('samples-lost', '40 samples are lost')
    made = polls(lost, samples_lost=40, last_lost_usec=NOW - 30 * SECOND)
    out = write((made, polling()))('why')[1]
    assert out.startswith('not all samples are sent: error: 40 samples are '
                          'lost [samples-lost]\n')
    assert '? taken      not known\n' in out


def test_reports_that_are_old_or_incomplete(
        write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command to run names the unit, and the host if it is another."""
    lacking = takes()
    made = dataclasses.replace(
        lacking, sections=lacking.sections[1:])
    command = write((polls(), polling()), (made, notification()),
                    (polls(), polling(7, 2), NOW - 2 * HOUR))
    out = command('why')[1]
    assert ('? ceilometer-agent-notification of node1: the report of worker '
            '0 (AgentManager), pid 190 is incomplete: run '
            '"ceilometer-diagnostics trigger -H node1 '
            'ceilometer-agent-notification"\n') in out
    assert ('? the reports of ceilometer-polling of node2 do not count, they '
            'are from 2h 5s ago: run "ceilometer-diagnostics trigger -H '
            'node2 ceilometer-polling"\n') in out
    assert 'are from 5s ago' not in out
    # a unit of this host is asked without ssh
    monkeypatch.setattr('os.uname', lambda: type('', (), {
        'nodename': 'node1'}))
    monkeypatch.setattr('time.time_ns', lambda: (NOW + HOUR) * 1000)
    assert ('? the reports of ceilometer-agent-notification of node1 and 1 '
            'more are from 1h ago: run "ceilometer-diagnostics trigger '
            'ceilometer-agent-notification"\n') in command('why')[1]


def test_workers_that_have_not_answered(write: Write) -> None:
    """The master knows how many there are."""
    master = journals.make_report([section('workers', services=[{
        'service': 'AgentManager', 'expected': 2, 'workers': [
            {'worker': 0, 'pid': 100}, {'worker': 1, 'pid': 101}]}])],
        process='master')
    out = write((polls(), polling(0)), (master, polling(5)),
                (takes(), notification()))('why')[1]
    assert '1 of 2 workers have not answered: run ' in out


def test_workers_that_die_have_no_numbers(write: Write) -> None:
    """The master's word is the cause."""
    dying = findings.finding('workers-dying', 'workers have died 4 times')
    master = with_findings(journals.make_report(process='master'), dying)
    out = write((master, polling()), (takes(), notification()))('why')[1]
    assert out.startswith('samples are not polled: error: workers have died '
                          '4 times [workers-dying]\n')


def test_only_the_last_trigger_counts(write: Write) -> None:
    """What a unit said before is history."""
    out = write((polls(DOWN), polling(), NOW - 60 * SECOND),
                (polls(), polling()), (takes(), notification()))('why')[1]
    assert out.startswith('samples flow: 1,200 polled')


def test_several_hosts_are_added_up(write: Write) -> None:
    """One of three pollsters fails on one host: the others flow."""
    out = write((polls(), polling(0, 1)), (polls(), polling(0, 2)),
                (polls(findings.finding('pollster-failing', 'cpu failed')),
                 polling(0, 3)), (takes(), notification(4)))('why')[1]
    assert out.startswith('samples flow, but not all: warning: cpu failed ')
    assert '3,600 samples of cpu, the last ' in out
    assert ('[pollster-failing], in node3 ceilometer-polling[100] worker 0 '
            '(AgentManager)\n') in out
    assert 'Looked at: 4 reports on 4 hosts, of ' in out


def test_meter_that_flows(write: Write) -> None:
    """With where it is polled, how often, and what came of it."""
    code, out, _ = write((polls(), polling()), (takes(), notification()))(
        'why', 'cpu', '--utc')
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith('samples of cpu flow: 1,200 polled, ')
    assert lines[2].startswith('  polled     1,200 samples of source host, ')
    assert lines[7] == (
        'ceilometer-polling: source host, every 60 s, 10 runs, the '
        'last Sun 2026-11-22 07:59:45 UTC with 120 samples of 2 resources')


def failing(name: str, **more: typing.Any) -> dict[str, typing.Any]:
    """A pollster that fails."""
    return pollster(name, 0, failed=10, failed_in_a_row=3,
                    failing_since_usec=NOW, last_error={
                        'time_usec': NOW, 'text': 'OSError: gone',
                        'kind': 'builtins.OSError'}, **more)


@pytest.mark.parametrize(('meter', 'rows', 'found', 'verdict'), [
    # another pollster's trouble is none of it
    ('cpu', [pollster(), failing('disk.read')], findings.finding(
        'pollster-failing', 'disk.read failed', source='host',
        pollsters='disk.read'), 'samples of cpu flow: '),
    ('disk.read', [pollster(), failing('disk.read')], findings.finding(
        'pollster-failing', 'disk.read of source host failed 3 times',
        source='host', pollsters='disk.read'),
     'samples of disk.read are not polled: warning: disk.read of source host '
     'failed 3 times [pollster-failing]'),
    ('disk.read', [pollster(), failing('disk.read')], findings.finding(
        'pollster-failing', 'a and 900 more failed', source='host',
        pollsters='a, b, c'),
     'samples of disk.read are not polled: warning: disk.read of source host '
     'failed 3 times: OSError: gone [pollster-failing]'),
    ('disk.read', [pollster()], None,
     'samples of disk.read are not polled: error: no source of polling.yaml '
     'asks for disk.read; sources: host (cpu) [nothing-polled]'),
    ('ipmi.fan', [pollster()], None,
     'samples of ipmi.fan are not polled: error: ipmi.fan is installed and '
     'not loaded: no ipmitool [pollster-not-loaded]'),
    ('cpu', [pollster(switched_off=2, samples=0)], findings.finding(
        'pollster-switched-off', 'cpu no longer polls 2 resources',
        source='host', pollster='cpu'),
     'samples of cpu are not polled: warning: cpu no longer polls 2 '
     'resources [pollster-switched-off]'),
    ('cpu', [pollster(samples=0, resources=0)], None,
     'samples of cpu are not polled: warning: cpu of source host: its '
     'discovery found no resource [source-without-resources]'),
    ('cpu', [pollster(samples=0)], None,
     'samples of cpu are not polled: warning: cpu of source host gave no '
     'sample the last time, of 2 resources [nothing-sent]'),
    ('cpu', [pollster(samples=0)], DOWN,
     'samples of cpu are polled and not sent: error: the broker h:5672 is '
     'unreachable [broker-unreachable]'),
    ('cpu', [pollster(), pollster(source='more', samples=0)], None,
     'samples of cpu flow, but not all: warning: cpu of source more gave no '
     'sample the last time, of 2 resources [nothing-sent]'),
], ids=['others', 'fails', 'many fail', 'no source', 'not loaded', 'off',
        'no resource', 'no sample', 'broker', 'two sources'])
def test_meter_and_its_pollster(
        write: Write, meter: str, rows: list[dict[str, typing.Any]],
        found: contents.Finding | None, verdict: str) -> None:
    """Its own numbers tell, and what is unusual in all of the daemon."""
    made = polls(*[found] if found else [], pollsters=rows)
    out = write((made, polling()), (takes(), notification()))(
        'why', meter)[1]
    assert out.splitlines()[0].startswith(verdict), out


def test_meter_that_no_pipeline_takes(write: Write) -> None:
    """It is polled, sent and dropped."""
    out = write((polls(), polling()),
                (takes(matches=['disk.*', '!cpu']), notification()))(
        'why', 'cpu')[1]
    assert out.startswith(
        'samples of cpu are taken and not published: error: no pipeline '
        'takes cpu; pipelines: meters (disk.* !cpu) [nothing-published]\n')


def test_publishers_of_other_pipelines_do_not_count(write: Write) -> None:
    """They may fail; this meter does not go to them."""
    other = {'url': 'http://x', 'kind': 'sample', 'loaded': True, 'runs': 9,
             'failing_since_usec': NOW}
    found = findings.finding('publisher-failing', 'http://x failed',
                             publisher='http://x')
    command = write((polls(), polling()),
                    (takes(found, publishers=[other]), notification()))
    assert command('why')[1].startswith(
        'samples flow, but not all: error: http://x failed ')
    assert command('why', 'cpu')[1].startswith('samples of cpu flow: ')


@pytest.mark.parametrize(('meter', 'words'), [
    ('cpuu', 'did you mean cpu?'), ('disk', 'did you mean disk.read?'),
    ('zzz\x1b', 'those that are installed are cpu, disk.read, ipmi.fan')])
def test_meter_that_nobody_knows(
        write: Write, meter: str, words: str) -> None:
    """The error names near ones, or those there are."""
    code, out, err = write((polls(), polling()))('why', meter)
    assert (code, out) == (1, '')
    assert words in err and '\x1b' not in err
    assert ': no pollster of the namespaces central, compute makes ' in err
    assert err.count('\n') == 1


def test_meter_whose_pollster_fails_before_a_publisher(
        write: Write) -> None:
    """Its samples end at the first of them, if that is less severe."""
    found = findings.finding('publisher-failing', 'gnocchi:// failed',
                             publisher='gnocchi://')
    out = write((polls(pollsters=[failing('cpu'), pollster('disk.read')]),
                 polling()), (takes(found, published=0), notification()))(
        'why', 'cpu')[1]
    assert out.startswith('samples of cpu are not polled: warning: cpu of '
                          'source host failed 3 times: OSError: gone ')
    assert '    error: gnocchi:// failed [publisher-failing], in ' in out


@pytest.mark.parametrize(('patterns', 'taken'), [
    (['*'], True), (['cpu'], True), (['cp*'], True), (['disk.*'], False),
    (['!cpu'], False), (['!disk.*'], True), (['*', '!cpu'], False),
    (['!disk.*', 'memory'], False)])
def test_patterns_are_those_of_ceilometer(
        patterns: list[str], taken: bool) -> None:
    """What is left out stands before what is asked for."""
    assert meter_path.takes(patterns, 'cpu') is taken


def test_json_has_the_keys_of_the_reference(write: Write) -> None:
    """And no other."""
    told = json.loads(write(
        (polls(DOWN, pollsters=[pollster()]), polling()),
        (polls(pollsters=[]), polling(1)), (takes(), notification()))(
            'why', 'cpu', '--json')[1])
    assert set(told) == reference.keys('why')
    for key, word in (('links', 'chain'), ('daemons', 'count'),
                      ('not_polled', 'could'), ('advice', 'run')):
        inner = reference.inner_keys(word, key)
        for one in told[key]:
            assert set(one) == inner, key
    assert told['polled'][0]['samples_ever'] == 1200
    assert [one['loaded'] for one in told['not_polled']] == [True]


def test_no_report_of_such_a_daemon(write: Write) -> None:
    """It says what to run first."""
    other = dataclasses.replace(polling(), unit='ceilometer-x.service')
    made = journals.make_report()
    made = dataclasses.replace(made, header=made.header._replace(
        service='ceilometer-x'))
    code, out, err = write((made, other))('why')
    assert (code, out) == (1, '')
    assert err == (
        'ceilometer-diagnostics: no report is from a daemon that polls or '
        'takes notifications: run "ceilometer-diagnostics trigger" first\n')


def test_what_others_write_does_not_count(write: Write) -> None:
    """Any process can send entries."""
    forged = dataclasses.replace(polling(3), unit='session-1.scope')
    out = write((polls(), polling()), (takes(), notification()),
                (polls(DOWN), forged, NOW + 1000))('why')[1]
    assert out.startswith('samples flow: 1,200 polled')


def test_hostile_words_do_not_drive_the_terminal(write: Write) -> None:
    """Names, places and sentences are escaped."""
    bad = 'bad\x1b[2J\u202e\nsamples flow'
    made = polls(findings.finding('pollster-failing', bad),
                 pollsters=[pollster(bad), pollster(source=bad)])
    command = write((made, polling()), (takes(host=bad), notification()))
    for arguments in (['why'], ['why', 'cpu']):
        out = command(*arguments)[1]
        assert not set(out) & set('\x1b\u202e')
        assert r'bad\x1b[2J' in out
        assert '\nsamples flow' not in out
