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

"""The command where a standard stream is closed, or ^C comes at any time."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from tests import limits
from tests.unit import commands

#: As the console script starts it.
RUN = [sys.executable, '-m', 'ceilometer_diagnostics']

ARGUMENTS = [
    ['list'], ['list', '--json'], ['show'], ['show', '--changed'],
    ['diff', commands.IDS[3]], ['stuck', '--all'], ['export'],
    ['export', '--format=html'], ['export', '--format=journal'],
    ['list', '--help'], ['--help'], ['--version'],
    ['list', 'nothing'], ['nonsense'], ['trigger', '--timeout=0']]


@pytest.fixture(scope='module')
def journal(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A directory with a journal."""
    directory = tmp_path_factory.mktemp('journal')
    commands.fill(directory)
    return directory


def run(redirect: str, journal: pathlib.Path, arguments: list[str],
        ) -> subprocess.CompletedProcess[str]:
    """Run the command with streams as a shell is told."""
    if arguments[0] in ('list', 'show', 'diff', 'stuck', 'export'):
        arguments = [*arguments, f'--directory={journal}']
    return subprocess.run(
        ['sh', '-c', f'"$@" {redirect}', 'sh', *RUN, *arguments], text=True,
        errors='backslashreplace', stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=limits.EVENT_SECONDS)


@pytest.mark.any_python
@pytest.mark.parametrize('arguments', ARGUMENTS, ids=' '.join)
def test_standard_output_is_closed(journal: pathlib.Path,
                                   arguments: list[str]) -> None:
    """What cannot be written is one line, and exit code 1."""
    open_ = run('', journal, arguments)
    done = run('>&-', journal, arguments)
    assert 'Traceback' not in done.stderr
    assert done.stderr.count('\n') == 1
    if open_.stdout:
        assert open_.returncode == 0
        assert 'Bad file descriptor' in done.stderr
        assert done.returncode == 1
    else:
        assert (done.stderr, done.returncode) == (
            open_.stderr, open_.returncode)


@pytest.mark.parametrize('arguments', [
    ['list'], ['list', '--help'], ['--help'], ['--version']], ids=' '.join)
def test_standard_output_is_full(journal: pathlib.Path,
                                 arguments: list[str]) -> None:
    """What could not take it is named."""
    done = run('>/dev/full', journal, arguments)
    assert (done.returncode, done.stderr) == (
        1, 'ceilometer-diagnostics: standard output: No space left on '
        'device\n')


def test_standard_output_takes_ascii_only(
        journal: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the user tells Python so, what is not is escaped."""
    whole = run('', journal, ['why', '--help'])
    assert not whole.stdout.isascii()
    monkeypatch.setenv('PYTHONIOENCODING', 'ascii:strict')
    done = run('', journal, ['why', '--help'])
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.isascii() and len(done.stdout) >= len(whole.stdout)


@pytest.mark.any_python
@pytest.mark.parametrize('redirect', ['<&-', '2>&-', '<&- 2>&-'])
@pytest.mark.parametrize('arguments', ARGUMENTS, ids=' '.join)
def test_another_stream_is_closed(journal: pathlib.Path, redirect: str,
                                  arguments: list[str]) -> None:
    """That changes neither the output nor the exit code."""
    open_ = run('', journal, arguments)
    done = run(redirect, journal, arguments)
    assert (done.stdout, done.returncode) == (open_.stdout, open_.returncode)
    assert done.stderr == (open_.stderr if redirect == '<&-' else '')


def test_no_file_takes_the_place_of_a_closed_stream(
        journal: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """A report's file does not get what is meant for standard error."""
    (journal.parent / 'cut.journal').write_bytes(b'LPKSHHRH')
    whole, closed = tmp_path / 'whole', tmp_path / 'closed'
    run('', journal, ['export', '-o', str(whole)])
    assert run('<&- >&- 2>&-', journal, [
        'export', '-o', str(closed)]).returncode == 0
    assert closed.read_bytes() == whole.read_bytes() != b''


def interrupted(arguments: list[str], begun: pathlib.Path,
                **environment: str) -> tuple[int, str]:
    """Interrupt the command when it says that it has begun.

    :returns: its exit code, and all that it has printed
    """
    process = subprocess.Popen(
        [*RUN, *arguments], stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, **environment})
    begun.read_text()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=limits.EVENT_SECONDS)
    return process.returncode, out


@pytest.mark.parametrize('module', ['argparse', 'systemd', 'prettytable'])
def test_interrupted_while_it_starts(
        journal: pathlib.Path, tmp_path: pathlib.Path, module: str) -> None:
    """It ends without a word, whatever is being imported."""
    begun = tmp_path / 'begun'
    os.mkfifo(begun)
    (tmp_path / f'{module}.py').write_text(
        f'open({str(begun)!r}, "w").close()\n'
        'import time\n'
        f'time.sleep({limits.EVENT_SECONDS})\n')
    code, out = interrupted(['list', f'--directory={journal}'], begun,
                            PYTHONPATH=str(tmp_path))
    assert (code, out) == (130, '')


def test_interrupted_at_its_end(journal: pathlib.Path,
                                tmp_path: pathlib.Path) -> None:
    """It has printed everything, and says nothing more."""
    begun = tmp_path / 'begun'
    os.mkfifo(begun)
    (tmp_path / 'prettytable.py').write_text(
        'import atexit, sys, time\n'
        'def late():\n'
        f'    open({str(begun)!r}, "w").close()\n'
        f'    time.sleep({limits.EVENT_SECONDS})\n'
        'atexit.register(late)\n'
        f'sys.path.remove({str(tmp_path)!r})\n'
        'del sys.modules["prettytable"]\n'
        'from prettytable import *\n'
        'import prettytable\n')
    code, out = interrupted(['list', f'--directory={journal}'], begun,
                            PYTHONPATH=str(tmp_path))
    assert (code, 'reports listed' in out) == (130, True)
    assert 'Traceback' not in out and 'Exception' not in out


def test_interrupted_where_nobody_hears_of_it(
        journal: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """In a place where Python ignores what is raised it ends, too."""
    begun = tmp_path / 'begun'
    os.mkfifo(begun)
    (tmp_path / 'prettytable.py').write_text(
        'import time\n'
        'class Ended:\n'
        '    def __del__(self):\n'
        f'        open({str(begun)!r}, "w").close()\n'
        f'        time.sleep({limits.EVENT_SECONDS})\n'
        'Ended()\n')
    code, out = interrupted(['list', f'--directory={journal}'], begun,
                            PYTHONPATH=str(tmp_path))
    assert (code, out) == (130, '')


def test_interrupted_while_a_class_is_made(
        journal: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Python 3.11 makes another error of it there."""
    begun = tmp_path / 'begun'
    os.mkfifo(begun)
    (tmp_path / 'prettytable.py').write_text(
        'import time\n'
        'class Named:\n'
        '    def __set_name__(self, owner, name):\n'
        f'        open({str(begun)!r}, "w").close()\n'
        f'        time.sleep({limits.EVENT_SECONDS})\n'
        'class Made:\n'
        '    name = Named()\n')
    code, out = interrupted(['list', f'--directory={journal}'], begun,
                            PYTHONPATH=str(tmp_path))
    assert (code, out) == (130, '')


def test_interrupted_at_any_moment(journal: pathlib.Path) -> None:
    """Whenever it is, there is no traceback."""
    started = time.monotonic()
    whole = run('', journal, ['show'])
    span = time.monotonic() - started
    codes = set()
    for step in range(12):
        process = subprocess.Popen(
            [*RUN, 'show', f'--directory={journal}'], text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        # the first of it is the interpreter's own
        time.sleep(span * (0.25 + step / 12))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=limits.EVENT_SECONDS)
        # the interpreter's own, if it is as early as that
        assert err == '' or 'ceilometer' not in err, err
        if not err:
            codes.add(process.returncode)
    assert codes <= {0, 130, -signal.SIGINT} and 130 in codes
    assert whole.returncode == 0


def test_ignored_interrupts_stay_ignored(
        journal: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """As in the background of a shell."""
    begun = tmp_path / 'begun'
    os.mkfifo(begun)
    (tmp_path / 'prettytable.py').write_text(
        f'open({str(begun)!r}, "w").close()\n'
        'import signal\n'
        'assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN\n'
        'raise ImportError("was ignored", name="was_ignored")\n')
    process = subprocess.Popen(
        ['sh', '-c', 'trap "" INT; exec "$@"', 'sh', *RUN, 'list',
         f'--directory={journal}'], text=True, stderr=subprocess.PIPE,
        env={**os.environ, 'PYTHONPATH': str(tmp_path)})
    begun.read_text()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=limits.EVENT_SECONDS)
    assert process.returncode == 1 and 'was_ignored' in err
