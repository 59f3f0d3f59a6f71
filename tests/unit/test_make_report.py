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

"""One report is written, whatever goes wrong on its way."""

from __future__ import annotations

import json
import threading

import pytest

from ceilometer.diagnostics.daemon import journal
from ceilometer.diagnostics.daemon import known_secrets
from ceilometer.diagnostics.daemon import make_report
from ceilometer.diagnostics.daemon import options
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import section_table
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import report
from tests import limits


@pytest.fixture
def delivered(monkeypatch):
    """The entries that would have gone to the journal."""
    entries = []
    monkeypatch.setattr(
        journal, 'send', lambda entry, deadline, path: entries.append(entry))
    return entries


def write_one(**settings):
    """Write a report of this process."""
    return make_report.make(
        report_context.ReportContext(
            daemons.Daemon('example'), options.Settings(**settings)),
        [report.Trigger(fields.TRIGGER_API, 0)])


def section_threads():
    """The threads that sections run in."""
    return {thread for thread in threading.enumerate()
            if thread.name == 'diagnostics-section'}


def test_summary_tells_what_was_left_out(delivered):
    """And which of the names to leave out no section has."""
    write_one(exclude_sections=frozenset(
        ('configuration', 'confguration', 'summary', 'logging')))
    closing = delivered[-1]
    data = json.loads(closing[fields.REPORT_DATA])
    assert data['excluded'] == ['configuration', 'logging']
    assert data['excluded_unknown'] == ['confguration', 'summary']
    assert 'no section has: confguration, summary\n' in (
        closing[fields.MESSAGE])
    assert fields.SECTION_SUMMARY == closing[fields.REPORT_SECTION]


def test_summary_has_no_word_of_what_was_not_left_out(delivered):
    """By default nothing is."""
    write_one()
    assert 'exclude_sections' not in delivered[-1][fields.MESSAGE]


def test_summary_tells_that_sections_of_others_are_not_known(
        delivered, monkeypatch):
    """And our own sections are there."""
    def fail():
        raise OSError('no such disk')

    monkeypatch.setattr(section_table, 'kinds', fail)
    write_one()
    names = [entry[fields.REPORT_SECTION] for entry in delivered]
    assert names == [*fields.SECTIONS, fields.SECTION_SUMMARY]
    assert 'without the sections of others: OSError: no such disk\n' in (
        delivered[-1][fields.MESSAGE])


def test_report_that_fails_leaves_no_thread_behind(delivered, monkeypatch):
    """A daemon that asks again and again does not run out of threads."""
    def fail(*args):
        raise OSError('no')

    monkeypatch.setattr(make_report, '_deliver', fail)
    with pytest.raises(OSError, match='no'):
        write_one()
    for thread in section_threads():
        thread.join(limits.EVENT_SECONDS)
    assert not section_threads()


@pytest.mark.parametrize('name', ['_of_environment', '_of_arguments',
                                  '_of_options', '_ordinary_words'])
def test_secrets_that_cannot_be_looked_for_cost_no_report(
        delivered, monkeypatch, name):
    """The environment, say, changes while it is read."""
    def fail(*args):
        yield 'found'
        raise KeyError('gone')

    monkeypatch.setattr(known_secrets, name, fail)
    assert write_one() is not None
    assert delivered[-1][fields.REPORT_SECTION] == fields.SECTION_SUMMARY
