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

"""The operator's command as a program: pipes, disks, start-up, a browser."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pytest

from ceilometer.diagnostics import report
from tests import limits
from tests.unit import journals

RUN = [sys.executable, '-c',
       'from ceilometer.diagnostics import command; command.main()']


def run(*arguments: str, stdout: int = subprocess.PIPE, **environment: str,
        ) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        [*RUN, *arguments], stdin=subprocess.DEVNULL, stdout=stdout,
        stderr=subprocess.PIPE, text=True, timeout=limits.EVENT_SECONDS,
        env={**os.environ, **environment})


@pytest.fixture(scope='module')
def journal(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A directory with a journal of two reports."""
    directory = tmp_path_factory.mktemp('journal')
    frames = [{'file': '/a.py', 'line': number, 'function': 'f',
               'source': 'g()'} for number in range(5)]
    made = [
        report.Section('threads', 'Threads', 'x' * 300_000, {'stacks': [{
            'threads': [{'name': 'main', 'state': 'waiting'}],
            'frames': frames}]}),
        report.Section('configuration', 'Configuration', 'options', {
            'options': [{'group': 'DEFAULT', 'name': name, 'value': 'v',
                         'changed': name == 'debug', 'location': 'file'}
                        for name in ('debug', 'host', 'transport_url')]})]
    journals.write(directory / 'x.journal', [
        entry for number in range(2) for entry in journals.entries(
            journals.make_report(made), journals.Sender(pid=number + 10),
            journals.TIME_USEC + number)])
    return directory


def test_reader_of_a_pipe_that_ends(journal: pathlib.Path) -> None:
    """The command ends with its pipe, without a word."""
    done = subprocess.run(
        ['sh', '-c', '"$@" | head -c 10', 'sh', *RUN, '-D', str(journal),
         'show'], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        timeout=limits.EVENT_SECONDS)
    assert (len(done.stdout), done.stderr) == (10, b'')


@pytest.mark.parametrize('arguments', [
    ['list'], ['show'], ['export', '--format=html'], ['--help'],
    ['list', '--json']])
def test_full_disk(journal: pathlib.Path, arguments: list[str]) -> None:
    """What cannot be written is one line, and exit code 1."""
    if arguments != ['--help']:
        arguments = ['-D', str(journal), *arguments]
    with open('/dev/full', 'w') as full:
        done = run(*arguments, stdout=full.fileno())
    assert done.returncode == 1
    assert done.stderr.count('\n') == 1 and 'No space left' in done.stderr


@pytest.mark.parametrize('unbuffered', ['', '1'])
def test_disk_that_gets_full(journal: pathlib.Path, tmp_path: pathlib.Path,
                             unbuffered: str) -> None:
    """In the middle of it: that, too, is one line, and exit code 1."""
    path = tmp_path / 'out'
    done = subprocess.run(
        ['sh', '-c', 'ulimit -f 100; path=$1; shift; exec "$@" > "$path"',
         'sh', str(path), *RUN, '-D', str(journal), 'show'],
        stderr=subprocess.PIPE, text=True, timeout=limits.EVENT_SECONDS,
        env={**os.environ, 'PYTHONUNBUFFERED': unbuffered})
    assert b'\n    Report: ' in path.read_bytes()
    assert done.returncode == 1
    assert done.stderr == ('ceilometer-diagnostics: standard output: File '
                           'too large\n')


def test_standard_error_is_closed(journal: pathlib.Path) -> None:
    """Then the exit code says it alone."""
    done = subprocess.run(['sh', '-c', 'exec "$@" 2>&-', 'sh', *RUN,
                           'nonsense'], timeout=limits.EVENT_SECONDS)
    assert done.returncode == 2


def test_plain_in_a_pipe_coloured_on_a_terminal(
        journal: pathlib.Path) -> None:
    """A terminal gets colours and a pager, a pipe neither."""
    assert '\033' not in run('-D', str(journal), 'show', 'x').stdout
    assert '\033' not in run('-D', str(journal), 'show',
                             TERM='xterm').stdout
    script = ['script', '--quiet', '--return', '--command',
              ' '.join([*(f"'{word}'" for word in RUN), '-D', str(journal),
                        'show', '--section', 'package']), '/dev/null']
    shown = subprocess.run(
        script, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        timeout=limits.EVENT_SECONDS,
        env={**os.environ, 'TERM': 'xterm',
             'SYSTEMD_PAGER': 'sed s/^/PAGED:/'}).stdout
    assert b'\033[1m' in shown and b'PAGED:' in shown


def on_terminal(journal: pathlib.Path, *arguments: str, **environment: str,
                ) -> subprocess.CompletedProcess[str]:
    """Run the command on a terminal of its own."""
    words = ' '.join(f"'{word}'" for word in [
        *RUN, '-D', str(journal), *arguments])
    return subprocess.run(
        ['script', '--quiet', '--return', '--command', words, '/dev/null'],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        timeout=limits.EVENT_SECONDS,
        env={**os.environ, 'TERM': 'xterm', 'SYSTEMD_PAGER': 'cat',
             **environment})


def test_who_wants_no_colours_gets_none(journal: pathlib.Path) -> None:
    """By any of the words for it."""
    assert '\033[1m' in on_terminal(journal, 'show').stdout
    for wish in ({'NO_COLOR': '1'}, {'SYSTEMD_COLORS': 'no'},
                 {'TERM': 'dumb'}):
        shown = on_terminal(journal, 'show', **wish).stdout
        assert 'Digest' in shown and '\033' not in shown, wish


def test_what_is_no_text_is_not_for_a_terminal(
        journal: pathlib.Path) -> None:
    """A pipe gets it."""
    arguments = ['export', '--format=journal', '--since=2026-01-01']
    done = on_terminal(journal, *arguments)
    assert done.returncode == 1
    assert 'the journal format is not for a terminal' in done.stdout
    assert '__CURSOR=' not in done.stdout
    piped = subprocess.run(
        [*RUN, '-D', str(journal), *arguments], stdout=subprocess.PIPE,
        timeout=limits.EVENT_SECONDS).stdout
    assert b'__CURSOR=' in piped


def test_interrupted(tmp_path: pathlib.Path) -> None:
    """It ends without a word, and as a shell expects it."""
    begun = tmp_path / 'begun'
    os.mkfifo(begun)
    systemctl = tmp_path / 'systemctl'
    systemctl.write_text(f'#!/bin/sh\necho > {begun}\nexec sleep 600\n')
    systemctl.chmod(0o755)
    process = subprocess.Popen(
        [*RUN, 'trigger'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True, env={
            **os.environ, 'PATH': f'{tmp_path}:{os.environ["PATH"]}'})
    begun.read_text()
    # as a terminal does: all that was started as well
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=limits.EVENT_SECONDS)
    assert (process.returncode, out) == (130, '')


BROWSER = next((path for name in ('chromium', 'chromium-browser',
                                  'google-chrome')
                if (path := shutil.which(name))), None)


@pytest.mark.any_python
def test_page_in_a_browser(journal: pathlib.Path,
                           tmp_path: pathlib.Path) -> None:
    """A browser shows the page, searches it, and asks for nothing else."""
    assert BROWSER is not None, 'no chromium is installed, see bindep.txt'
    page = tmp_path / 'page.html'
    assert run('-D', str(journal), 'export', '--since', '2026-01-01',
               '--format', 'html', '-o', str(page)).returncode == 0

    def shown(fragment: str) -> str:
        done = subprocess.run(
            [BROWSER, '--headless', '--no-sandbox', '--disable-gpu',
             f'--user-data-dir={tmp_path}/profile', '--enable-logging=stderr',
             '--virtual-time-budget=2000', '--dump-dom',
             f'file://{page}{fragment}'], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=limits.EVENT_SECONDS)
        assert 'Content Security Policy' not in done.stderr, done.stderr
        assert 'Uncaught' not in done.stderr, done.stderr
        return done.stdout

    def options(page: str) -> list[str]:
        return re.findall(
            r'<tr class="option[^"]*"><th scope="row">\[DEFAULT\] (\w+)', page)

    def sections(page: str) -> list[tuple[str, str, str]]:
        return re.findall(
            r'<details class="section" id="report-\d+-([a-z-]+)"'
            r'( open="")?( hidden="")?>', page)

    plain = shown('')
    assert options(plain) == ['debug', 'host', 'transport_url']
    assert {part for _, *state in sections(plain) for part in state} == {''}
    found = shown('#search=url')
    assert options(found) == ['transport_url']
    assert '1 of 3 options' in found
    # what only describes a process is searched, and is no finding
    assert '<li class="plain"' in plain
    assert '<li class="plain" hidden=""' in found
    assert '<li class="bad"' not in plain and ' findings' not in plain
    assert options(shown('#changed=1')) == ['debug']
    # what a section tells is found, too, though it is closed
    shut = ('', ' hidden=""')
    searched = sections(shown('#search=VERSION'))
    assert [part for part in searched if part[0] == 'package'] == [
        ('package', ' open=""', '')] * 2
    others = [part for part in searched if part[0] != 'package']
    assert others and {part[1:] for part in others} == {shut}
    # both processes stand at the same place: one branch of the tree
    assert plain.count('<span class="count">2</span>') == 1
    assert plain.count('class="owner"') == 2


@pytest.mark.parametrize(('raises', 'says'), [
    ("ModuleNotFoundError('No module', name='systemd')", 'is missing'),
    ("ImportError('libsystemd.so.0: cannot open', name='systemd.journal')",
     'cannot be used (libsystemd.so.0: cannot open)')])
def test_reading_without_python_systemd_is_one_clear_line(
        tmp_path: pathlib.Path, raises: str, says: str) -> None:
    """It names the module, the pip of this interpreter, and what it needs."""
    (tmp_path / 'systemd.py').write_text(f'raise {raises}\n')
    done = run('list', PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stdout == ''
    assert done.stderr.count('\n') == 1
    assert f'the Python module systemd {says}' in done.stderr
    assert sys.prefix != sys.base_prefix
    assert (f'run "{sys.executable} -m pip install systemd-python", which '
            'needs gcc, pkg-config, libsystemd-dev') in done.stderr


def test_python_of_the_distribution_gets_its_package() -> None:
    """pip of it would refuse, or disturb the distribution's own."""
    script = (
        'import sys\n'
        'sys.path.insert(0, sys.argv[1])\n'
        'import missing_module\n'
        'print(missing_module.advice(ModuleNotFoundError(name="systemd")))\n')
    from ceilometer.diagnostics.command import missing_module
    done = subprocess.run(
        ['/usr/bin/python3', '-I', '-c', script,
         os.path.dirname(missing_module.__file__)], text=True,
        capture_output=True, timeout=limits.EVENT_SECONDS)
    assert done.stdout == (
        'the Python module systemd is missing for /usr/bin/python3: install '
        'the package python3-systemd\n'), done.stderr
