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

"""The entry of a death, to the verbs that read reports."""

from __future__ import annotations

from collections.abc import Callable
import json
import pathlib
import re
import time

import pytest

from ceilometer.diagnostics.daemon import event_entries
from ceilometer.diagnostics.daemon import journal
from ceilometer.diagnostics.daemon import process
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import worker_deaths
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report
from tests.unit import commands
from tests.unit import journals

MASTER = journals.Sender(pid=100)
SECOND = 1_000_000
FIRST, LAST = '1' * 32, '2' * 32
DEAD = 4711

Command = Callable[..., tuple[int, str, str]]


def sent_death(monkeypatch: pytest.MonkeyPatch) -> journal_entries.Entry:
    """The entry that a master sends of a worker that is killed."""
    sent: list[journal_entries.Entry] = []
    monkeypatch.setattr(journal.Delivery, 'deliver',
                        lambda self, entry: sent.append(entry))
    context = report_context.ReportContext(
        process.Daemon('ceilometer-polling'))
    event_entries.send(context, fields.TRIGGER_DEATH, [worker_deaths.Death(
        time.time(), 0, DEAD, -9, False, None, None, 'AgentManager')], 0)
    (entry,) = sent
    return entry


@pytest.fixture
def command(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
            monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command; two reports of a master, and a death after them."""
    threads = report.Section('threads', 'Threads', 'x', {
        'count': 1, 'without_python': [],
        'stacks': [commands.thread('waits', 1, 5, 'a lock')]})
    death = sent_death(monkeypatch)
    finding = death[fields.REPORT_FINDING]
    journals.write(tmp_path / 'x.journal', [
        *(entry for number, name in enumerate((FIRST, LAST))
          for entry in journals.entries(
              journals.make_report([threads], process='master',
                                   report_id=name), MASTER,
              journals.TIME_USEC + number * 60 * SECOND)),
        {**MASTER.fields(journals.TIME_USEC + 90 * SECOND), **death,
         fields.REPORT_FINDING: finding[0]}])
    return commands.Command(tmp_path, capsys)


def test_death_is_listed_as_that_of_the_worker(command: Command) -> None:
    """It is alone; its pid is the dead one's, and the master told it."""
    code, out, _ = command('list')
    assert code == 0
    row = out.splitlines()[-3]
    assert re.search(
        rf'ceilometer-polling +worker 0 \(AgentManager\) +{DEAD} +death +1 ',
        row)
    assert '┌' not in out
    told = json.loads(command('list', '--json=short')[1])[-1]
    assert (told['pid'], told['told_of'], told['trigger'], told['trusted']
            ) == (100, DEAD, 'death', True)


def test_death_is_shown_beside_the_last_reports(command: Command) -> None:
    """Of the unit and of the master; by its own pid it is alone."""
    for word in ('ceilometer-polling', '100'):
        out = command('show', word)[1]
        assert LAST in out and FIRST not in out
        assert f'pid {DEAD}, died by SIGKILL [workers-dying]' in out
    code, out, _ = command('show', str(DEAD))
    assert code == 0 and LAST not in out
    assert f'PID: {DEAD}\n' in out and 'Told by: pid 100\n' in out
    assert 'Trigger: death' in out


def test_death_is_a_finding_until_the_master_reports_again(
        command: Command) -> None:
    """It counts beside the newest report of its master."""
    out = command('findings')[1]
    assert f'worker 0 (AgentManager), pid {DEAD}, died by SIGKILL' in out
    assert 'not in the newest reports' not in out


def test_death_is_no_newest_report(command: Command) -> None:
    """Of the process, to verbs that compare or explain."""
    told = json.loads(command('diff', '--json=short')[1])
    assert (told['before'], told['after']) == (FIRST, LAST)
    (stuck,) = json.loads(command('stuck', '--json=short')[1])
    assert stuck['reports'] == 2
    code, _, errors = command('diff', str(DEAD))
    assert code != 0 and 'no process has two reports' in errors
    assert 'death' not in command('why')[1]
