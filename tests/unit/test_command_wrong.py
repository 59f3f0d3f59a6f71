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

"""Command lines that cannot be, or that ask for what is not there."""

from __future__ import annotations

import collections.abc

import pytest

from ceilometer.diagnostics.command import cli
from tests.unit import commands

pytestmark = pytest.mark.any_python

IDS = commands.IDS

Case = tuple[list[str], int, str]
WRONG: collections.abc.Sequence[Case] = [
    (['nonsense'], 2, 'unknown verb'),
    (['-n', '5', 'nonsense'], 2, 'unknown verb'),
    (['list', '--nonsense'], 2, 'unrecognized'),
    (['list', '-x'], 2, 'unrecognized'),
    (['list', '--sinc', '2026-01-01'], 2, 'unrecognized'),
    (['list', '-n', '0'], 2, 'at least 1'),
    (['list', '-n', '-1'], 2, 'at least 1'),
    (['list', '-n', ''], 2, 'at least 1'),
    (['list', '-n', 'many'], 2, 'at least 1'),
    (['list', '-n', '٣'], 2, 'at least 1'),
    (['list', '-n'], 2, 'expected one argument'),
    (['list', '--since', 'soon'], 2, 'invalid time'),
    (['list', '--until', '2026-13-01'], 2, 'invalid time'),
    (['list', '--since', '@x'], 2, 'invalid time'),
    (['list', '-S', '-2parsecs'], 2, 'invalid time'),
    (['list', '-S', '9999999999 years ago'], 2, 'invalid time'),
    (['list', '-S', '2026-02-02', '-U', '2026-02-01'], 2, 'after'),
    (['list', '-b', '~'], 2, 'not a report id'),
    (['list', '--boot=nonsense'], 2, 'invalid boot'),
    (['list', '-b', 'xyz'], 1, 'no boot xyz, and no reports of a unit xyz'),
    (['list', '-b', '-q', 'xyz'], 1, 'no reports match'),
    (['list', '-b', '99'], 1, 'no boot'),
    (['list', '-b', '-99'], 1, 'no boot'),
    (['list', '--boot=' + 'f' * 32], 1, 'no boot'),
    (['list', '-b', '1' * 5000], 2, 'not a report id'),
    (['list', '--boot=' + '1' * 5000], 2, 'invalid boot'),
    (['list', '--json', 'xml'], 1, 'no reports match'),
    (['list', '--json=xml'], 2, 'short, pretty or off'),
    (['list', '--root', '/'], 2, 'cannot be combined'),
    (['list', '--file', '/x.journal'], 2, 'cannot be combined'),
    (['list', '--namespace', 'x'], 2, 'cannot be combined'),
    (['list', '--directory='], 2, 'is empty'),
    (['list', '-u', ''], 2, 'not a report id'),
    (['list', '-u', 'ceilometer-nothing'], 1, 'no reports match'),
    (['list', '-F', 'lower'], 2, 'not the name of a journal field'),
    (['list', '-F', '__CURSOR'], 2, 'not the name of a journal field'),
    (['list', '--utc=x'], 2, 'takes no value'),
    (['list', '--since', '--'], 2, 'invalid time'),
    (['list', '--namespace', '--'], 2, 'cannot be combined'),
    (['list', '-n', '--'], 2, 'at least 1'),
    (['list', '--', '--'], 2, 'not a report id'),
    (['list', 'A=\udcff'], 1, 'no reports match'),
    (['list', 'A='], 1, 'no reports match'),
    (['list', '0'], 2, 'not a pid'),
    (['list', 'lower=1'], 2, 'capital'),
    (['list', '=1'], 2, 'capital'),
    (['list', '__CURSOR=1'], 2, 'at most one'),
    (['list', '/../.~'], 2, 'not a report id'),
    (['list', ''], 2, 'not a report id'),
    (['list', 'x' * 300], 2, 'not a report id'),
    (['list', 'ceilometer-nothing'], 1, 'no reports match'),
    (['list', '999'], 1, 'no reports match'),
    (['list', 'ffffffff'], 1, 'no reports match'),
    (['list', 'REPORT_SECTION=nothing'], 1, 'no reports match'),
    (['list', '0000'], 2, 'not a pid'),
    (['show', '0000001'], 1, 'no reports match'),
    (['show', '000000'], 2, 'not a pid'),
    (['show', '--section'], 2, 'expected one argument'),
    (['show', '--section', 'nothing'], 1, 'no matching report has'),
    (['show', '--changed', '--merge-stacks'], 2, 'cannot be combined'),
    (['show', '--merge-stacks', '--json'], 2, 'cannot be combined'),
    (['list', '--output', '/dev/full'], 1, 'No space'),
    (['show', '--output', '/dev/full'], 1, 'No space'),
    (['export', '--format=html', '-o', '/dev/full'], 1, 'No space'),
    (['export', '--format=journal', '-o', '/dev/full'], 1, 'No space'),
    (['list', '--output', '/nonexistent/x'], 1, 'No such file'),
    (['list', '--output', '/'], 1, 'Is a directory'),
    (['export', '--format', 'pdf'], 2, 'invalid choice'),
    (['export', '--format'], 2, 'expected one argument'),
    (['diff', 'a', 'b', 'c'], 2, 'at most'),
    (['diff', 'a', '-u', 'b', '--unit=c'], 2, 'at most'),
    (['diff', 'REPORT_SECTION=threads'], 2, 'not a report id'),
    (['diff', '300'], 1, 'no process has two reports'),
    (['diff', '999'], 1, 'no reports match'),
    (['diff', 'ceilometer-agent-central'], 1, 'no process has two reports'),
    (['diff', IDS[0]], 1, 'no earlier report of the same process'),
    (['diff', 'ffffffff'], 1, 'no reports match'),
    (['stuck', '-1'], 2, 'two reports'),
    (['stuck', '-n', '1'], 2, 'two reports'),
]


@pytest.mark.parametrize(('arguments', 'code', 'says'), WRONG)
def test_wrong_invocation(command: commands.Command, arguments: list[str],
                          code: int, says: str) -> None:
    """Each is one line on standard error, and the right exit code."""
    found, out, err = command(*arguments)
    assert (found, out) == (code, ''), err
    assert err.startswith('ceilometer-diagnostics: ')
    assert err.count('\n') == 1 and says in err


ELSEWHERE: collections.abc.Sequence[Case] = [
    (['--directory', '/nonexistent'], 1, 'no such'),
    (['list', '-D', '--'], 1, 'no such'),
    (['list', '--namespace', '--'], 1, 'no journal of namespace'),
    (['list', '--root', '--'], 1, 'no such'),
    (['list', '--file', '--'], 1, 'no such'),
    (['--directory', '/etc/hostname'], 1, 'not a directory'),
    (['--file', '/nonexistent.journal'], 1, 'no such file'),
    (['--file', '/nonexistent*.journal'], 1, 'no such file'),
    (['--file', '/dev/null'], 1, 'not a journal file'),
    (['--file', '/etc/passwd'], 1, 'not a journal file'),
    (['--file', '/etc'], 1, 'not a journal file'),
    (['--file', '/x', '--merge'], 2, 'cannot be combined'),
    (['--root', '/nonexistent'], 1, 'no such'),
    (['--root', '/proc/self'], 1, 'no journal'),
    (['--namespace', 'nonexistent'], 1, 'namespace'),
    (['-D'], 2, 'expected one argument'),
    (['trigger', '-H', '-oProxyCommand=x'], 2, 'HOST'),
    (['trigger', '--host=-oProxyCommand=x'], 2, 'HOST'),
    (['trigger', '--host=a b'], 2, 'HOST'),
    (['trigger', '--host=h', '-o', 'x'], 2, 'cannot be combined'),
    (['trigger', '--host=h', '$(reboot)'], 2, 'not a report id'),
    (['trigger', '--timeout=0'], 2, 'at least 1'),
    (['trigger', 'sshd'], 1, 'not a Ceilometer service'),
    (['trigger', '--since', 'today'], 2, 'unrecognized'),
]


@pytest.mark.parametrize(('arguments', 'code', 'says'), ELSEWHERE)
def test_wrong_place(capsys: pytest.CaptureFixture[str],
                     arguments: list[str], code: int, says: str) -> None:
    """So it is where no journal is, or no host."""
    found = cli.main(arguments)
    out, err = capsys.readouterr()
    assert (found, out) == (code, ''), err
    assert err.count('\n') == 1 and says in err
