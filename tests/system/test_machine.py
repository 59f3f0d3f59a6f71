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

"""The machine itself keeps what it promises."""

from __future__ import annotations

import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

from tests import limits
from tests.system import construction
from tests.system import export_format
from tests.system import machine as machines

# A program that owns a machine, says so, and waits for its end.
OWNER = """
import sys
from tests.system import machine
with machine.Machine() as booted:
    print(booted.name, flush=True)
    sys.stdin.read()
"""

SEND = """
import sys
from systemd import journal
blob = sys.stdin.buffer.read()
journal.sendv(b'MESSAGE=blob', b'BLOB_TEST=1', b'BLOB=' + blob)
"""


def traces(name: str) -> list[str]:
    """Give what is on the host of a machine: processes, mounts, files."""
    found = []
    for entry in os.scandir('/proc'):
        if not entry.name.isdigit():
            continue
        for item in ('cgroup', 'cmdline', 'mountinfo'):
            try:
                if name in pathlib.Path(entry.path, item).read_text():
                    found.append(f'{entry.path}/{item}')
            except OSError:
                pass  # ended meanwhile, or a kernel thread
    for top in ('/sys/fs/cgroup', '/run', '/tmp', '/var/tmp',
                '/var/lib/machines', '/var/cache/ceilometer-diagnostics'):
        for path, directories, files in os.walk(top):
            if path.count('/') - top.count('/') >= 4:
                directories.clear()
            found += [f'{path}/{item}' for item in (*directories, *files)
                      if name in item]
    return found


def wait_for_no_traces(name: str) -> None:
    """Wait until a machine is gone from the host."""
    deadline = time.monotonic() + limits.EVENT_SECONDS
    while found := traces(name):
        assert time.monotonic() < deadline, found
        time.sleep(machines.POLL_SECONDS)


def test_machine_is_up_alone_and_offline(machine: machines.Machine) -> None:
    """Systemd is the first process, nothing failed, there is no network."""
    assert machine.run(['cat', '/proc/1/comm']).stdout == 'systemd\n'
    assert machine.systemctl('is-system-running').stdout == 'running\n'
    links = machine.run(['ls', '/sys/class/net']).stdout.split()
    assert links == ['lo']
    assert machine.run(['hostname']).stdout.strip() == machine.name


def test_two_machines_do_not_disturb_one_another(
        machine: machines.Machine) -> None:
    """A second machine comes and goes; processes of the first live on."""
    for mine in ('first', 'second'):
        machine.systemctl('reset-failed', f'{mine}.service', check=False)
    machine.run(['systemd-run', '--unit=first', 'sleep', 'infinity'])
    try:
        with machines.Machine() as other:
            other.run(['systemd-run', '--unit=second', 'sleep', 'infinity'])
            assert other.name != machine.name
            assert (other.run(['cat', '/etc/machine-id']).stdout
                    != machine.run(['cat', '/etc/machine-id']).stdout)
            assert other.pids('second') and not other.pids('first')
            assert machine.pids('first') and not machine.pids('second')
            other.write_file('/etc/only-there', 'x')
            assert not machine.path('/etc/only-there').exists()
        assert machine.show('first', 'ActiveState', 'NRestarts') == {
            'ActiveState': 'active', 'NRestarts': '0'}
        assert machine.systemctl('is-system-running').stdout == 'running\n'
    finally:
        machine.systemctl('stop', 'first')


def test_entries_are_exact(machine: machines.Machine) -> None:
    """A large field with every byte value comes back unchanged."""
    blob = random.Random(1).randbytes(1 << 20)
    machine.run_bytes([machine.python, '-c', SEND], input=blob)
    entry, = machine.entries('BLOB_TEST=1')
    assert entry['BLOB'].encode('utf-8', 'surrogateescape') == blob
    assert entry['MESSAGE'] == 'blob'
    assert entry['_UID'] == '0'


def test_entries_keep_repeated_fields() -> None:
    """A field that occurs twice has a list of its values."""
    data = b'A=1\nB\n\x03\0\0\0\0\0\0\0x\ny\nA=2\nA=3\n\nC=\n\n'
    assert export_format.parse(data) == [
        {'A': ['1', '2', '3'], 'B': 'x\ny'}, {'C': ''}]


@pytest.mark.parametrize('data', [
    b'A=1', b'A=1\n', b'B\n\x03\0\0\0\0\0\0\0x\n', b'B\n\x01\0'])
def test_entries_that_are_cut_short_are_an_error(data: bytes) -> None:
    """Half an entry is never taken for a whole one."""
    with pytest.raises(ValueError):
        export_format.parse(data)


def test_commands_run_as_a_user_with_its_groups(
        machine: machines.Machine) -> None:
    """A command can be run as the service user, and reads its input."""
    assert machine.run(['id', '-un'], user='ceilometer').stdout == (
        'ceilometer\n')
    assert machine.run(['cat'], user='ceilometer', input='é').stdout == 'é'


def test_failing_command_is_an_error_with_its_output(
        machine: machines.Machine) -> None:
    """The exit status and what the command printed are in the error."""
    with pytest.raises(AssertionError, match='exited with 3\\n.*oops'):
        machine.run(['sh', '-c', 'echo oops >&2; exit 3'])
    assert machine.run(['false'], check=False).returncode == 1


def test_command_that_takes_too_long_is_ended(
        machine: machines.Machine) -> None:
    """Nothing of it is left in the machine."""
    begun = machine.path('/run/begun')
    for seconds in (0.1, 1, 10, 100):
        with pytest.raises(AssertionError, match=f'longer than {seconds} s'):
            machine.run(['sh', '-c', 'touch /run/begun; exec sleep 1000.25'],
                        timeout=seconds)
        # on a busy machine it may not even have begun
        if begun.exists():
            break
    assert begun.exists()
    machine.wait_for(
        lambda: machine.run(['pgrep', '-f', 'sleep 1000.25'],
                            check=False).returncode == 1,
        what='the end of the command')


def test_event_that_does_not_come_is_named(machine: machines.Machine) -> None:
    """The error says what was awaited and shows the unit's journal."""
    machine.run(['systemd-run', '--wait', '--unit=speaker', 'echo', 'spoken'])
    with pytest.raises(AssertionError) as caught:
        machine.wait_for(lambda: False, 0.1, 'the thing', 'speaker')
    assert 'not within 0.1 s: the thing' in str(caught.value)
    assert 'spoken' in str(caught.value)


def test_host_pid_is_the_same_process(machine: machines.Machine) -> None:
    """A process of the machine can be looked at from outside."""
    # Type=exec: before that, the process is still systemd's own.
    machine.run(['systemd-run', '--unit=watched', '--property=Type=exec',
                 'sleep', 'infinity'])
    try:
        pid, = machine.pids('watched')
        outside = pathlib.Path(f'/proc/{machine.host_pid(pid)}/cmdline')
        assert b'infinity' in outside.read_bytes()
        with pytest.raises(ProcessLookupError):
            machine.host_pid(1 << 22)
    finally:
        machine.systemctl('stop', 'watched')


def test_machine_lives_through_a_job_that_takes_long(
        machine: machines.Machine) -> None:
    """systemd tells its keeper about it, again and again."""
    machine.run(['systemd-run', '--unit=slow', '--property=ExecStop=sleep 15',
                 'sleep', 'infinity'])
    machine.systemctl('stop', 'slow')
    assert machine.systemctl('is-system-running').stdout == 'running\n'


def own_machine() -> tuple[subprocess.Popen[str], str]:
    """Start a program that owns a machine; give it and the machine's name."""
    owner = subprocess.Popen(
        [sys.executable, '-c', OWNER], cwd=construction.TREE, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert owner.stdout is not None
    name = owner.stdout.readline().strip()
    assert name
    assert traces(name), 'this test cannot see a machine'
    return owner, name


def test_nothing_is_left_after_poweroff() -> None:
    """An orderly end leaves no process, mount, control group or file."""
    owner, name = own_machine()
    owner.communicate()
    assert owner.returncode == 0
    assert traces(name) == []


@pytest.mark.parametrize('number', [
    signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_owner_is_killed(
        number: signal.Signals) -> None:
    """Nor does any other end of the owner leave anything."""
    owner, name = own_machine()
    owner.send_signal(number)
    owner.wait(limits.EVENT_SECONDS)
    wait_for_no_traces(name)
    owner.communicate()


def test_next_machine_tidies_up_after_a_killed_keeper() -> None:
    """Only a control group outlives its keeper, until the next machine."""
    owner, name = own_machine()
    os.kill(int(name.rpartition('-')[2]), signal.SIGKILL)
    owner.communicate()
    with machines.Machine():
        wait_for_no_traces(name)
