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

"""Where samples end, told from what Ceilometer's own classes have done.

The data are those that a report has of them; the verb reads them from a
journal.
"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import json
import pathlib
import typing

from ceilometer.pipeline import sample as sample_pipeline
import pytest

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import notification_text
from ceilometer.diagnostics.daemon import polling_text
from ceilometer.diagnostics.daemon.sections import notifications
from ceilometer.diagnostics.daemon.sections import pipelines
from ceilometer.diagnostics.daemon.sections import polling
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import report
from tests.inside import polling_agent
from tests.inside import test_notifications
from tests.unit import commands
from tests.unit import journals

SOURCE = {'name': 'host', 'interval': 10, 'meters': ['demo.plain'],
          'resources': ['r1']}


def written(path: pathlib.Path, sender: journals.Sender,
            found: list[contents.Finding], **data: typing.Any) -> None:
    """Write a worker's report to a journal.

    :param found: what its process finds unusual
    :param data: of its sections, by their names
    """
    made = journals.make_report(
        report.Section(name, name, 'x', escape.data(of_section))
        for name, of_section in data.items())
    *parts, summary = made.sections
    made = dataclasses.replace(made, sections=(*parts, summary._replace(
        data={**summary.data, 'findings': findings.ordered(found)})))
    journals.write(path, journals.entries(made, sender))


@pytest.fixture
def agent(tmp_path: pathlib.Path) -> Iterator[polling_agent.Agent]:
    """A worker that has polled twice, one pollster of two."""
    one = polling_agent.Agent(tmp_path, {
        'demo.plain': lambda resources: polling_agent.samples(
            'demo.plain', 60),
        'demo.other': lambda resources: []}, [SOURCE])
    one.start()
    for _ in range(2):
        for task in one.tasks().values():
            one.manager.interval_task(task)
    one.plan()
    yield one
    one.stop()


@pytest.mark.parametrize(('publisher', 'code', 'verdict'), [
    ('file://{0}/samples?json', 0, 'samples flow: 120 polled, 120 sent, 4 '
     'messages taken, 120 published to file://{0}/samples?json, the last '),
    ('nosuch://', 1, 'samples are taken and not published: error: publisher '
     'nosuch:// could not be loaded: ')], ids=['flow', 'publisher'])
def test_reports_of_what_has_really_been_done(
        agent: polling_agent.Agent, tmp_path: pathlib.Path,
        capsys: pytest.CaptureFixture[str], publisher: str, code: int,
        verdict: str) -> None:
    """Both daemons' numbers meet in one line."""
    polled: typing.Any = polling.collect(agent.context()).data
    (tmp_path / 'pipeline.yaml').write_text(json.dumps({
        'sources': [{'name': 'all', 'meters': ['*'], 'sinks': ['out']}],
        'sinks': [{'name': 'out', 'publishers': [
            publisher.format(tmp_path)]}]}))
    agent.conf.set_override(
        'pipeline_cfg_file', str(tmp_path / 'pipeline.yaml'))
    manager = sample_pipeline.SamplePipelineManager(agent.conf)
    listener = test_notifications.listener(test_notifications.Endpoint())
    for number in range(4):
        listener.dispatcher.dispatch([test_notifications.Incoming(number)])
        test_notifications.publish(manager, 30)
    context = test_notifications.context(
        test_notifications.NotificationService([manager], [listener]))
    taken: typing.Any = notifications.collect(context).data
    published: typing.Any = pipelines.collect(context).data
    journal = tmp_path / 'journal'
    journal.mkdir()
    written(journal / 'a.journal', journals.Sender(),
            polling_text.find(polled), polling=polled)
    written(journal / 'b.journal', dataclasses.replace(
        journals.Sender(), pid=190,
        unit='ceilometer-agent-notification.service'),
        notification_text.find_pipelines(published),
        notifications=taken, pipelines=published)
    command = commands.Command(journal, capsys)
    ended, out, err = command('why')
    assert (ended, err) == (code, '')
    assert out.startswith(verdict.format(tmp_path)), out
    assert '120 samples of demo.plain, the last ' in out
    ended, out, err = command('why', 'demo.other')
    assert (ended, err) == (1, '')
    assert out.startswith('samples of demo.other are not polled: error: no '
                          'source of polling.yaml asks for demo.other; '
                          'sources: host (demo.plain) '), out
