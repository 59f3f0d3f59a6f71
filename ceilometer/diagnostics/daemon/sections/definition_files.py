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

"""Section ``files``: what the process has read, and how the disk differs now.

Each file is parsed again and compared with what the daemon runs with: that is
exact, and needs neither a checksum nor a hook. Of what differs names are told,
and no value.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import functools
import os
import sys
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import definition_directories
from ceilometer.diagnostics.daemon import phrases
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import work_told
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import pauses

#: A larger file is not parsed again.
FILE_BYTES_MAX = 2_000_000

#: How many names of what differs are told of a file.
NAMES_MAX = 20


def collect(context: section.Context) -> section.Content:
    """Parse the files again, and compare."""
    moments = work_told.Moments()
    data: contents.Files = {
        'time_usec': moments.usec(moments.now), 'files': []}
    conf: Any = context.daemon.conf
    service = context.daemon.worker_service
    if conf is None:
        return section.Content(data=data)
    manager = getattr(service, 'polling_manager', None)
    if manager is not None:
        data['files'].append(_compare(
            'polling', _resolve(conf, conf.polling.cfg_file),
            lambda path: _yaml_differs(path, {
                'sources': [source.cfg for source in manager.sources]})))
    for each in list(getattr(service, 'managers', None) or ()):
        data['files'].append(_pipelines(conf, each))
    data['files'] += _directories(
        conf, service, context.daemon.armed_usec / 1e6)
    read = _read_configuration(conf)
    for path in context.files:
        data['files'].append(_compare(
            'configuration', path,
            lambda path: _configuration_differs(path, read)))
    return section.Content(data=data)


def _pipelines(conf: Any, manager: Any) -> contents.ReadFile:
    kind = str(manager.pm_type)
    sources: list[Any] = []
    sinks: list[Any] = []
    for pipeline in manager.pipelines:
        for cfg, known in ((pipeline.source.cfg, sources),
                           (pipeline.sink.cfg, sinks)):
            if cfg not in known:
                known.append(cfg)
    name = (conf.pipeline_cfg_file if kind == 'sample'
            else conf.event_pipeline_cfg_file)
    return _compare(f'{kind} pipelines', _resolve(conf, name),
                    lambda path: _pipelines_differ(path, sources, sinks))


def _directories(conf: Any, service: Any,
                 began: float) -> Iterator[contents.ReadFile]:
    directories = list(definition_directories.find(conf, service, _load))
    for one in directories:
        for path in one.files():
            yield _compare(one.kind, path, functools.partial(
                one.differs, began=began))
    pollsters = [one for one in directories if one.kind == 'pollsters']
    for one in pollsters[:1]:
        told = _compare(one.kind, one.path, lambda _: (
            definition_directories.gone(pollsters, began)))
        if told['differs']:
            yield told


def _resolve(conf: Any, name: str) -> str:
    """The path of a definition, as Ceilometer's load_config finds it."""
    if os.path.exists(name):
        return os.path.abspath(name)
    found = conf.find_file(name)
    if found:
        return str(found)
    agent = sys.modules.get('ceilometer.agent')
    return os.path.join(os.path.dirname(os.path.abspath(
        getattr(agent, '__file__', None) or '')), 'pipeline', 'data', name)


def _compare(kind: str, path: str,
             differs: Callable[[str], list[str]]) -> contents.ReadFile:
    told: contents.ReadFile = {
        'file': path, 'kind': kind, 'modified_usec': None, 'differs': [],
        'error': None}
    try:
        status = os.stat(path)
        told['modified_usec'] = status.st_mtime_ns // 1000
        if status.st_size > FILE_BYTES_MAX:
            told['error'] = f'it has more than {FILE_BYTES_MAX} bytes'
        else:
            told['differs'] = differs(path)[:NAMES_MAX]
    except Exception as error:
        # the text of a parser's exception shows what is in the file
        reason = getattr(error, 'strerror', None) or 'it cannot be parsed'
        told['error'] = f'{type(error).__name__}: {reason}'
    return told


def _load(path: str) -> Any:
    yaml: Any = sys.modules['yaml']
    with open(path, encoding='utf-8') as file:
        text = file.read()
    # a tenth of the time; but in C, which no thread can interrupt
    fast = getattr(yaml, 'CSafeLoader', None)
    if fast is not None and len(text) <= pauses.LONG_CHARS:
        # what one of the two cannot read counts as Ceilometer reads it
        with contextlib.suppress(Exception):
            return yaml.load(text, Loader=fast)
    return yaml.safe_load(text)


def _parsed(path: str) -> dict[str, Any]:
    found = _load(path)
    return found if isinstance(found, dict) else {}


def _yaml_differs(path: str, live: dict[str, list[Any]]) -> list[str]:
    """Names of what is not as it was, ``source a``."""
    disk = _parsed(path)
    return [name for part, have in live.items()
            for name in _differing(part, have, disk.get(part) or [])]


def _pipelines_differ(path: str, sources: list[Any],
                      sinks: list[Any]) -> list[str]:
    """The same; a sink that no source uses is in no pipeline."""
    disk = _parsed(path)
    used = {sink for source in disk.get('sources') or []
            for sink in source.get('sinks') or ()}
    return [*_differing('sources', sources, disk.get('sources') or []),
            *_differing('sinks', sinks, [
                sink for sink in disk.get('sinks') or []
                if sink.get('name') in used])]


def _differing(part: str, have: list[Any], want: Iterable[Any]) -> list[str]:
    before = {str(one.get('name')): one for one in have}
    after = {str(one.get('name')): one for one in want}
    return [f'{part[:-1]} {name}' for name in sorted({*before, *after})
            if before.get(name) != after.get(name)]


def _read_configuration(conf: Any) -> list[dict[str, Any]] | None:
    """What oslo.config has read, a file an element; None if not known."""
    found = getattr(getattr(conf, '_namespace', None), '_parsed', None)
    return list(found) if isinstance(found, list) else None


def _configuration_differs(path: str,
                           read: list[dict[str, Any]] | None) -> list[str]:
    """Names of options that are not as they were, ``[group] option``."""
    if read is None:
        return []
    sections: dict[str, Any] = {}
    sys.modules['oslo_config.cfg'].ConfigParser(path, sections).parse()
    if sections in read:
        return []
    # the most alike is the same file, as it was
    nearest = min(read, default={}, key=lambda one: len(
        list(_options(one, sections))))
    return list(_options(nearest, sections)) or ['other contents']


def _options(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for group in sorted({*before, *after}):
        old, new = before.get(group) or {}, after.get(group) or {}
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                yield f'[{group}] {name}'


def find(data: contents.Files) -> list[contents.Finding]:
    """Files that were edited and not reloaded, or are not there any more."""
    found = []
    for file in data['files']:
        modified = file['modified_usec']
        if file['error'] is not None:
            found.append(findings.finding(
                'file-unreadable', f'{file["file"]} cannot be read now: '
                f'{file["error"]}', file=file['file']))
        elif file['differs']:
            when = '' if modified is None else (
                f' at {phrases.when(modified, data["time_usec"])}')
            found.append(findings.finding(
                'file-not-reloaded', f'{file["file"]} was changed{when} and '
                f'not reloaded: {", ".join(file["differs"][:5])}',
                since=phrases.since(modified), file=file['file']))
    return found


def render(data: contents.Files) -> str:
    """Each file, and what differs."""
    lines = []
    for file in data['files']:
        words = [f'{file["file"]} ({file["kind"]})']
        if file['modified_usec'] is not None:
            words.append('modified ' + phrases.when(
                file['modified_usec'], data['time_usec']))
        words.append(file['error'] or (
            f'differs: {", ".join(file["differs"])}' if file['differs']
            else 'as it was read'))
        lines.append(', '.join(words))
    return '\n'.join(lines) or 'No file is known.'
