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

"""What the digest of a report says, and what it spares its reader."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import typing

import pytest

from ceilometer.diagnostics.command.findings import digest
from ceilometer.diagnostics.command.findings import stuck_threads
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import reported_threads
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import report
from tests.unit import commands
from tests.unit import journals

STOOD = f'has not moved for 10min (since report {commands.IDS[1][:12]})'

SITE = '/opt/ceilometer/lib/python3.11/site-packages'


def texts(made: parsed.Report, tmp_path: pathlib.Path) -> list[str]:
    """The digest of a report that was in a journal."""
    journals.write(tmp_path / 'digest.journal', journals.entries(made))
    journal = journal_reader.Journal(source.Source(directory=str(tmp_path)))
    found, = read.find(journal)
    return [notice.text for notice in digest.digest(
        read.load(journal, found))]


def stack(*files: str) -> reported_threads.Thread:
    """A thread that stands in functions of files, the outermost first."""
    return reported_threads.Thread(
        name='pollster', native_id=2, ident=2, state='sleeping',
        waiting_for='data to read', cpu_seconds=0.0, foreground=False,
        stack=tuple(
            reported_threads.Frame(file, number, f'call_{number}')
            for number, file in enumerate(files, 1)))


@pytest.mark.parametrize(('files', 'where'), [
    ([], ''),
    # the innermost one of Ceilometer, by the name it is known by
    ([f'{SITE}/ceilometer/polling/manager.py',
      f'{SITE}/ceilometer/keystone_client.py', f'{SITE}/requests/api.py',
      '/usr/lib/python3.11/socket.py'],
     '/usr/lib/python3.11/socket.py:4 in call_4, from '
     'ceilometer/keystone_client.py:2 in call_2'),
    (['/usr/lib/python3/dist-packages/ceilometer/sample.py',
      '/usr/lib/python3.11/socket.py'],
     '/usr/lib/python3.11/socket.py:2 in call_2, from '
     'ceilometer/sample.py:1 in call_1'),
    (['/home/me/ceilometer/ceilometer/sample.py', '/usr/lib/x.py'],
     '/usr/lib/x.py:2 in call_2, from ceilometer/sample.py:1 in call_1'),
    # it stands in Ceilometer itself
    (['/usr/lib/threading.py', f'{SITE}/ceilometer/sample.py'],
     f'{SITE}/ceilometer/sample.py:2 in call_2'),
    # of the environment's name, or of this project, there is nothing to tell
    ([f'{SITE}/ceilometer/diagnostics/run.py', f'{SITE}/amqp/channel.py',
      '/opt/ceilometer/bin/ceilometer-polling',
      '/opt/ceilometer/lib/python3.11/threading.py', '/usr/lib/x.py'],
     '/usr/lib/x.py:5 in call_5'),
])
def test_what_of_ceilometer_waits(files: list[str], where: str) -> None:
    """A call of a library says nothing of what the daemon was at."""
    assert stack(*files).where() == where


def test_frames_left_out_are_no_place() -> None:
    """Nor do they hide what is outside of them."""
    thread = stack(f'{SITE}/ceilometer/sample.py', '', '/usr/lib/x.py')
    cut = dataclasses.replace(thread, stack=(
        thread.stack[0], reported_threads.Frame(left_out=7), thread.stack[2]))
    assert cut.where() == ('/usr/lib/x.py:3 in call_3, from '
                           'ceilometer/sample.py:1 in call_1')
    cut = dataclasses.replace(thread, stack=cut.stack[:2])
    assert cut.where().startswith('[… 7 frames left out], from ')


# Stacks of Ceilometer 27's notification agent, the innermost functions.
CONSUMER = ['PollStyleListenerAdapter._runner', 'AMQPListener.poll',
            'Connection.consume', 'Connection.ensure',
            'Connection.consume.<locals>._consume', 'Connection.drain_events']
READ = ['Connection.drain_events', 'Connection.blocking_read',
        '_AbstractTransport.read_frame', 'TCPTransport._read']


@pytest.mark.parametrize(('functions', 'idle'), [
    # waits for messages
    ([*CONSUMER, *READ], True),
    # waits for the broker to accept a consumer, or a message of its own
    ([*CONSUMER[:-1], 'Consumer.consume', 'AbstractChannel.wait', *READ],
     False),
    (['Connection.notify_send', 'Channel._basic_publish_confirm',
      'AbstractChannel.wait', *READ], False),
    # works on a message
    (['PollStyleListenerAdapter._runner', 'dispatch', 'read'], False),
    (['KafkaListener.poll', 'ConsumerConnection.consume',
      'ConsumerConnection._poll_messages'], True),
    (['ConsumerConnection._poll_messages', 'on_error'], False),
])
def test_who_waits_for_messages_is_not_stuck(functions: list[str],
                                             idle: bool) -> None:
    """A consumer stands in one place for as long as nothing comes."""
    thread = dataclasses.replace(stack(), stack=tuple(
        reported_threads.Frame(file='/x.py', line=1, function=function)
        for function in functions))
    assert stuck_threads.is_idle(thread) is idle
    # whatever it stands in: who computes is not idle
    assert not stuck_threads.is_idle(
        dataclasses.replace(thread, state='running'))


def test_a_stuck_thread_is_named_once(command: commands.Command) -> None:
    """That it waits for a lock is not said again of one that has not moved."""
    _, out, _ = command('show', commands.IDS[3], '--json')
    told = json.loads(out)
    named = [notice for notice in told['digest']
             if 'pollster' in notice['text']]
    assert [notice['level'] for notice in named] == ['bad']
    assert named[0]['kind'] == 'thread-without-progress'
    assert STOOD in named[0]['text']
    # the first of a process is compared with nothing; that threads work, or
    # wait for a lock, is nothing unusual
    _, out, _ = command('show', commands.IDS[1], '--json')
    told = json.loads(out)['digest']
    assert not [one for one in told if 'pollster' in one['text']]
    assert ('plain', '3 threads, 3 stacks, 1 waiting for a lock') in [
        (one['level'], one['text']) for one in told]


@pytest.mark.parametrize(('cpu_seconds', 'told'), [(0.9, True), (1.1, False)])
def test_a_thread_that_computes_does_not_stand_still(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        cpu_seconds: float, told: bool) -> None:
    """It works, whichever line it is met at."""
    parts = [commands.sections(), commands.sections()]
    for stack in parts[1][0].data['stacks']:
        stack['threads'][0]['cpu_seconds'] = cpu_seconds
    journals.write(tmp_path / 'x.journal', [
        entry for number, sections in enumerate(parts)
        for entry in journals.entries(
            journals.make_report(sections),
            time_usec=journals.TIME_USEC + number * commands.MINUTE)])
    code, out, _ = commands.Command(tmp_path, capsys)('show')
    assert code == 0
    assert ('thread "pollster"' in out.partition('Package')[0]) is told


@pytest.mark.parametrize('anonymous', [[], ['--anonymize']])
@pytest.mark.parametrize('form', ['text', 'json', 'html'])
def test_an_export_tells_what_stood_still(
        command: commands.Command, form: str, anonymous: list[str]) -> None:
    """Also where the report before is no part of it."""
    code, out, _ = command('export', commands.IDS[3], f'--format={form}',
                           *anonymous)
    assert code == 0
    assert STOOD in out


@pytest.mark.parametrize(('process', 'told'), [
    ('worker', True), ('master', False)])
def test_options_that_are_none(tmp_path: pathlib.Path, process: str,
                               told: bool) -> None:
    """A master loads few of the libraries that the files have options of."""
    data: dict[str, typing.Any] = {
        'known': True, 'files': [], 'options': [], 'unregistered': [
            {'group': 'DEFAULT', 'name': 'transport_ulr', 'value': 'x'},
            {'group': 'cache', 'name': 'backend', 'value': 'x',
             'of_library': True}]}
    made = journals.make_report(
        [report.Section('configuration', 'Configuration', '', data)],
        process=process)
    line = ('set in the files, but unknown to this process: '
            '[DEFAULT] transport_ulr')
    found = texts(made, tmp_path)
    assert (line in found) is told
    # a library has it, and has only not been asked for it yet
    assert '[cache] backend' not in str(found)


@pytest.mark.parametrize(('data', 'where'), [
    ({'memory_kib': 5}, 'memory_kib: expected an object'),
    ({'memory_kib': {'VmRSS': 'much'}},
     'memory_kib.VmRSS: expected a whole number'),
    ({'file_descriptors': [1]}, 'file_descriptors: expected an object')])
def test_data_of_another_shape(tmp_path: pathlib.Path,
                               data: dict[str, typing.Any],
                               where: str) -> None:
    """The section is named, and the rest of the digest is there."""
    made = journals.make_report(
        [report.Section('resources', 'Resources', '', data)], as_is=True)
    told = texts(made, tmp_path)
    assert 'version 27.0.0' in told
    assert (f'notice: unexpected data: section resources: {where} '
            '[data-unexpected]') in told


def section(data: dict[str, typing.Any], name: str = 'resources',
            status: str = 'ok') -> report.Section:
    """A section with this data."""
    return report.Section(name, name, 'x', data, status)


@pytest.mark.parametrize(('part', 'mark', 'line'), [
    (section({'file_descriptors': {'count': 820}, 'limits': {
        'open files': [1024, 2048]}}), ' ',
     '820 file descriptors of 1024'),
    (section({'memory_kib': {'VmRSS': 2048, 'VmHWM': 3072}}), ' ',
     'memory 2.0 MiB, peak 3.0 MiB'),
    (section({'memory_kib': {'VmRSS': 2048, 'VmSwap': 1536}}), ' ',
     'memory 2.0 MiB, 1.5 MiB swapped out'),
    (section({'known': False}, 'configuration'), '*',
     'notice: the configuration is not known [configuration-unknown]'),
    (section({'reason': 'slow'}, 'threads', 'timeout'), '*',
     'notice: section threads: timeout, slow [section-failed]'),
    (section({'reason': 'large'}, 'threads', 'truncated'), '*',
     'notice: section threads: truncated [section-truncated]'),
    (section({'stacks': [commands.thread('x', 1, 5, None, 'running')]},
             'threads'), ' ', '1 thread, 1 stack, 1 running'),
])
def test_what_is_unusual_is_said_and_marked(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        part: report.Section, mark: str, line: str) -> None:
    """``!`` for what is wrong, ``*`` for what is odd, before all that is not.
    """
    made = journals.make_report([part])
    made.sections[-1].data['findings'] = [
        findings.finding('pollster-failing', 'device is gone')]
    journals.write(tmp_path / 'x.journal', journals.entries(made))
    # the text of an export has no verdict above it
    _, out, _ = commands.Command(tmp_path, capsys)('export')
    told = out.partition('Digest\n')[2].partition('\n\n')[0].splitlines()
    assert f'{mark} {line}' in told
    assert '  version 27.0.0' in told
    marks = [one[0] for one in told]
    assert marks == sorted(marks, key='!* '.index) and marks[0] == '!'


@pytest.mark.parametrize(('process', 'told'), [
    ('worker', True), ('master', True), ('forkserver', False)])
def test_a_forkserver_needs_no_configuration(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        process: str, told: bool) -> None:
    """That it has none is nothing unusual."""
    journals.write(tmp_path / 'x.journal', journals.entries(
        journals.make_report([section({'known': False}, 'configuration')],
                             process=process)))
    _, out, _ = commands.Command(tmp_path, capsys)('show')
    assert f'{process}' in out
    assert ('the configuration is not known' in out) == told


@pytest.mark.parametrize(('merged', 'line'), [
    (1, 'answers 1 more trigger'), (3, 'answers 3 more triggers')])
def test_what_a_report_answers_besides(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        merged: int, line: str) -> None:
    """Whoever has asked meanwhile."""
    made = journals.make_report()
    made.sections[-1].data['trigger']['merged'] = merged
    journals.write(tmp_path / 'x.journal', journals.entries(made))
    _, out, _ = commands.Command(tmp_path, capsys)('show')
    told = out.partition('Digest\n')[2].partition('\n\n')[0].splitlines()
    assert f'  {line}' in told


@pytest.mark.parametrize(('age', 'told'), [(29.0, False), (31.0, True)])
def test_who_starts_has_not_read_the_configuration_yet(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        age: float, told: bool) -> None:
    """That is nothing unusual."""
    journals.write(tmp_path / 'x.journal', journals.entries(
        journals.make_report([
            section({'known': False}, 'configuration'),
            section({'armed_for_seconds': age})])))
    _, out, _ = commands.Command(tmp_path, capsys)('show')
    assert ('[configuration-unknown]' in out) is told
    assert out.startswith('nothing unusual\n') is not told


@pytest.mark.parametrize(('usec', 'level'), [
    (29_999_000, 'odd'), (30_001_000, 'bad')])
def test_a_thread_that_stands_for_long_is_wrong(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        usec: int, level: str) -> None:
    """A short while may be what its work takes."""
    journals.write(tmp_path / 'x.journal', [
        entry for at in (0, usec) for entry in journals.entries(
            journals.make_report(commands.sections()),
            time_usec=journals.TIME_USEC + at)])
    _, out, _ = commands.Command(tmp_path, capsys)('show', '--json')
    notice, = (one for one in json.loads(out)['digest']
               if '"pollster"' in one['text'])
    assert 'has not moved' in notice['text']
    assert notice['level'] == level


def test_errors_stand_before_warnings(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever has found them: the daemon, or who compares two reports."""
    given = []
    for minute in (0, 1):
        made = journals.make_report(commands.sections()[:1])
        made.sections[-1].data['findings'] = [
            findings.finding('pollster-failing', 'device is gone')]
        given += journals.entries(
            made, time_usec=journals.TIME_USEC + minute * commands.MINUTE)
    journals.write(tmp_path / 'x.journal', given)
    _, out, _ = commands.Command(tmp_path, capsys)('export')
    told = out.partition('Digest\n')[2].splitlines()
    assert [line.partition(': ')[0] for line in told[:3]] == [
        '! error', '! error', '! warning']
    assert told[0].startswith('! error: thread "pollster"')


def test_one_cause_absorbs_what_the_reader_finds(
        tmp_path: pathlib.Path) -> None:
    """Whoever has found either."""
    made = journals.make_report()
    made.sections[-1].data['findings'] = [findings.finding(
        'broker-unreachable', 'the broker is down')]
    journals.write(tmp_path / 'x.journal', journals.entries(made))
    journal = journal_reader.Journal(source.Source(directory=str(tmp_path)))
    found, = read.find(journal)
    told = digest.digest(read.load(journal, found), more=[
        findings.finding('nothing-sent', 'no sample was sent'),
        findings.finding('zombies', 'a child has ended')])
    assert [one.kind for one in told if one.kind is not None] == [
        'broker-unreachable', 'zombies']


def test_what_the_summary_tells_is_told_once(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The reader tells of a section that failed only where nobody has."""
    made = journals.make_report([section({'reason': 'slow'}, 'x', 'timeout')])
    *others, summary = made.sections
    summary.data['findings'] = [findings.finding(
        'section-failed', 'section x could not be collected: slow')]
    journals.write(tmp_path / 'x.journal', journals.entries(
        dataclasses.replace(made, sections=(
            *others, summary._replace(findings=('section-failed',))))))
    _, out, _ = commands.Command(tmp_path, capsys)('show', '--json')
    assert [one['text'] for one in json.loads(out)['digest']
            if one['kind'] == 'section-failed'] == [
        'notice: section x could not be collected: slow [section-failed]']
