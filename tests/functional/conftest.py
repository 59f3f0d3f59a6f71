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

"""Starts child processes, and shows what they said when a test fails."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import os
import signal
import subprocess
import sys
import threading

import pytest

from tests.functional import journald as journalds
from tests.functional import manager
from tests import limits
from tests import waiting

HERE = os.path.dirname(os.path.abspath(__file__))
DAEMONS = os.path.join(HERE, 'daemons.py')

until = waiting.until


def catches(pid, number):
    """Whether a process has a handler for a signal."""
    with open(f'/proc/{pid}/status') as file:
        (mask,) = (line.split()[1] for line in file
                   if line.startswith('SigCgt:'))
    return bool(int(mask, 16) & 1 << number - 1)


def asleep(pid):
    """Whether the main thread of a process sleeps in the kernel.

    Not where it waits for its turn in Python: a handler that is due by then
    runs when the sleep that comes next is over.
    """
    with open(f'/proc/{pid}/wchan') as file:
        place = file.read()
    return place not in ('', '0') and not place.startswith('futex')


def blocks(pid):
    """Whether a process blocks and ignores SIGUSR1."""
    with open(f'/proc/{pid}/status') as file:
        masks = dict(line.split(':\t') for line in file if line[:3] == 'Sig')
    bit = 1 << signal.SIGUSR1 - 1
    return (int(masks['SigBlk'], 16) & bit
            and int(masks['SigIgn'], 16) & bit)


class Process:
    """A child process in a session of its own.

    :param arguments: its command line
    :param environment: variables beside the test's own
    :param options: for subprocess.Popen
    """

    def __init__(self, arguments, environment=None, **options):
        self.output = ''
        self.errors = ''
        self._changed = threading.Condition()
        streams = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE,
                   'stderr': subprocess.PIPE, **options}
        self._popen = subprocess.Popen(
            arguments, env={**os.environ, **(environment or {})},
            start_new_session=True, **streams)
        self._readers = []
        for name, stream in (('output', self._popen.stdout),
                             ('errors', self._popen.stderr)):
            if stream is not None:
                reader = threading.Thread(
                    target=self._read, args=(name, stream), daemon=True)
                reader.start()
                self._readers.append(reader)

    @property
    def pid(self):
        """Its pid."""
        return self._popen.pid

    def _read(self, name, stream):
        while data := os.read(stream.fileno(), 65536):
            with self._changed:
                setattr(self, name, getattr(self, name)
                        + data.decode(errors='backslashreplace'))
                self._changed.notify_all()

    def wait_for(self, predicate, what):
        """Wait until something holds of what it has said."""
        with self._changed:
            found = self._changed.wait_for(predicate, limits.EVENT_SECONDS)
        if not found:
            raise journalds.NotInTime(f'not in time: {what}')
        return found

    def lines(self, word):
        """What stands behind a word at the beginning of its lines."""
        return [line.rstrip('\n').partition(' ')[2]
                for line in self.output.splitlines(keepends=True)
                if line.endswith('\n') and line.split()[:1] == [word]]

    def wait_line(self, word):
        """Wait for a line that begins with a word; the words behind it."""
        return self.wait_for(lambda: self.lines(word), f'a line {word!r}')[
            0].split()

    def wait_ready(self, count=1):
        """Wait until so many processes are ready, and give their pids."""
        found = self.wait_for(
            lambda: len(said := self.lines('ready')) >= count and said,
            f'{count} processes to be ready')
        return [int(line) for line in found]

    def wait_asleep(self):
        """Wait until the main thread sleeps, and can be woken up.

        A process that is armed late needs its main thread for an answer, see
        the known issues.
        """
        until(lambda: asleep(self.pid), 'the main thread to sleep')

    def send(self, number=signal.SIGUSR1):
        """Signal the process alone."""
        os.kill(self.pid, number)

    def send_all(self, number=signal.SIGUSR1):
        """Signal all its processes, as systemctl kill does."""
        os.killpg(self.pid, number)

    @property
    def alive(self):
        """Whether it has not ended."""
        return self._popen.poll() is None

    def write(self, data=b'\n'):
        """Write to its standard input."""
        self._popen.stdin.write(data)
        self._popen.stdin.flush()

    def tell(self):
        """Close its standard input, for which it waits to end."""
        self._popen.stdin.close()

    def wait(self):
        """Wait for its end; its exit code."""
        try:
            code = self._popen.wait(limits.EVENT_SECONDS)
        except subprocess.TimeoutExpired:
            raise journalds.NotInTime('the process did not end') from None
        for reader in self._readers:
            reader.join(limits.EVENT_SECONDS)
        return code

    def end(self):
        """Have it end by itself; its exit code."""
        self.tell()
        return self.wait()

    def kill(self):
        """Make an end of it and of all it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()
        for stream in (self._popen.stdin, self._popen.stdout,
                       self._popen.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    for reader in self._readers:
                        reader.join(limits.EVENT_SECONDS)
                    stream.close()


class Starter:
    """Starts processes that send to one journald."""

    def __init__(self, socket_path):
        self.socket_path = socket_path
        self.processes = []

    def __call__(self, name, environment=None, **options):
        """Start one of the programs of daemons.py by its name."""
        return self.run([sys.executable, DAEMONS, name], environment,
                        **options)

    def run(self, arguments, environment=None, **options):
        """Start any program of Python."""
        process = Process(arguments, {
            'PYTHONPATH': os.path.join(HERE, 'site'),
            'TEST_JOURNAL_SOCKET': self.socket_path,
            **(environment or {})}, **options)
        self.processes.append(process)
        return process

    def close(self):
        """Make an end of all of them."""
        for process in self.processes:
            process.kill()


@pytest.fixture
def journal() -> Iterator[journalds.Journald]:
    """A journald that reads."""
    with journalds.Journald() as listening:
        yield listening


@pytest.fixture
def systemd(tmp_path) -> Iterator[manager.Systemd]:
    """A systemd that listens."""
    listening = manager.Systemd(tmp_path)
    yield listening
    listening.close()


@pytest.fixture
def start(request) -> Iterator[Starter]:
    """Starts programs; their reports go to the journal, if there is one."""
    starter = Starter('/nonexistent/journal/socket')
    if 'journal' in request.fixturenames:
        starter.socket_path = request.getfixturevalue('journal').path
    request.node.starter = starter
    yield starter
    starter.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Show what the processes said with a test that failed."""
    report = yield
    starter = getattr(item, 'starter', None)
    if report.failed and starter is not None:
        for process in starter.processes:
            for name in ('output', 'errors'):
                text = getattr(process, name)
                report.sections.append((
                    f'{name} of pid {process.pid}', text[-20_000:]))
        journal = item.funcargs.get('journal')
        if journal is not None:
            report.sections.append(('journal', journal.describe()))
    return report
