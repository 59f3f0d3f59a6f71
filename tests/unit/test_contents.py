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

"""The shapes of the data that writer and reader agree on."""

from __future__ import annotations

import functools
import pathlib
import re
import typing

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics.command import diff
from ceilometer.diagnostics.command.findings import digest
from ceilometer.diagnostics.command.output import report_html
from ceilometer.diagnostics.command.output import report_text
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics.command.reports import shapes
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics import content_types
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import report
from tests.unit import exact
from tests.unit import journals
from tests.unit import reference


def test_each_of_our_sections_has_a_shape() -> None:
    """In the order of a report, the closing one last."""
    assert tuple(contents.SECTIONS) == (
        *fields.SECTIONS, fields.SECTION_SUMMARY, *fields.ALONE)


class Inner(typing.TypedDict):
    """For tests."""

    number: int


class Other(typing.TypedDict):
    """Told from the one above by its keys."""

    text: str


class Example(typing.TypedDict):
    """A type with everything that the contents have."""

    flag: bool
    share: float
    name: str | None
    either: list[Inner | Other]
    names: dict[str, int]
    anything: typing.Any
    more: typing.NotRequired[list[str]]


EMPTY: dict[str, typing.Any] = {
    'flag': False, 'share': 0.0, 'name': None, 'either': [], 'names': {},
    'anything': None}


@pytest.mark.parametrize(('data', 'changed', 'problems'), [
    ({}, {}, []),
    ({'unknown': 1}, {}, []),
    ({'flag': True, 'share': 1, 'name': 'x'},
     {'flag': True, 'share': 1, 'name': 'x'}, []),
    ({'flag': 1}, {}, ['flag: expected true or false']),
    ({'share': float('nan')}, {}, ['share: expected a number']),
    ({'share': 10 ** 400}, {}, ['share: expected a number']),
    ({'share': True}, {}, ['share: expected a number']),
    ({'name': 5}, {}, ['name: expected a string']),
    ({'either': [{'number': 1}, {'text': 'x'}]},
     {'either': [{'number': 1}, {'text': 'x'}]}, []),
    ({'either': [5, {'text': 'x'}, None]}, {'either': [{'text': 'x'}]},
     ['either[0]: expected an object', 'either[2]: expected an object']),
    ({'either': [{'number': 'x'}]}, {'either': [{'number': 0}]},
     ['either[0].number: expected a whole number']),
    ({'either': {}}, {}, ['either: expected a list']),
    ({'names': {'a': 1, 'b': 'x', 'c': 10 ** 30}}, {'names': {'a': 1}},
     ['names.b: expected a whole number', 'names.c: expected a whole number']),
    ({'anything': {'x': [1]}}, {'anything': {'x': [1]}}, []),
    ({'more': ['a']}, {'more': ['a']}, []),
    ({'more': 5}, {'more': []}, ['more: expected a list']),
    (None, {}, ['the data: expected an object']),
    ([], {}, ['the data: expected an object']),
])
def test_data_are_fitted(data: typing.Any, changed: dict[str, typing.Any],
                         problems: list[str]) -> None:
    """What fits stays, what does not is empty, and is told."""
    fitted, told = shapes.fit(data, Example)
    assert fitted == {
        **EMPTY, **({'anything': None}), **changed}
    assert told == problems


JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.floats()
    | strategies.integers(-10 ** 40, 10 ** 40) | strategies.text(max_size=5),
    lambda inner: strategies.lists(inner, max_size=3)
    | strategies.dictionaries(strategies.sampled_from(sorted({
        key for kind in vars(content_types).values()
        if isinstance(kind, type) and kind.__module__ == content_types.__name__
        for key in shapes.keys(kind)})), inner, max_size=5), max_leaves=30)


@functools.cache
def like(kind: typing.Any) -> strategies.SearchStrategy[typing.Any]:
    """Data of a type, with something else here and there."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is typing.Any:
        return JSON
    if origin is list:
        return strategies.lists(like(arguments[0]), max_size=3) | JSON
    if origin is dict:
        return strategies.dictionaries(
            strategies.sampled_from(['VmRSS', 'open files', 'x']),
            like(arguments[1]), max_size=3) | JSON
    if arguments:
        return strategies.one_of(*map(like, arguments))
    simple = {str: strategies.text(max_size=8), int: strategies.integers(),
              bool: strategies.booleans(), float: strategies.floats(),
              type(None): strategies.none()}
    if kind in simple:
        return simple[kind] | JSON
    return strategies.fixed_dictionaries({}, optional={
        key: like(hint) for key, hint in shapes.keys(kind).items()})


@pytest.mark.any_python
@hypothesis.given(strategies.data())
def test_anything_can_be_read(drawn: strategies.DataObject) -> None:
    """Whatever a section holds: fitted, it fits, and no reader fails on it."""
    wholes = []
    for _ in range(2):
        parts = [report.Section(name, name, '', drawn.draw(like(kind)))
                 for name, kind in contents.SECTIONS.items()]
        for part, kind in zip(parts, contents.SECTIONS.values(), strict=True):
            fitted, problems = shapes.fit(part.data, kind)
            assert shapes.fit(fitted, kind) == (fitted, [])
            if not problems and not list(exact.differences(part.data, kind)):
                assert fitted == part.data
        header = journals.make_report().header
        wholes.append(read.Found(
            parsed.Report(header, tuple(parts), len(parts)),
            read.Identity(1, 1, 'ceilometer-polling.service', 'h', 'm', 'b')))
    before, after = wholes
    style = report_text.destination.Style(False)
    assert report_text.whole(after, digest.digest(after, before), True, style)
    assert report_text.merged_stacks(wholes, style)
    assert report_text.changed(after, style)
    assert list(diff.changes(before, after)) is not None
    assert report_html.page(wholes, [None, before], True)


def test_odd_shape_is_told_once_for_each_section() -> None:
    """With the first place, and how many more."""
    made = journals.make_report([
        report.Section('logging', 'Logging', '', {
            'count': 'many', 'loggers': [{'handlers': 5}]}),
        report.Section('resources', 'Resources', '', data=None),
        report.Section('threads', 'Threads', '', {'error': 5},
                       status=fields.STATUS_ERROR)], as_is=True)
    assert section_data.misfits(made) == [
        'section logging: count: expected a whole number, and 1 more',
        'section threads: error: expected a string']


def test_large_section_has_no_content() -> None:
    """What was cut away is not taken for data that are empty."""
    made = journals.make_report([report.Section(
        'resources', 'Resources', '', {'truncated': True, 'limit_bytes': 5},
        status=fields.STATUS_TRUNCATED)], as_is=True)
    assert section_data.content(made, contents.Resources) is None
    assert section_data.misfits(made) == []
    assert section_data.content(made, contents.Package) is not None


def documented_sections() -> dict[str, str]:
    """The text of the reference of each section."""
    parts = re.split(r'^([A-Za-z -]+)\n=+$',
                     (reference.DIRECTORY / 'sections.rst').read_text(),
                     flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def inner_keys(kind: typing.Any) -> set[str]:
    """All keys that stand below a type."""
    found: set[str] = set()
    for argument in typing.get_args(kind):
        found |= inner_keys(argument)
    if isinstance(kind, type) and kind.__module__ == content_types.__name__:
        for key, hint in shapes.keys(kind).items():
            found |= {key} | inner_keys(hint)
    return found


@pytest.mark.parametrize('name', contents.SECTIONS)
def test_reference_has_each_key(name: str) -> None:
    """The page tells every key of a section's data, and no other."""
    text = documented_sections()[name]
    kind = contents.SECTIONS[name]
    terms = {word for line in re.findall(r'^(``.*``)$', text, re.MULTILINE)
             for word in re.findall(r'``([^`]+)``', line)}
    assert terms == set(shapes.keys(kind))
    words = set(re.findall(r'``([^`]+)``', text))
    below = inner_keys(kind)
    # frames, and what is done again and again, are told once for all
    once = {'frames'}.union(*map(shapes.keys, (
        contents.Frame, contents.LeftOut, contents.Repeated,
        contents.LastError, contents.WorkingThread)))
    assert below <= words | once
    values = {*contents.STATES, *contents.LOCATIONS, contents.VANISHED,
              contents.HIDDEN, contents.RSS, contents.SWAPPED, 'Threads',
              'path',
              'exclude_sections', '/etc/passwd', findings.EXPLAINS,
              *contents.POLLING_STATES, *contents.WORK_KINDS,
              '--polling-namespaces', 'listen', 'sample', 'event',
              'polling', 'sample pipelines', 'event pipelines',
              'pollsters', 'meters', 'configuration',
              '[coordination] backend_url',
              'pending', 'blocked', 'ignored', 'caught',
              'ceilometer-diagnostics trigger', 'AgentManager', '…',
              *contents.WORKERS_STATES}
    assert words - below <= values


@pytest.mark.parametrize(('line', 'fitted'), [
    (7, 7), (2 ** 64, 2 ** 64), (-2 ** 64, -2 ** 64), (2 ** 64 + 1, 0),
    (-2 ** 64 - 1, 0), (True, 0), (7.0, 0), (None, 0), ('7', 0)])
def test_numbers_of_any_size(line: typing.Any, fitted: int) -> None:
    """A number that is none is told, also where all else is as it should."""
    good = {'file': 'x.py', 'line': 1, 'function': 'run', 'source': ''}
    data = {'stacks': [{'threads': [], 'frames': [
        good, {**good, 'line': line}]}], 'count': 0, 'without_python': []}
    made, told = shapes.fit(data, contents.Threads)
    assert made['stacks'][0]['frames'] == [good, {**good, 'line': fitted}]
    assert told == ([] if line == fitted and line is not True else [
        'stacks[0].frames[1].line: expected a whole number'])


@pytest.mark.parametrize('kind', [
    contents.Failed, contents.TimedOut, contents.Truncated])
def test_reference_has_the_data_of_what_failed(kind: type) -> None:
    """They stand above all sections."""
    text = (reference.DIRECTORY / 'sections.rst').read_text()
    words = set(re.findall('``([^`]+)``', text.partition('package\n===')[0]))
    assert set(shapes.keys(kind)) <= words


def test_data_of_tests_are_what_the_writer_emits(
        tmp_path: pathlib.Path) -> None:
    """What tests make by hand is completed, and a slip in it is told."""
    made = journals.make_report([report.Section(
        'threads', 'Threads', '', {'count': 3})])
    assert made.sections[1].data == {
        'count': 3, 'stacks': [], 'without_python': []}
    journals.write(tmp_path / 'x.journal', journals.entries(made))
    (found,) = read.find(journal_reader.Journal(
        source.Source(files=(f'{tmp_path}/x.journal',))))
    assert found.report.complete
    thread = {'name': 'x', 'ident': 1, 'state': 'sleeping'}
    with pytest.raises(AssertionError, match='sleeping'):
        journals.make_report([report.Section('threads', 'Threads', '', {
            'stacks': [{'threads': [thread], 'frames': []}]})])
    with pytest.raises(AssertionError, match='cont: not known'):
        journals.make_report([report.Section('threads', '', '', {'cont': 3})])
