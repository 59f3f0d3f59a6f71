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

"""All functions of libraries that are wrapped: the list, and its page."""

from __future__ import annotations

import ast
import logging
import pathlib
import re
import sys
import types

import pytest

import ceilometer.diagnostics
from ceilometer.diagnostics.daemon import error_text
from ceilometer.diagnostics.daemon import gmr
from ceilometer.diagnostics.daemon import hooks
from ceilometer.diagnostics.daemon import interpose
from ceilometer.diagnostics.daemon import work
from ceilometer.diagnostics import without_ids
from tests.unit import reference

ROOT = pathlib.Path(ceilometer.diagnostics.__file__).parent


def wrapped_elsewhere() -> set[tuple[str, str]]:
    """The functions that modules wrap without the list."""
    found = set()
    for path in (ROOT / 'daemon').rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            if (isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr == 'when_imported'
                    and path.stem != 'hooks'):
                module, name = node.args[:2]
                assert isinstance(name, ast.Constant)
                found.add((
                    str(module.value) if isinstance(module, ast.Constant)
                    else str(getattr(gmr, module.id))
                    if isinstance(module, ast.Name) else '', str(name.value)))
    return found


def test_page_has_every_wrapped_function_once() -> None:
    """A reader of the page knows all that is changed in a daemon."""
    rows = [(module.strip('`'), re.findall('``([^`]+)``', names))
            for module, names, _ in reference.rows(
                '../contributor/hooks.rst') if module != 'Module']
    told = [(module, name) for module, names in rows for name in names]
    listed = {(hook.module, name) for hook in hooks.HOOKS for name in (
        hook.name, *(hook.otherwise or ())[:1])}
    assert listed and wrapped_elsewhere()
    assert sorted(told) == sorted(listed | wrapped_elsewhere())


def test_missing_function_is_noted(
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture) -> None:
    """The module is imported as usual; what is missing can be told."""
    monkeypatch.setattr(interpose, 'missing', {})
    monkeypatch.setitem(sys.modules, 'example_of_hooks', None)
    interpose.when_imported('example_of_hooks', 'Thing.go', lambda *_: None)
    module = types.ModuleType('example_of_hooks')
    import wrapt
    with caplog.at_level(logging.WARNING):
        wrapt.notify_module_loaded(module)
    assert interpose.missing == {
        ('example_of_hooks', 'Thing.go'): 'example_of_hooks has no Thing.go'}
    assert 'cannot follow Thing.go' in caplog.text


def test_optional_function_may_be_missing(
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture) -> None:
    """Where it is there, it is wrapped; where not, nobody is told."""
    monkeypatch.setattr(interpose, 'missing', {})
    made: list[str] = []
    import wrapt
    for name in ('example_with', 'example_without'):
        monkeypatch.setitem(sys.modules, name, None)
        interpose.when_imported(
            name, 'Thing.__init__', lambda *_: made.append('wrapped'),
            optional=True)
    there = types.ModuleType('example_with')
    there.__dict__['Thing'] = type('Thing', (), {})
    with caplog.at_level(logging.WARNING):
        wrapt.notify_module_loaded(there)
        wrapt.notify_module_loaded(types.ModuleType('example_without'))
    there.Thing()
    assert made == ['wrapped']
    assert (interpose.missing, caplog.text) == ({}, '')


def test_uninstalled_hooks_only_call() -> None:
    """Nothing is counted any more."""
    called = []
    wrapper = hooks._while_active(lambda *given: called.append(given))
    hooks.uninstall()
    assert wrapper(lambda value: value + 1, None, (1,), {}) == 2
    assert not called


def record(message: str, *arguments: object,
           error: BaseException | None = None,
           level: int = logging.ERROR) -> logging.LogRecord:
    """A log record of this thread."""
    given = arguments[0] if len(arguments) == 1 and isinstance(
        arguments[0], dict) else arguments
    return logging.LogRecord(
        'example', level, __file__, 1, message, given or None,  # type: ignore
        None if error is None else (type(error), error, None))


PROJECT = '5f3a6b1c2d4e4f6a8b9c0d1e2f3a4b5c'


@pytest.mark.parametrize(('logged', 'expected'), [
    (record('Could not send notification to %(topic)s. Payload=%(message)s',
            {'topic': 'telemetry', 'message': {'project_id': PROJECT}}),
     'Could not send notification to telemetry. Payload …'),
    (record('Status Code: %(code)s. Failed to dispatch message: %(data)s',
            {'code': 500, 'data': '[{"project_id": "x"}]'}),
     'Status Code: 500. Failed to dispatch message: …'),
    (record('Skipping %(name)s, keystone issue: %(exc)s',
            {'name': 'images', 'exc': ValueError('no (HTTP 401)')}),
     'Skipping images, keystone issue: ValueError: no (HTTP 401)'),
    (record('Prevent pollster %(name)s from polling %(res_list)s anymore',
            {'name': 'demo', 'res_list': "['node1']"}),
     'Prevent pollster demo from polling … anymore'),
    (record('Error creating resource %(id)s: %(err)s',
            {'id': PROJECT, 'err': f'no {PROJECT}: 404'}),
     'Error creating resource …: no …: 404'),
    (record('Continue', error=ValueError(f'instance {PROJECT} is gone')),
     'ValueError: instance … is gone'),
    (record('refused, data={"project": 5}'), 'refused, data …'),
    (record('%s and %s', 'one'), '%s and %s'),
    (record('it is %d', 'no number'), 'it is %d'),
])
def test_what_was_logged_is_told_without_payload(
        logged: logging.LogRecord, expected: str) -> None:
    """Its constant part, and of its arguments what is no payload."""
    assert without_ids.text(error_text.of_record(logged)) == expected


class Nasty(Exception):
    """Its text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize('error', [
    Nasty(), ValueError(), ValueError('x' * 100_000),
    ValueError('ab ' * 9000)])
def test_text_of_any_exception_is_bounded(error: BaseException) -> None:
    """Nothing raises, nothing is longer than the limit."""
    text = error_text.of_exception(error)
    assert text.startswith(type(error).__name__)
    assert len(text) <= error_text.ERROR_CHARS_MAX


def test_error_is_credited_to_the_work_of_its_thread() -> None:
    """To the innermost; what is around it may be all right."""
    work.reset()
    outer = work.begin(work.TAKE, ('listener',))
    inner = work.begin(work.PUBLISH, ('http://x',))
    work.logged(record('refused', level=logging.ERROR))
    work.end(inner)
    work.logged(record('slow', level=logging.WARNING))
    work.end(outer)
    assert (inner.work.failed, inner.work.error) == (1, 'refused')
    assert (outer.work.failed, outer.work.warning) == (0, 'slow')
    assert work.current() is None


def test_what_ends_with_its_outer_work_is_not_left() -> None:
    """As a pollster of older versions, which no call ends."""
    work.reset()
    outer = work.begin(work.CYCLE, (10,))
    inner = work.begin(work.POLL, ('source', 'pollster'))
    work.end(outer)
    assert (inner.work.runs, outer.work.runs) == (1, 1)
    assert not work.doings()


def test_forked_process_begins_anew() -> None:
    """What its parent works on is none of its business."""
    import os
    hooks.install()
    work.begin(work.CYCLE, (10,))
    pid = os.fork()
    if not pid:
        os._exit(len(work.doings()) + len(list(work.works(work.CYCLE))))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert work.doings()
    work.reset()
