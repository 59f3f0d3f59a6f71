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

"""Builds and boots a disposable machine, keeps it, and cleans up after it.

The keeper process owns all of the machine: the mounts are in its mount
namespace, the container is its child, and it watches the process that asked
for the machine. However that one ends, the keeper leaves nothing behind.

Run as a program, this module is that keeper. It needs the standard library
only, root, Linux 5.8, systemd-nspawn and what the bed needs.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid

from tests.system import beds
from tests.system import construction
from tests.system import host_bed

# A machine is named for its keeper's process id.
NAME_PREFIX = 'ceilometer-machine-'
PATH = host_bed.PATH

# Long, for what hangs: a busy machine takes many times as long as others.
BOOT_SECONDS = 300
_CGROUP_SECONDS = 300
_POLL_SECONDS = 0.02

CEILOMETER_CONF = """\
[DEFAULT]
# Nothing listens there: the daemons log that, and try again.
transport_url = rabbit://ceilometer:broker-secret@127.0.0.1:5672/

[service_credentials]
auth_type = password
auth_url = http://127.0.0.1:5000/v3
username = ceilometer
password = keystone-secret
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = RegionOne
"""


def check_host() -> None:
    """Tell whether this host can boot a machine.

    :raises construction.MachineError: if not, with what is missing.
    """
    if os.geteuid() != 0:
        raise construction.MachineError('booting a machine needs root')
    for program in ('systemd-nspawn', 'unshare', 'nsenter', 'mount',
                    'setpriv', host_bed.PYTHON):
        if shutil.which(program) is None:
            raise construction.MachineError(
                f'{program} is not installed, see bindep.txt')


# What follows runs in a process and a mount namespace of its own.

def _cgroup_root() -> pathlib.Path:
    """Find the unified hierarchy; beside cgroup v1 it is a level lower."""
    for path in ('/sys/fs/cgroup', '/sys/fs/cgroup/unified'):
        if os.path.exists(f'{path}/cgroup.procs') and os.path.exists(
                f'{path}/cgroup.controllers'):
            return pathlib.Path(path)
    raise construction.MachineError('this host has no cgroup2 hierarchy')


def _remove_cgroups() -> None:
    """Remove this keeper's control groups and those of killed keepers."""
    pattern = f'{NAME_PREFIX}*'
    # Beside cgroup v1, nspawn makes one in the hierarchy "systemd", too.
    top = pathlib.Path('/sys/fs/cgroup')
    for path in (*top.glob(pattern), *top.glob(f'*/{pattern}')):
        keeper = path.name.rpartition('-')[2]
        if keeper == str(os.getpid()) or not os.path.exists(
                f'/proc/{keeper}'):
            _remove_cgroup(path)


def _remove_cgroup(path: pathlib.Path) -> None:
    with contextlib.suppress(OSError):  # cgroup v1 does not have it
        (path / 'cgroup.kill').write_text('1')
    deadline = time.monotonic() + _CGROUP_SECONDS
    while path.exists():
        for directory, _, _ in os.walk(path, topdown=False):
            # Busy until the kernel has done with the last process.
            with contextlib.suppress(OSError):
                os.rmdir(directory)
        if time.monotonic() > deadline:
            raise construction.MachineError(f'{path} cannot be removed')
        time.sleep(_POLL_SECONDS)


def _prepare(root: pathlib.Path, name: str) -> None:
    """Turn a copy of a root directory into that of a plain, quiet machine."""
    # A host's own services, mounts and settings must not come up twice:
    # what an administrator or a package enabled is forgotten, what systemd
    # itself brings is kept.
    for path in (root / 'etc/systemd', root / 'var/log/journal',
                 *root.glob('etc/rc?.d')):
        shutil.rmtree(path, ignore_errors=True)
    generators = root / 'etc/systemd/system-generators'
    generators.mkdir(parents=True)
    for path in root.glob('usr/lib/systemd/system-generators/*'):
        (generators / path.name).symlink_to('/dev/null')
    construction.write(root / 'etc/fstab', '')
    construction.write(root / 'etc/hostname', f'{name}\n')
    construction.write(
        root / 'etc/hosts',
        f'127.0.0.1 localhost {name}\n::1 localhost {name}\n')
    # An id of its own, and not "uninitialized": that would enable again what
    # was forgotten above.
    construction.write(root / 'etc/machine-id', f'{uuid.uuid4().hex}\n')
    system = root / 'etc/systemd/system'
    system.mkdir()
    (system / 'default.target').symlink_to(
        '/usr/lib/systemd/system/multi-user.target')
    construction.write(root / 'etc/systemd/journald.conf',
                       '[Journal]\nStorage=persistent\n')
    (root / 'var/log/journal').mkdir()
    construction.call(
        ['systemd-sysusers', f'--root={root}', '--inline',
         'u ceilometer - "OpenStack Ceilometer" /var/lib/ceilometer'])


def _configure(root: pathlib.Path) -> None:
    """Give Ceilometer a configuration with which its daemons start."""
    secret = '/etc/ceilometer/ceilometer.conf'
    construction.write(root / secret[1:], CEILOMETER_CONF)
    # It has passwords. The host's user database is another one.
    construction.call(['chroot', str(root), 'chgrp', 'ceilometer', secret])
    construction.call(['chroot', str(root), 'chmod', '0640', secret])


def _keep(owner: int, bed: beds.Bed, built: pathlib.Path,
          before_boot: str) -> None:
    """Boot a machine, keep it as long as its owner lives, clean up.

    :param before_boot: a script that runs in it before that.
    """
    owner_fd = os.pidfd_open(owner)
    if os.getppid() != owner:
        return
    name = f'{NAME_PREFIX}{os.getpid()}'
    construction.hold(built)
    # Seen by nobody else. nspawn leaves files in /run/systemd, too.
    construction.call(
        ['mount', '-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs', '/run'])
    scratch = pathlib.Path('/run', name)
    root = scratch / 'root'
    root.mkdir(parents=True)
    construction.overlay(bed.root(built), root, scratch / 'changes')
    _prepare(root, name)
    bed.install(built, root, scratch)
    _configure(root)
    if before_boot:
        construction.call(['chroot', str(root), 'sh', '-euc', before_boot])
    about = {'name': name, 'python': bed.python,
             'packages': bed.packages(root)}

    # Before the boot, a directory that a killed keeper left may be in the way;
    # after it, this keeper's own.
    _remove_cgroups()
    # Two systemds in one control group end one another's processes.
    cgroup = _cgroup_root() / name
    cgroup.mkdir()
    try:
        _boot(owner_fd, about, root, cgroup)
    finally:
        _remove_cgroups()


def _boot(owner_fd: int, about: dict[str, str], root: pathlib.Path,
          cgroup: pathlib.Path) -> None:
    """Run the container until it powers off or its owner is gone.

    :param about: what the owner is told beside the leader's process id.
    """
    name = about['name']
    output = root.parent / 'console'
    with (socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready,
          open(output, 'wb') as console):
        ready.bind(f'\0{name}')
        nspawn = subprocess.Popen(
            ['sh', '-euc', 'echo $$ >"$1"; shift; exec "$@"',
             'sh', str(cgroup / 'cgroup.procs'),
             # Should the keeper itself be killed, so is the machine.
             'setpriv', '--pdeathsig', 'KILL',
             'systemd-nspawn', '--quiet', '--register=no', '--keep-unit',
             f'--directory={root}', f'--machine={name}', '--link-journal=no',
             '--private-network', '--resolv-conf=off', '--timezone=off',
             '--notify-ready=yes', '--console=pipe',
             '/usr/lib/systemd/systemd'],
            stdin=subprocess.DEVNULL, stdout=console, stderr=console,
            env={'PATH': PATH, 'NOTIFY_SOCKET': f'@{name}',
                 'SYSTEMD_NSPAWN_UNIFIED_HIERARCHY': '1'})
        try:
            if not _wait_for_boot(owner_fd, nspawn.pid, ready):
                raise construction.MachineError(
                    'the machine does not boot:\n'
                    + output.read_text(errors='replace'))
            # nspawn's only child is the machine's first process.
            leader = int(pathlib.Path(
                f'/proc/{nspawn.pid}/task/{nspawn.pid}/children').read_text())
            print(json.dumps({'leader': leader, **about}), flush=True)
            ends = {owner_fd, 0, os.pidfd_open(nspawn.pid)}
            # Systemd goes on to tell how it fares, each time that a job takes
            # long. Where nobody reads that, it waits, and the machine with it.
            while not ends & _wait(None, ready.fileno(), *ends):
                ready.recv(4096)
        finally:
            nspawn.kill()
            nspawn.wait()


def _wait(seconds: float | None, *descriptors: int) -> set[int]:
    """Wait for descriptors to be readable or closed; give which are."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return {ready for ready, _ in poll.poll(seconds and 1000 * seconds)}


def _wait_for_boot(owner_fd: int, nspawn: int, ready: socket.socket) -> bool:
    """Wait for nspawn to say that systemd says it has booted."""
    # Its end is an answer as well; so is that of the owner, or of its wish.
    ends = {owner_fd, 0, os.pidfd_open(nspawn)}
    deadline = time.monotonic() + BOOT_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        events = _wait(left, ready.fileno(), *ends)
        if events & ends:
            return False
        if events and b'READY=1' in ready.recv(4096).splitlines():
            return True
    return False


def _main(owner: int, bed: str, built: pathlib.Path,
          before_boot: str) -> None:
    # The owner decides; the terminal's Ctrl-C is for the owner.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    try:
        _keep(owner, beds.BEDS[bed], built, before_boot)
    except construction.MachineError as error:
        print(json.dumps({'error': str(error)}), flush=True)
        sys.exit(1)


if __name__ == '__main__':
    _main(int(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3]),
          sys.argv[4])
