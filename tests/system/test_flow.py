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
"""Samples flow, or do not: what the reports of real daemons say of it."""

from __future__ import annotations

import re
import time
import typing

import pytest

from tests.system import command
from tests.system import conftest
from tests.system import sample_flow
from tests.system import versions

FILE = f'file://{sample_flow.SAMPLES}?json'


def test_samples_that_flow_are_counted_and_nothing_is_unusual(
        unit: conftest.StartUnit, flow: sample_flow.Flow) -> None:
    """From the pollster to the file of the publisher."""
    flow.poll(sample_flow.source('host', 'demo.plain'))
    flow.publish(FILE)
    unit(sample_flow.NOTIFICATION)
    unit(sample_flow.POLLING)
    flow.machine.wait_for(lambda: flow.published() >= 240,
                          what='samples', unit=sample_flow.NOTIFICATION)

    def between_two_polls() -> typing.Any:
        # one that polls at that moment has sent nothing yet
        made = sample_flow.worker(flow.machine, sample_flow.POLLING)
        pollsters = sample_flow.data(made, 'polling')['pollsters']
        return all(one['samples'] for one in pollsters) and made

    report = flow.machine.wait_for(
        between_two_polls, what='a report between two polls')
    polling = sample_flow.data(report, 'polling')
    assert (polling['state'], polling['unknown']) == ('polling', [])
    assert polling['host'] == flow.machine.name
    assert polling['samples_sent'] >= 240
    assert polling['samples_lost'] == 0
    pollster, = polling['pollsters']
    assert (pollster['pollster'], pollster['failed']) == ('demo.plain', 0)
    assert (pollster['samples'], pollster['resources']) in (
        (120, 1), (120, None))
    cycle, = polling['cycles']
    assert cycle['interval_seconds'] == sample_flow.INTERVAL_SECONDS
    assert cycle['overdue_seconds'] is None
    for unit_name in (sample_flow.POLLING, sample_flow.NOTIFICATION):
        whole = sample_flow.worker(flow.machine, unit_name)
        # this machine has not all that the daemons look for as they start
        assert {one['kind'] for one in sample_flow.data(
            whole, 'summary')['findings']} <= {'errors-logged'}, (
                sample_flow.head(whole))
        # no id of a project, a user or a resource
        text = str(whole.entries)
        assert '3333333333334333' not in text
        assert '2222222222224222' not in text
        assert 'r1-1' not in text
    told = sample_flow.why(flow)
    assert re.match(
        r'samples flow: [0-9,]{3,} polled, [0-9,]{3,} sent, [0-9]+ messages '
        r'taken, [0-9,]{3,} published to file:///var/lib/ceilometer/samples'
        r'\.json\?json, the last [0-9]+ s before the report\n', told), told
    assert re.search(r'^ {2}sent {7}[0-9,]{3,} samples in [0-9]+ messages to '
                     '127.0.0.1:5672, the last ', told, re.MULTILINE), told
    assert f'{sample_flow.POLLING}: source host, every 3 s, ' in (
        sample_flow.why(flow, 'demo.plain'))


def test_pollsters_that_fail_are_named(
        unit: conftest.StartUnit, flow: sample_flow.Flow) -> None:
    """One raises, one switches itself off, a source matches nothing."""
    flow.poll(sample_flow.source('host', 'demo.raising', 'demo.permanent'),
              sample_flow.source('typo', 'dmeo.plain'))
    since = f'@{time.time():.6f}'
    unit(sample_flow.POLLING)
    text = sample_flow.told(
        flow, sample_flow.POLLING, 'pollster-failing',
        'pollster-switched-off', 'source-without-pollster')
    assert re.search('demo.raising of source host failed [0-9]+ times? since '
                     '[-0-9: ]+ UTC: ValueError: device is gone', text)
    assert ('demo.permanent of source host no longer polls 1 resource, '
            'because of a permanent error, until a restart') in text
    assert 'source typo matches no loaded pollster' in text
    assert sample_flow.why(
        flow, f'--since={since}', 'demo.raising').startswith(
        'samples of demo.raising are not polled: warning: demo.raising of '
        'source host failed ')


def test_pollster_that_hangs_in_a_socket_is_named(
        unit: conftest.StartUnit, flow: sample_flow.Flow) -> None:
    """With its thread, and for how long."""
    flow.server(15999, 'silent')
    flow.poll(sample_flow.source('host', 'demo.hanging'))
    unit(sample_flow.POLLING)
    text = sample_flow.told(flow, sample_flow.POLLING, 'pollster-hanging')
    assert re.search(r'\S+ works on demo.hanging of source host since [0-9]+ '
                     's, the interval is 3 s', text)


def test_pollsters_that_wait_for_ever_are_named(
        unit: conftest.StartUnit, flow: sample_flow.Flow) -> None:
    """One for a child process, one for a future, one for a lock.

    They have cycles of their own: older versions poll in one thread each.
    """
    flow.poll(*(sample_flow.source(name, f'demo.{name}', interval=interval)
                for name, interval in (
                    ('child', 3), ('future', 4), ('locked', 5))))
    # it waits for them to end as it stops
    unit(sample_flow.POLLING, dropin='[Service]\nTimeoutStopSec=1\n')
    waits = r' of source {0} since [0-9]+ s, the interval is [345] s'
    text = sample_flow.told(
        flow, sample_flow.POLLING, 'pollster-hanging', sentence=(
            '(?s)' + '.*'.join(rf'works on demo\.{name}{waits.format(name)}'
                               for name in ('child', 'future', 'locked'))))
    assert text.count('[pollster-hanging]') == 3
    sample_flow.asked(flow, sample_flow.POLLING,
                      'error: .* works on demo.*pollster-hanging')


def test_broker_that_never_answers_is_named(
        unit: conftest.StartUnit, flow: sample_flow.Flow) -> None:
    """It takes the connection, and that is all."""
    flow.server(15999, 'silent')
    flow.poll(sample_flow.source('host', 'demo.plain'))
    unit(sample_flow.POLLING, config=(
        '[DEFAULT]\ntransport_url = rabbit://u:pass-word-9@127.0.0.1:15999/\n'
    ))
    sentence = ('error: the broker 127.0.0.1:15999 does not answer since '
                '[-0-9: ]+ UTC, [0-9]+ (try|tries): .*timed out')
    text = sample_flow.told(
        flow, sample_flow.POLLING, 'broker-silent', sentence=sentence)
    # they follow from it
    assert 'pollster-hanging' not in text
    assert 'samples-lost' not in text
    assert 'pass-word-9' not in sample_flow.asked(
        flow, sample_flow.POLLING, sentence)


@pytest.mark.parametrize(('answers', 'error'), [
    ('keystone', r'Unauthorized: The request you have made requires '
     r'authentication. \(HTTP 401\)'),
    (None, 'ConnectFailure: '), ('silent', '')],
    ids=['refuses', 'away', 'silent'])
def test_keystone_that_fails_is_named(
        unit: conftest.StartUnit, flow: sample_flow.Flow, answers: str | None,
        error: str) -> None:
    """The pollsters that need it are one finding."""
    if answers is not None:
        flow.server(5000, answers)
    flow.poll({'name': 'cloud', 'interval': sample_flow.INTERVAL_SECONDS,
               'meters': ['demo.plain', 'demo.raising'],
               'discovery': ['demo_cloud']})
    unit(sample_flow.POLLING)
    sentence = (
        'Keystone fails: 2 pollsters of source cloud get nothing, [0-9]+ '
        f'times? since [-0-9: ]+ UTC: .*{error}' if error else
        'Keystone does not answer: .* of source cloud waits? for it since '
        '[0-9]+ s, the interval is 3 s')
    kind = 'keystone-failing'
    if not error and versions.is_oldest(flow.machine):
        # it waits in the hub of eventlet, where nothing tells for what
        sentence = r'\S+ works on demo.* of source cloud since [0-9]+ s, '
        kind = 'pollster-hanging'
    sample_flow.told(flow, sample_flow.POLLING, kind,
                     sentence=f'error: {sentence}')
    if kind == 'pollster-hanging':
        made = sample_flow.worker(flow.machine, sample_flow.POLLING)
        assert 'demo_pollsters.py' in made.section('green-threads')['MESSAGE']
    sample_flow.asked(flow, sample_flow.POLLING, f'error: {sentence}')


def test_broker_that_stops_is_named(
        unit: conftest.StartUnit, flow: sample_flow.Flow,
        patient: conftest.Patient) -> None:
    """By both daemons; and no more, when it is there again.

    The one that polls has lived for long then: it grows, as a second fault.
    """
    flow.poll(sample_flow.source('host', 'demo.plain'))
    flow.publish(FILE)
    unit(sample_flow.NOTIFICATION)
    unit(sample_flow.POLLING, dropin=patient('grow'))
    flow.machine.wait_for(lambda: flow.published() >= 120,
                          what='samples', unit=sample_flow.NOTIFICATION)
    flow.stop_broker()
    for name in (sample_flow.POLLING, sample_flow.NOTIFICATION):
        # the first try may be cut off by the broker that ends
        sample_flow.told(
            flow, name, 'broker-unreachable', sentence='the broker '
            '127.0.0.1:5672 is unreachable since [-0-9: ]+ UTC, [0-9]+ tries: '
            '.*Connection refused')
    told = sample_flow.why(flow)
    assert told.startswith(
        'samples are polled and not sent: error: the broker 127.0.0.1:5672 '
        'is unreachable since '), told
    assert re.search('^! sent .*\n    error: the broker .*\n! taken .*\n'
                     r'    the same \[broker-unreachable\], in ', told,
                     re.MULTILINE), told
    flow.start_broker()
    for name in (sample_flow.POLLING, sample_flow.NOTIFICATION):
        flow.machine.wait_for(
            lambda name=name: 'broker-unreachable' not in str(sample_flow.data(
                sample_flow.worker(flow.machine, name), 'summary')),
            what='a broker that is there again', unit=name)
    grows_and_leaves_children_behind(flow)


def grows_and_leaves_children_behind(flow: sample_flow.Flow) -> None:
    """Zombies are told by one report, growth by two."""
    # when all that was lost is history
    sample_flow.told(flow, sample_flow.POLLING, 'zombies',
                     sentence=r'\Anotice: ')
    worker, = flow.machine.workers(sample_flow.POLLING)
    # a process that has just started has not grown
    flow.machine.wait_for(
        lambda: int(flow.machine.run(
            ['ps', '-o', 'etimes=', '-p', str(worker)]).stdout) > 31,
        what='half a minute of its life', unit=sample_flow.POLLING)
    sample_flow.asked(flow, sample_flow.POLLING, r'\[zombies\]')
    runtime = '/run/ceilometer/agent-compute'
    flow.machine.run(['touch', f'{runtime}/grow'])
    flow.machine.wait_for(
        flow.machine.path(f'{runtime}/grown').exists,
        what='its growth', unit=sample_flow.POLLING)
    sample_flow.asked(
        flow, sample_flow.POLLING,
        '(?s)warning: memory has grown from [0-9]+ to [0-9]+ MiB in .*'
        'warning: the number of threads has grown from [0-9]+ to 2[0-9]+ in '
        '.*warning: the number of open file descriptors has grown from ')


def test_broker_that_refuses_the_password_is_named(
        unit: conftest.StartUnit, flow: sample_flow.Flow) -> None:
    """It is there, and lets nobody in."""
    flow.machine.run(['rabbitmqctl', 'change_password', 'ceilometer', 'other'])
    flow.poll(sample_flow.source('host', 'demo.plain'))
    unit(sample_flow.POLLING)
    text = sample_flow.told(flow, sample_flow.POLLING, 'broker-refused')
    assert re.search('the broker 127.0.0.1:5672 refuses the login since .*'
                     'ACCESS_REFUSED', text), text
    assert 'broker-secret' not in text


def test_broker_that_blocks_is_named(
        unit: conftest.StartUnit, flow: sample_flow.Flow) -> None:
    """It has no memory left, and takes no messages."""
    flow.poll(sample_flow.source('host', 'demo.plain'))
    unit(sample_flow.POLLING)
    flow.machine.wait_for(
        lambda: sample_flow.data(sample_flow.worker(
            flow.machine, sample_flow.POLLING), 'polling')['samples_sent'],
        what='samples', unit=sample_flow.POLLING)
    flow.machine.run(['rabbitmqctl', 'set_vm_memory_high_watermark',
                      'absolute', '1'])
    text = sample_flow.told(flow, sample_flow.POLLING, 'broker-blocked')
    assert re.search('the broker has blocked a connection since', text)


def test_publishers_that_fail_are_named(
        unit: conftest.StartUnit, flow: sample_flow.Flow) -> None:
    """One is refused, one cannot be loaded; the file gets all samples."""
    flow.server(15998, '500')
    flow.poll(sample_flow.source('host', 'demo.plain'))
    flow.publish(FILE, 'http://u:pass-word-9@127.0.0.1:15998/x', 'nosuch://')
    unit(sample_flow.NOTIFICATION)
    unit(sample_flow.POLLING)
    text = sample_flow.told(
        flow, sample_flow.NOTIFICATION, 'publisher-failing',
        'publisher-not-loaded',
        sentence=r'publisher http://\S+ failed [0-9]+ of [0-9]+ times?, since '
        '[-0-9: ]+ UTC: HTTPError: 500 Server Error')
    assert 'publisher nosuch:// could not be loaded: ' in text
    report = sample_flow.worker(flow.machine, sample_flow.NOTIFICATION)
    data = sample_flow.data(report, 'pipelines')
    file, = (one for one in data['publishers'] if one['url'] == FILE)
    assert (file['failed'], file['loaded']) == (0, True)
    assert file['published'] >= 120
    assert data['taken'] > 0
    listener, = sample_flow.data(report, 'notifications')['listeners']
    assert (listener['host'], listener['virtual_host'],
            listener['connected']) == ('127.0.0.1:5672', '/', True)
    assert listener['messages'] > 0
    assert 'notifications.sample' in listener['queues']
    assert 'pass-word-9' not in str(report.entries)
    sample_flow.worker(flow.machine, sample_flow.POLLING)
    why = sample_flow.why(flow)
    assert why.startswith('samples flow, but not all: error: publisher '
                          'nosuch:// could not be loaded: '), why
    assert re.search('^[*] published .*\n(.*\n)?    error: publisher http://'
                     r'\S+ failed [0-9]+ of ', why, re.MULTILINE), why
    assert 'pass-word-9' not in why


def test_leaks_are_named(
        unit: conftest.StartUnit, flow: sample_flow.Flow) -> None:
    """Of memory, descriptors, children and threads, one after the other."""
    flow.poll(sample_flow.source('host', 'demo.leaking', 'demo.plain'))
    unit(sample_flow.POLLING)
    leak = '/var/lib/ceilometer/leak'
    # what has just been started grows, and that is no leak
    flow.machine.wait_for(
        lambda: sample_flow.data(sample_flow.worker(
            flow.machine, sample_flow.POLLING), 'resources')[
                'armed_for_seconds'] > 35,
        what='a worker that has run for a while', unit=sample_flow.POLLING)
    try:
        for what, sentence in (
                ('memory', r'memory has grown from [0-9,]+ to [0-9,]+ MiB in '
                 r'.*, [0-9,]+ MiB a minute'),
                ('descriptors', r'open file descriptors has grown from [0-9]+ '
                 r'to [0-9]+ in .*; 200 more are /dev/null'),
                ('zombies', '5 child processes have ended, but this process '
                 'has not taken up their exit status: true'),
                ('threads', r'30[0-9][0-9] threads are running; 3000 of them '
                 'stand at ')):
            flow.machine.write_file(leak, what)
            flow.machine.wait_for(
                lambda sentence=sentence: re.search(sentence, '\n'.join(
                    command.run(flow.machine, 'trigger', sample_flow.POLLING
                                ).splitlines()[:3])),
                what=sentence, unit=sample_flow.POLLING)
    finally:
        flow.machine.run(['rm', '-f', leak])


def test_file_that_was_edited_and_not_reloaded_is_named(
        unit: conftest.StartUnit, flow: sample_flow.Flow) -> None:
    """And no more, when the daemon has been restarted."""
    flow.poll(sample_flow.source('host', 'demo.plain'))
    unit(sample_flow.POLLING)
    flow.machine.wait_for(
        lambda: sample_flow.data(sample_flow.worker(
            flow.machine, sample_flow.POLLING), 'polling')['samples_sent'],
        what='samples', unit=sample_flow.POLLING)
    flow.poll(sample_flow.source('host', 'demo.plain', interval=60),
              sample_flow.source('more', 'demo.plain'))
    text = sample_flow.told(
        flow, sample_flow.POLLING, 'file-not-reloaded')
    assert re.search('/etc/ceilometer/polling.yaml was changed at [-0-9: ]+ '
                     'UTC and not reloaded: source host, source more', text)
    flow.machine.systemctl('restart', sample_flow.POLLING)
    flow.machine.wait_for(
        lambda: sample_flow.data(sample_flow.worker(
            flow.machine, sample_flow.POLLING), 'polling')['cycles'],
        what='a worker that polls', unit=sample_flow.POLLING)
    report = sample_flow.worker(flow.machine, sample_flow.POLLING)
    assert 'file-not-reloaded' not in str(
        sample_flow.data(report, 'summary')['findings'])
