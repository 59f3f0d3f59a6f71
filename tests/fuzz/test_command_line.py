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

"""The command, on command lines made at random."""

from __future__ import annotations

import contextlib
import io
import os
import pathlib

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics.command import cli
from ceilometer.diagnostics.command import verbs
from tests.fuzz import fuzzing
from tests.unit import commands

_NAMES = sorted(verbs.options())
#: Words and values that mean something, or nearly do.
PIECES = strategies.sampled_from([
    *verbs.OF_COMMAND, *verbs.ALIASES, *commands.IDS, commands.IDS[0][:8],
    '', '-', '--', '---', '=', 'A=', '_PID=100', 'REPORT_SECTION=threads',
    'ceilometer-polling', 'ceilometer-*', '*', '[', '?', '\\', '100', '101',
    '0', '-1', '+1', 'all', 'b007' * 8, 'now', 'today', '-2h', '@0', '@1e99',
    '2026-11-22 08:00', '9' * 30, 'short', 'pretty', 'off', 'text', 'html',
    'journal', 'json', '/dev/null', '/', 'x.journal', '\udcff', '\n', '\x1b',
    '\u202e', '٣', 'NAME'])
VALUES = PIECES | strategies.text(
    strategies.characters(blacklist_characters='\0',
                          blacklist_categories=('Cs',)), max_size=12)
OPTIONS = strategies.sampled_from(_NAMES) | strategies.builds(
    '{}={}'.format, strategies.sampled_from(_NAMES), VALUES) | (
        strategies.text('-1FSUbnrmqouDH', max_size=6).map('-{}'.format))
LINES = strategies.lists(OPTIONS | VALUES, max_size=8)


@pytest.fixture(scope='module')
def journal(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A directory with a journal, where files may be written."""
    directory = tmp_path_factory.mktemp('journal')
    commands.fill(directory)
    before, path = os.getcwd(), os.environ['PATH']
    os.chdir(directory)
    # no other program is found: no unit is signalled, no host reached
    os.environ['PATH'] = str(directory)
    with pytest.MonkeyPatch.context() as patched:
        commands.stay_outside(patched)
        yield directory
    os.environ['PATH'] = path
    os.chdir(before)


def run(arguments: list[str]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command line."""
    out = io.TextIOWrapper(io.BytesIO(), encoding='utf-8',
                           errors='backslashreplace')
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(
            io.StringIO()) as err:
        code = cli.main(arguments)
        out.flush()
    return code, out.buffer.getvalue().decode(
        errors='backslashreplace'), err.getvalue()


@hypothesis.given(LINES, strategies.booleans())
@fuzzing.SETTINGS
def test_any_command_line_ends_as_it_should(
        journal: pathlib.Path, arguments: list[str], readable: bool) -> None:
    """With one of three exit codes, and a line that says why."""
    if readable:
        arguments = [f'--directory={journal}', *arguments]
    code, out, err = run(arguments)
    assert code in (0, 1, 2)
    assert 'Traceback' not in err
    assert not set(err) & set('\x1b\u202e\udcff')
    assert code != 2 or (out, err.count('\n')) == ('', 1)
    assert code != 0 or not err.startswith('ceilometer-diagnostics: usage')
