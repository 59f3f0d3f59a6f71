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

"""The shape of a report, and what is said of it for people."""

from __future__ import annotations

import re
import time

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics import report
from tests.unit import examples


class TestFold:
    """Long lines."""

    @hypothesis.given(strategies.text(max_size=200), strategies.integers(
        1, 2000))
    @hypothesis.example('🐙', 50_000)
    @hypothesis.example('wörter ', 50_000)
    def test_no_line_is_longer_than_allowed_and_nothing_is_lost(
            self, text, times):
        """Folding only adds a newline and the mark of a continued line."""
        text = text * times
        folded = report.fold(text)
        for line in folded.split('\n'):
            encoded = line.encode(errors='surrogatepass')
            assert len(encoded) <= report.LINE_BYTES_MAX
        if report.CONTINUED_LINE not in text:
            assert folded.replace('\n' + report.CONTINUED_LINE, '') == text

    def test_short_lines_stay(self):
        """A text of short lines is returned as it is."""
        text = 'line\n' * 100_000
        assert report.fold(text) == text

    def test_one_line_of_16_megabytes_is_folded_in_linear_time(self):
        """The largest section takes not much longer than to part words."""
        text = 'word ' * (16 * 1024 * 1024 // 5)
        start = time.thread_time()
        report.fold(text)
        folded = time.thread_time()
        text.split(' ')
        assert folded - start < 10 * (time.thread_time() - folded)


def test_first_section_opens_the_report():
    """Who, why, when and which report stand above the first section."""
    first = report.heading(examples.HEADER, examples.SECTION, 1, 2)
    second = report.heading(examples.HEADER, examples.SECTION, 2, 2)
    assert 'Guru Meditation Report of ceilometer-polling' in first
    assert 'SIGUSR1 from pid 1 (systemd), uid 0' in first
    assert '2023-11-14 22:13:20 UTC' in first
    assert examples.HEADER.id in first
    assert 'Guru' not in second


@pytest.mark.parametrize('kind', [
    parsed.Report, report.Header, report.Trigger, report.Section])
def test_every_attribute_is_explained(kind):
    """What it holds, and when it is None, stands in the docstring."""
    explained = re.findall(
        # Python 3.13 takes the indentation away
        r'^ *:ivar (\w+): ', kind.__doc__, re.MULTILINE)
    assert explained == list(kind.__annotations__)


def test_trigger_is_described_in_words():
    """What asked for a report is told from what is known of it."""
    assert examples.TRIGGER.describe() == 'SIGUSR1 from pid 1 (systemd), uid 0'
    assert report.Trigger('file', 0).describe() == 'file'
    assert report.Trigger('signal', 0, 'SIGUSR2').describe() == 'SIGUSR2'


@pytest.mark.parametrize(('header', 'words_expected'), [
    (examples.HEADER, 'worker 0 (AgentManager)'),
    (examples.HEADER._replace(worker=None, worker_name=None,
                              process='master'), 'master'),
    (examples.HEADER._replace(worker_name=None), 'worker 0')])
def test_process_is_described_in_words(header, words_expected):
    """A process is told by its part, number and service."""
    assert header.describe_process() == words_expected


def test_each_section_names_its_process():
    """Those of processes that answer at once may stand between others."""
    for index in (1, 2):
        lines = report.heading(
            examples.HEADER, examples.SECTION, index, 2).split('\n')
        assert lines[-2] == (
            f'Threads [{index}/2]  ceilometer-polling['
            f'{examples.HEADER.pid}] worker 0 (AgentManager)')
        # a line below the title, not below what each section repeats
        assert lines[-1] == '-' * len(f'Threads [{index}/2]')


def test_triggers_are_merged_and_counted():
    """The first is told, with how many came after it."""
    others = [report.Trigger('file', 1), report.Trigger('api', 2)]
    assert report.merged([examples.TRIGGER, *others]) == (
        examples.TRIGGER._replace(merged=2))
    assert report.merged([examples.TRIGGER]) == examples.TRIGGER


def test_report_is_complete_with_all_that_was_announced():
    """Neither with less, nor with one that is known to be missing."""
    sections = (examples.SECTION, examples.SECTION)
    assert parsed.Report(examples.HEADER, sections, 2).complete
    assert not parsed.Report(examples.HEADER, sections, 3).complete
    assert not parsed.Report(examples.HEADER, sections, 2, (2,)).complete
