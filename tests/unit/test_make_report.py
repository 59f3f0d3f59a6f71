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
import logging
import os
import threading
import time

import pytest

from ceilometer.diagnostics.command.reports import filled_in
from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.daemon import journal
from ceilometer.diagnostics.daemon import known_secrets
from ceilometer.diagnostics.daemon import make_report
from ceilometer.diagnostics.daemon import options
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import section_table
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics import data_json
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


def write_one(turn_descriptor=None, **settings):
    """Write a report of this process."""
    return make_report.make(
        report_context.ReportContext(
            daemons.Daemon('example'), options.Settings(**settings),
            turn_descriptor=turn_descriptor),
        [report.Trigger(fields.TRIGGER_API, 0)])


def kind_of(name, collecting, own):
    """A kind of section."""
    return section.Kind(
        name, name.capitalize(),
        lambda context: section.Content(text=str(collecting())), own=own)


class Turns:
    """Another process that has its turn; the turns are over at the end."""

    def __init__(self):
        self.descriptor = turn.make()
        self._ended, self._end = os.pipe()
        begun, begin = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                with turn.taken(self.descriptor):
                    os.write(begin, b'x')
                    os.read(self._ended, 1)
            finally:
                os._exit(0)
        os.read(begun, 1)
        os.close(begun)
        os.close(begin)

    def end(self):
        """Have the other process give its turn back, and end."""
        os.write(self._end, b'x')
        os.waitpid(self._pid, 0)
        os.close(self._ended)
        os.close(self._end)

    def close(self):
        """Take no more turns."""
        os.close(self.descriptor)


def sent(entries):
    """Names of the sections that have been delivered, in their order.

    The first entry only says that the report has begun.
    """
    assert 'begins report' in entries[0][fields.MESSAGE]
    return [entry[fields.REPORT_SECTION] for entry in entries[1:]]


def section_threads():
    """The threads that sections run in."""
    return {thread for thread in threading.enumerate()
            if thread.name == 'diagnostics-section'}


def test_summary_tells_what_was_left_out(delivered):
    """And which of the names to leave out no section has."""
    write_one(exclude_sections=frozenset(
        ('configuration', 'confguration', 'summary', 'logging')))
    assert sent(delivered) == [
        *(name for name in fields.SECTIONS
          if name not in ('configuration', 'logging')),
        fields.SECTION_SUMMARY]
    closing = delivered[-1]
    data = json.loads(closing[fields.REPORT_DATA])
    assert data['excluded'] == ['configuration', 'logging']
    assert data['excluded_unknown'] == ['confguration', 'summary']
    assert 'has unknown names: confguration, summary\n' in (
        closing[fields.MESSAGE])
    assert fields.SECTION_SUMMARY == closing[fields.REPORT_SECTION]


def test_what_has_not_changed_is_not_encoded_again(delivered, monkeypatch):
    """Its entries are those of the report before; others are new."""
    encoded = []
    encode = data_json.encode_section
    monkeypatch.setattr(data_json, 'encode_section', lambda name, data: (
        encoded.append(name) or encode(name, data)))
    make_report._encoded.clear()
    level = logging.getLogger('a.logger.of.this.test')
    for number, expected in ((10, True), (10, False), (20, True)):
        level.setLevel(number)
        encoded.clear()
        delivered.clear()
        write_one()
        assert ('logging' in encoded) is expected
        assert 'threads' in encoded
        (entry,) = [one for one in delivered
                    if one[fields.REPORT_SECTION] == 'logging']
        told = filled_in.decode('logging', entry[fields.REPORT_DATA])
        assert [one['level'] for one in told['loggers']
                if one['logger'] == level.name] == [
                    logging.getLevelName(number)]
    # of what is large nothing is kept
    monkeypatch.setattr(make_report, 'JSON_KEPT_MAX', 10)
    make_report._encoded.clear()
    write_one()
    assert make_report._encoded == {}


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
    assert sent(delivered) == [*fields.SECTIONS, fields.SECTION_SUMMARY]
    assert 'without third-party sections: OSError: no such disk\n' in (
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


def test_report_is_complete(delivered):
    """All the sections that it announces are there, whole."""
    report_id = write_one()
    found = parsed.to_report(delivered)
    assert found.complete
    assert found.header.id == report_id
    assert [part.name for part in found.sections] == [
        *fields.SECTIONS, fields.SECTION_SUMMARY]


def test_stacks_are_those_of_before_the_search_for_sections(
        delivered, monkeypatch):
    """The search may take long; what asked for the report is gone then."""
    searched = threading.Event()
    gone = threading.Event()

    def stands_here_until_the_search():
        searched.wait(limits.EVENT_SECONDS)

    def wait():
        stands_here_until_the_search()
        gone.set()

    def kinds():
        searched.set()
        assert gone.wait(limits.EVENT_SECONDS)
        return list(section_table.SECTIONS)

    monkeypatch.setattr(section_table, 'kinds', kinds)
    thread = threading.Thread(target=wait, name='asked')
    thread.start()
    write_one(section_seconds_max=limits.EVENT_SECONDS)
    thread.join(limits.EVENT_SECONDS)
    (threads,) = [entry for entry in delivered
                  if entry[fields.REPORT_SECTION] == 'threads']
    stacks = json.loads(threads[fields.REPORT_DATA])['stacks']
    (frames,) = [merged['frames'] for merged in stacks if 'asked' in {
        owner['name'] for owner in merged['threads']}]
    assert any('stands_here_until_the_search' in frame['function']
               for frame in frames)


def test_what_was_collected_does_not_wait_for_what_takes_long(
        delivered, monkeypatch):
    """It is sent before the next section is begun."""
    seen = []
    kinds = [kind_of(name, lambda: seen.append(sent(delivered)), own=True)
             for name in ('first', 'second', 'third')]
    monkeypatch.setattr(section_table, 'kinds', lambda: kinds)
    monkeypatch.setattr(make_report, 'UNSENT_SECONDS_MAX', 0.0)
    write_one()
    assert seen == [[], ['first'], ['first', 'second']]
    assert sent(delivered) == ['first', 'second', 'third',
                               fields.SECTION_SUMMARY]


def test_own_sections_are_sent_together(delivered, monkeypatch):
    """The journal has one report after the other, where they take no time."""
    seen = []
    kinds = [kind_of(name, lambda: seen.append(sent(delivered)), own=True)
             for name in ('first', 'second')]
    monkeypatch.setattr(section_table, 'kinds', lambda: kinds)
    monkeypatch.setattr(
        make_report, 'UNSENT_SECONDS_MAX', limits.EVENT_SECONDS)
    write_one()
    assert seen == [[], []]
    assert sent(delivered) == ['first', 'second', fields.SECTION_SUMMARY]


def test_own_sections_are_sent_before_those_of_others_are_begun(
        delivered, monkeypatch):
    """Of those nobody knows what they do."""
    seen = []
    kinds = [kind_of(name, lambda: seen.append(sent(delivered)), own)
             for name, own in (('ours', True), ('one', False),
                               ('other', False))]
    monkeypatch.setattr(section_table, 'kinds', lambda: kinds)
    monkeypatch.setattr(
        make_report, 'UNSENT_SECONDS_MAX', limits.EVENT_SECONDS)
    write_one()
    assert seen == [[], ['ours'], ['ours', 'one']]


def test_report_waits_for_its_turn(delivered, monkeypatch):
    """Nothing is sent while another process of the service has its own."""
    waits = threading.Event()

    class Clock:
        def __getattr__(self, name):
            return getattr(time, name)

        def sleep(self, seconds):
            waits.set()
            time.sleep(seconds)

    monkeypatch.setattr(turn, 'TURN_SECONDS_MAX', 10 * limits.EVENT_SECONDS)
    monkeypatch.setattr(turn, 'time', Clock())
    others = Turns()
    thread = threading.Thread(target=write_one, args=(others.descriptor,))
    thread.start()
    waited = waits.wait(limits.EVENT_SECONDS)
    before = sent(delivered)
    others.end()
    thread.join(limits.EVENT_SECONDS)
    others.close()
    assert waited
    assert before == []
    assert sent(delivered) == [*fields.SECTIONS, fields.SECTION_SUMMARY]
