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

"""Files that were edited and not reloaded, on Ceilometer's own classes."""

from __future__ import annotations

import json
import pathlib
import re
import typing

from ceilometer.pipeline import sample as sample_pipeline
import yaml

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import process
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon.sections import definition_files
from ceilometer.diagnostics import escape
from tests.inside import polling_agent

SOURCES = [{'name': 'one', 'interval': 10, 'meters': ['a']},
           {'name': 'two', 'interval': 20, 'meters': ['b']}]


def told(context: section.Context) -> tuple[
        contents.Files, str, list[contents.Finding]]:
    """The section's data and text, and what is unusual in it."""
    data: typing.Any = definition_files.collect(context).data
    json.dumps(data)
    clean = escape.data(data)
    return (data, definition_files.render(clean),
            definition_files.find(clean))


def polls(directory: pathlib.Path) -> section.Context:
    """A worker that has read polling.yaml."""
    agent = polling_agent.Agent(directory, {}, SOURCES)
    agent.start()
    return agent.context()


def test_files_that_were_not_edited(tmp_path: pathlib.Path) -> None:
    """Nor are they by an editor that only saves them."""
    context = polls(tmp_path)
    path = tmp_path / 'polling.yaml'
    path.write_text('# a comment\n' + path.read_text())
    data, text, found = told(context)
    assert not found
    assert [(file['kind'], file['file']) for file in data['files']] == [
        ('polling', str(path)),
        ('configuration', str(tmp_path / 'ceilometer.conf'))]
    assert text.count('as it was read') == 2


def test_polling_that_was_edited(tmp_path: pathlib.Path) -> None:
    """The sources that differ are named."""
    context = polls(tmp_path)
    (tmp_path / 'polling.yaml').write_text(yaml.safe_dump({'sources': [
        SOURCES[0], {**SOURCES[1], 'interval': 60},
        {'name': 'three', 'interval': 5, 'meters': ['c']}]}))
    (finding,) = told(context)[2]
    assert finding['kind'] == 'file-not-reloaded'
    assert re.fullmatch(
        '.*/polling.yaml was changed at [-0-9: ]+ UTC and not reloaded: '
        'source three, source two', finding['sentence'])


def test_option_that_was_edited(tmp_path: pathlib.Path) -> None:
    """Its name is told, and not its value."""
    context = polls(tmp_path)
    path = tmp_path / 'ceilometer.conf'
    path.write_text(path.read_text() + '[polling]\nbatch_size = 4711\n')
    data, text, (finding,) = told(context)
    assert finding['sentence'].endswith(
        'not reloaded: [polling] batch_size')
    assert '4711' not in text + json.dumps(data)


def test_file_that_cannot_be_read(tmp_path: pathlib.Path) -> None:
    """What is wrong in it is not quoted: it may be secret."""
    context = polls(tmp_path)
    (tmp_path / 'polling.yaml').write_text('sources: [{secret-word')
    data, text, (finding,) = told(context)
    assert finding['kind'] == 'file-unreadable'
    assert 'secret-word' not in text + json.dumps(data)
    (tmp_path / 'ceilometer.conf').unlink()
    assert any('No such file' in one['sentence']
               for one in told(context)[2])


def test_pipelines_that_were_edited(tmp_path: pathlib.Path) -> None:
    """Sources and sinks; a sink that nothing uses was never read."""
    conf = polling_agent.configuration(tmp_path)
    path = tmp_path / 'pipeline.yaml'
    wanted: dict[str, typing.Any] = {
        'sources': [{'name': 'all', 'meters': ['*'], 'sinks': ['out']}],
        'sinks': [{'name': 'out', 'publishers': ['test://']},
                  {'name': 'unused', 'publishers': ['test://']}]}
    path.write_text(json.dumps(wanted))
    conf.set_override('pipeline_cfg_file', str(path))

    class Service:
        managers: typing.ClassVar[list[typing.Any]] = [
            sample_pipeline.SamplePipelineManager(conf)]

    daemon = process.Daemon('example', conf)
    daemon.worker_service = Service()
    context = section.Context(daemon)
    assert not told(context)[2]
    wanted['sinks'][0]['publishers'].append('gnocchi://')
    path.write_text(json.dumps(wanted))
    (finding,) = told(context)[2]
    assert finding['sentence'].endswith('not reloaded: sink out')
