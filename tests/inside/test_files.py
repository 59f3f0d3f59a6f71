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

import inspect
import json
import pathlib
import re
import types
import typing

from ceilometer.meter import notifications as meter_notifications
from ceilometer.pipeline import sample as sample_pipeline
import pytest
import yaml

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import process
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon.sections import definition_files
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import pauses
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
    path.write_text(path.read_text() + '[polling]\n'
                    'partitioning_group_prefix = secret-word\n')
    data, text, (finding,) = told(context)
    assert finding['sentence'].endswith(
        'not reloaded: [polling] partitioning_group_prefix')
    assert 'secret-word' not in text + json.dumps(data)


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


def test_only_small_files_are_parsed_in_one_call(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In that of a large one, no other thread could run."""
    parsed = []

    class Loader(yaml.CSafeLoader):
        def __init__(self, stream: str) -> None:
            parsed.append(len(stream))
            super().__init__(stream)

    monkeypatch.setattr(yaml, 'CSafeLoader', Loader)
    context = polls(tmp_path)
    path = tmp_path / 'polling.yaml'
    text = path.read_text()
    for size in (pauses.LONG_CHARS, pauses.LONG_CHARS + 1):
        path.write_text('#' * (size - len(text) - 1) + '\n' + text)
        assert len(path.read_text()) == size
        assert not told(context)[2]
    assert parsed == [pauses.LONG_CHARS]


def test_what_cannot_be_parsed_in_one_call_is_parsed_nevertheless(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Ceilometer does, or where libyaml is missing."""
    context = polls(tmp_path)
    monkeypatch.setattr(yaml, 'CSafeLoader', int)
    assert not told(context)[2]
    monkeypatch.delattr(yaml, 'CSafeLoader')
    assert not told(context)[2]


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


def pollster(name: str, **more: typing.Any) -> dict[str, typing.Any]:
    """The definition of a pollster, as an operator writes one."""
    return {'name': name, 'sample_type': 'gauge', 'unit': 'x',
            'value_attribute': 'value', 'endpoint_type': 'volume',
            'url_path': 'v3/things', **more}


def polls_defined(directory: pathlib.Path) -> section.Context:
    """A worker that has loaded two pollsters from two files of an hour ago."""
    definitions = directory / 'pollsters.d'
    definitions.mkdir()
    for name in ('one', 'two'):
        (definitions / f'{name}.yaml').write_text(yaml.safe_dump([
            pollster(name), pollster(f'{name}.not_here',
                                     namespaces=['compute'])]))
    agent = polling_agent.Agent(directory, {}, SOURCES)
    agent.conf.set_override('pollsters_definitions_dirs', [str(definitions)])
    agent.conf.set_override('polling_namespaces', ['central'])
    create = agent.manager.create_dynamic_pollsters
    # older versions load them in whatever namespace
    agent.manager.extensions = list(
        create(['central']) if inspect.signature(create).parameters
        else create())
    assert {one.name for one in agent.manager.extensions} >= {'one', 'two'}
    agent.start()
    return agent.context()


def test_pollsters_that_were_not_edited(tmp_path: pathlib.Path) -> None:
    """Each file is listed, and those for other namespaces are not missed."""
    context = polls_defined(tmp_path)
    data, text, found = told(context)
    assert not found
    assert [file['file'] for file in data['files']
            if file['kind'] == 'pollsters'] == [
        str(tmp_path / 'pollsters.d' / name)
        for name in ('one.yaml', 'two.yaml')]
    assert 'one.yaml (pollsters), modified' in text


def test_pollsters_that_were_edited(tmp_path: pathlib.Path) -> None:
    """A changed one, a new one, and one that no file defines any more."""
    context = polls_defined(tmp_path)
    definitions = tmp_path / 'pollsters.d'
    (definitions / 'one.yaml').write_text(yaml.safe_dump([
        pollster('one', url_path='v3/secret-word'), pollster('three')]))
    (definitions / 'two.yaml').unlink()
    data, text, found = told(context)
    changed, gone = (one['sentence'].partition('not reloaded: ')[2]
                     for one in found)
    assert changed == 'pollster one, pollster three'
    assert 'pollster two' in gone
    assert 'secret-word' not in text + json.dumps(data)


def test_files_of_before_the_process_are_not_parsed(
        tmp_path: pathlib.Path) -> None:
    """They are as it has read them, and may be long."""
    context = polls_defined(tmp_path)
    path = tmp_path / 'pollsters.d' / 'one.yaml'
    path.write_text('[{')
    (finding,) = told(context)[2]
    assert finding['kind'] == 'file-unreadable'
    changed = max(one.stat().st_ctime for one in (path, path.parent))
    context.daemon.armed_usec = int((changed + 60) * 1e6)
    assert not told(context)[2]


def test_meters_that_were_edited(tmp_path: pathlib.Path) -> None:
    """Those of the administrator; what the package brings is not listed."""
    conf = polling_agent.configuration(tmp_path)
    path = tmp_path / 'meters.d' / 'own.yaml'
    path.parent.mkdir()
    meter = {'name': 'own.meter', 'event_type': 'own.*', 'type': 'gauge',
             'unit': 'x', 'volume': '$.payload.volume',
             'resource_id': '$.payload.id'}
    path.write_text(yaml.safe_dump({'metric': [meter]}))
    (of_package,) = conf.meter.meter_definitions_dirs[1:]
    assert list(pathlib.Path(of_package).glob('*.yaml'))
    # without those of the package, which take seconds
    conf.set_override('meter_definitions_dirs', [str(path.parent)],
                      group='meter')
    endpoint = meter_notifications.ProcessMeterNotifications(
        conf, lambda context: None)
    assert len(list(endpoint.definitions)) == 1
    conf.set_override('meter_definitions_dirs',
                      [str(path.parent), of_package], group='meter')
    daemon = process.Daemon('example', conf)
    daemon.worker_service = types.SimpleNamespace(listeners=[
        types.SimpleNamespace(dispatcher=types.SimpleNamespace(
            endpoints=[endpoint]))])
    context = section.Context(daemon)
    data, _, found = told(context)
    assert not found
    assert [file['file'] for file in data['files']
            if file['kind'] == 'meters'] == [str(path)]
    path.write_text(yaml.safe_dump({'metric': [
        {**meter, 'unit': 'y'}, {**meter, 'name': 'new.meter'}]}))
    (finding,) = told(context)[2]
    assert finding['sentence'].endswith(
        'not reloaded: meter new.meter, meter own.meter')
