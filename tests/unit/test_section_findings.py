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

"""What sections find unusual, on its way into a report."""

from __future__ import annotations

import json

import pytest

from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.daemon import added_sections
from ceilometer.diagnostics.daemon import journal
from ceilometer.diagnostics.daemon import make_report
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import registry
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import section_findings
from ceilometer.diagnostics.daemon import section_table
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report
from ceilometer.diagnostics.secrets import redact


@pytest.fixture
def written(monkeypatch):
    """Writes a report with a section, and gives its entries."""
    entries = []
    monkeypatch.setattr(
        journal, 'send', lambda entry, deadline, path: entries.append(entry))

    def write(kind):
        monkeypatch.setattr(section_table, 'kinds', lambda: [
            *section_table.SECTIONS, kind])
        make_report.make(
            report_context.ReportContext(daemons.Daemon('example')),
            [report.Trigger(fields.TRIGGER_API, 0)])
        return {entry[fields.REPORT_SECTION]: entry for entry in entries}

    return write


def own(find, data=None):
    """A section of ours with what finds something in it."""
    return section.Kind(
        'example', 'Example', lambda context: section.Content(data),
        lambda data: 'its text', findings=find)


def of_others(returned):
    """A section of somebody else that returns something."""
    registry.register_section('Example', lambda: returned)
    try:
        (kind,) = [kind for kind in added_sections.kinds()
                   if kind.name == 'example']
        return kind
    finally:
        registry.unregister_section('example')


def text(entry):
    """The text of a section, without its heading."""
    return entry[fields.MESSAGE].partition('\n\n')[2]


def test_findings_stand_first_and_in_the_index(written):
    """In the text of their section, in the summary, and in its field."""
    entries = written(own(lambda data: [
        findings.finding('zombies', f'{data["children"]} children'),
        findings.finding('samples-lost', 'lost', '2026-11-25T23:00:00Z')],
        {'children': 3}))
    lines = ('error: lost [samples-lost]\n'
             'notice: 3 children [zombies]\n')
    assert text(entries['example']) == f'{lines}\nits text\n'
    summary = entries['summary']
    # what is worst in the third line that journalctl -o cat shows
    assert summary[fields.MESSAGE].split('\n')[2] == (
        'error: lost [samples-lost]')
    assert text(summary).startswith(f'{lines}\n')
    assert summary[fields.REPORT_FINDING] == ['samples-lost', 'zombies']
    assert json.loads(summary[fields.REPORT_DATA])['findings'] == [
        {'severity': 'error', 'kind': 'samples-lost', 'sentence': 'lost',
         'since': '2026-11-25T23:00:00Z', 'evidence': {'section': 'example'}},
        {'severity': 'notice', 'kind': 'zombies', 'sentence': '3 children',
         'since': None, 'evidence': {'section': 'example'}}]
    assert fields.REPORT_FINDING not in entries['example']


def test_nothing_unusual_is_said_in_one_line(written):
    """And no field is there that could be found."""
    entries = written(own(lambda data: []))
    assert text(entries['example']) == 'nothing unusual\n\nits text\n'
    assert text(entries['summary']).startswith('nothing unusual\n\n')
    assert fields.REPORT_FINDING not in entries['summary']


def test_findings_that_fail_cost_nothing_else(written):
    """The section is there, and what happened is said."""
    entries = written(own(lambda data: [data['nothing']], {'a': 1}))
    assert entries['example'][fields.REPORT_SECTION_STATUS] == 'ok'
    assert entries['example'][fields.REPORT_DATA] == '{"a":1}'
    assert 'its text' in text(entries['example'])
    for name in ('example', 'summary'):
        assert text(entries[name]).startswith(
            'notice: what is unusual in section example cannot be told: '
            "KeyError: 'nothing' [findings-failed]\n")


def test_findings_are_made_without_secrets(written):
    """From data in which they are masked, and each text is one line."""
    seen = []

    def find(data):
        seen.append(data)
        return [findings.finding('zombies', data['url'])]

    entries = written(own(
        find, {'url': 'amqp://user:canary-1@host\nforged'}))
    assert seen == [{'url': 'amqp://user:***@host\\nforged'}]
    assert 'canary' not in str(entries)


def test_too_many_findings_are_left_out_and_counted(written):
    """A report has room for so many."""
    most = findings.FINDINGS_MAX
    entries = written(own(lambda data: [
        findings.finding('zombies', str(number))
        for number in range(most + 5)]))
    assert text(entries['example']).count('[zombies]') == most - 1
    assert f'more than {most}; 6 are left out' in text(entries['example'])


def test_findings_of_others_are_marked(written):
    """Their kind begins with a mark; secrets and lines are as in others."""
    entries = written(of_others(({'a': 1}, [{
        'kind': 'sink-slow', 'severity': 'warning',
        'sentence': 'http://user:canary-1@host\nis slow',
        'evidence': {'token': 'canary-2', 'sink': 'x\ny'}}])))
    assert text(entries['example']) == (
        'warning: http://user:***@host\\nis slow [x-sink-slow]\n\na = 1\n')
    assert entries['summary'][fields.REPORT_FINDING] == ['x-sink-slow']
    (told,) = json.loads(entries['summary'][fields.REPORT_DATA])['findings']
    assert told['evidence'] == {
        'token': '***', 'sink': 'x\\ny', 'section': 'example'}
    assert 'canary' not in str(entries)


def test_findings_of_others_have_no_secret_from_the_start():
    """Whatever becomes of them: text and summary are masked once more."""
    (found,) = section_findings.of_others(
        own(None), [{'kind': 'slow', 'sentence': 'canary-1 is slow',
                     'evidence': {'token': 'canary-2'}}],
        redact.Redactor(['canary-1']))
    assert found['sentence'] == '*** is slow'
    assert found['evidence'] == {'token': '***'}


@pytest.mark.parametrize(('content', 'shown'), [
    ('some text', 'some text'), ([1, 2], '- 1\n- 2')])
def test_others_can_find_nothing(written, content, shown):
    """Whatever their content is."""
    entries = written(of_others((content, [])))
    assert text(entries['example']) == f'nothing unusual\n\n{shown}\n'


def test_invalid_finding_of_others_is_said(written):
    """The others are there."""
    entries = written(of_others(('text', [
        {'kind': 'Bad Kind', 'sentence': 'x'},
        {'kind': 'good', 'sentence': 'y'}])))
    assert entries['summary'][fields.REPORT_FINDING] == [
        'findings-failed', 'x-good']
    assert "kind 'Bad Kind': expected" in text(entries['example'])


@pytest.mark.parametrize('returned', [
    ('a', 'b'), (1, [2]), ('text', [{'a': 1}]), ('a', 'b', 'c')])
def test_other_pairs_are_data(written, returned):
    """They always were."""
    entries = written(of_others(returned))
    assert fields.REPORT_FINDING not in entries['summary']
    assert not text(entries['example']).startswith('nothing unusual')


def test_kinds_are_read_back():
    """Each once; what can be no kind is none, whoever wrote it."""
    header = report.Header('0' * 32, 'x', 'master', 1,
                           report.Trigger('api', 0))
    part = report.Section('summary', 'Summary', 'x',
                          findings=('zombies', 'x-own'))
    (entry,) = journal_entries.from_section(header, part, 1, 1)
    assert journal.serialize(entry).count(b'REPORT_FINDING=') == 2
    (found,) = parsed.to_report([{
        **entry, fields.REPORT_FINDING: [
            b'zombies', b'\xff', 'A\x1b[31m', b'x-own', b'zombies', 'a' * 99],
    }]).sections
    assert found.findings == ('zombies', 'x-own')
    (found,) = parsed.to_report([{
        **entry, fields.REPORT_FINDING: b'zombies'}]).sections
    assert found.findings == ('zombies',)
