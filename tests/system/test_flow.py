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

from tests.system import conftest
from tests.system import sample_flow

FILE = f'file://{sample_flow.SAMPLES}?json'


def test_samples_that_flow_are_counted_and_nothing_is_unusual(
        flow: sample_flow.Flow, unit: conftest.StartUnit) -> None:
    """From the pollster to the file of the publisher."""
    flow.poll(sample_flow.source('host', 'demo.plain'))
    flow.publish(FILE)
    unit(sample_flow.NOTIFICATION)
    unit(sample_flow.POLLING)
    flow.machine.wait_for(lambda: flow.published() >= 240,
                          what='samples', unit=sample_flow.NOTIFICATION)
    report = sample_flow.worker(flow.machine, sample_flow.POLLING)
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
        assert 'REPORT_FINDING' not in whole.section('summary'), (
            whole.section('summary')['MESSAGE'])
        # no id of a project, a user or a resource
        text = str(whole.entries)
        assert '3333333333334333' not in text
        assert '2222222222224222' not in text
        assert 'r1-1' not in text


def test_pollsters_that_fail_are_named(
        flow: sample_flow.Flow, unit: conftest.StartUnit) -> None:
    """One raises, one switches itself off, a source matches nothing."""
    flow.poll(sample_flow.source('host', 'demo.raising', 'demo.permanent'),
              sample_flow.source('typo', 'dmeo.plain'))
    unit(sample_flow.POLLING)
    lines = sample_flow.told(
        flow, sample_flow.POLLING, 'pollster-switched-off')
    text = '\n'.join(lines)
    assert re.search('demo.raising of source host failed [0-9]+ times? since '
                     '[-0-9: ]+ UTC: ValueError: device is gone', text)
    assert ('demo.permanent of source host no longer polls 1 resource, '
            'because of a permanent error, until a restart') in text
    assert 'source typo matches no loaded pollster' in text


def test_pollster_that_hangs_in_a_socket_is_named(
        flow: sample_flow.Flow, unit: conftest.StartUnit) -> None:
    """With its thread, and for how long."""
    flow.server(15999, 'silent')
    flow.poll(sample_flow.source('host', 'demo.hanging'))
    unit(sample_flow.POLLING)
    lines = sample_flow.told(flow, sample_flow.POLLING, 'pollster-hanging')
    assert re.search(r'\S+ works on demo.hanging of source host since [0-9]+ '
                     's, the interval is 3 s', lines[0] + lines[1])
