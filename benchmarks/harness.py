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

"""What the benchmarks share: tables, a daemon's configuration, a journal.

Standard library only, so that any virtualenv with Ceilometer and this project
can run them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from collections.abc import Sequence
from importlib import metadata
import os
import pathlib
import platform
import select
import socket
import statistics
import subprocess
import sys
import time

#: Where journald listens; libsystemd can be told no other place.
JOURNAL_SOCKET = '/run/systemd/journal/socket'

#: Longer than anything here takes on a slow machine, seconds.
TIMEOUT = 120.0

_IN_NAMESPACE = 'BENCHMARK_HAS_ITS_OWN_RUN'

# Nothing is listening there and nothing is polled: the daemons idle.
_CEILOMETER_CONF = """\
[DEFAULT]
transport_url = fake://
log_file = {directory}/{name}.log
[polling]
cfg_file = {directory}/polling.yaml
[diagnostics]
minimum_interval = 0
"""

_POLLING_YAML = """\
sources:
    - name: nothing
      interval: 3600
      meters:
        - there.is.no.such.meter
"""


class BenchmarkError(Exception):
    """A benchmark cannot be run here; the message says why."""


def parser(doc: str | None, pairs: int) -> argparse.ArgumentParser:
    """A command line with what all benchmarks take.

    :param doc: the docstring of the benchmark, which is its help
    :param pairs: how often each side is measured, in turns, by default
    """
    made = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument(
        '--pairs', type=int, default=pairs, metavar='N',
        help='measure each side N times, in turns (default: %(default)s)')
    return made


def script(name: str) -> str:
    """The console script of that name in this interpreter's virtualenv.

    :raises BenchmarkError: it is not there
    """
    path = os.path.join(os.path.dirname(sys.executable), name)
    if not os.path.exists(path):
        raise BenchmarkError(
            f'{path}: not there; run this with the python of a virtualenv '
            'that has Ceilometer and ceilometer-diagnostics')
    return path


def configure(directory: str, name: str = 'ceilometer') -> str:
    """Write the configuration of a daemon that has nothing to do.

    :returns: the path of the file for ``--config-file``
    """
    pathlib.Path(directory, 'polling.yaml').write_text(_POLLING_YAML)
    path = pathlib.Path(directory, f'{name}.conf')
    path.write_text(_CEILOMETER_CONF.format(directory=directory, name=name))
    return str(path)


def own_journal() -> None:
    """Have a /run of our own, so that no entry reaches the real journal.

    Starts the program anew in a mount namespace, unless it has one already;
    without root in a user namespace as well.

    :raises BenchmarkError: this machine does not allow it
    """
    if os.environ.get(_IN_NAMESPACE) != str(os.getpid()):
        os.environ[_IN_NAMESPACE] = str(os.getpid())
        user = [] if os.geteuid() == 0 else ['--user', '--map-root-user']
        try:
            os.execvp('unshare', [
                'unshare', '--mount', '--propagation', 'private', *user,
                sys.executable, *sys.argv])
        except OSError as error:
            raise BenchmarkError(f'unshare: {error.strerror}') from error
    done = subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', '/run'],
                          check=False, capture_output=True, text=True)
    if done.returncode:
        raise BenchmarkError(f'no /run of our own: {done.stderr.strip()}')
    os.makedirs(os.path.dirname(JOURNAL_SOCKET))


def journal_socket() -> socket.socket:
    """A datagram socket where journald has its own; see own_journal."""
    bound = socket.socket(socket.AF_UNIX,
                          socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
    bound.bind(JOURNAL_SOCKET)
    return bound


def receive(journal: socket.socket) -> bytes:
    """Take one entry, in the native protocol, also where it is in a memfd."""
    data, descriptors, _, _ = socket.recv_fds(journal, 1 << 22, 4)
    for descriptor in descriptors:
        with os.fdopen(descriptor, 'rb') as file:
            file.seek(0)
            data = file.read()
    return data


def wait_readable(descriptors: Sequence[int], deadline: float) -> list[int]:
    """Those of the descriptors that can be read.

    :param deadline: on :func:`time.monotonic`'s clock, seconds
    :raises BenchmarkError: none could be until then
    """
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    ready = poll.poll(max(deadline - time.monotonic(), 0) * 1000)
    if not ready:
        raise BenchmarkError('a process did not answer in time')
    return [descriptor for descriptor, _ in ready]


def median(values: Iterable[float]) -> float:
    """The median."""
    return statistics.median(list(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The median of the ratios of the pairs, for a table."""
    pairs = [our / their for our, their in zip(ours, theirs, strict=True)
             if their]
    return f'{median(pairs):.2f}' if pairs else '-'


def print_versions() -> None:
    """Say what is measured, and where."""
    names = ('ceilometer', 'ceilometer-diagnostics', 'oslo.reports',
             'cotyledon')
    print(f'Python {platform.python_version()}, Linux {platform.release()}, '
          f'{os.cpu_count()} CPUs; '
          + ', '.join(f'{name} {metadata.version(name)}' for name in names))


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns: the first to the left, numbers to the right.

    :param rows: the heading first
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print()
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(
            row[1:], widths[1:], strict=True)]
        print('  '.join(cells).rstrip())
        if not number:
            print('  '.join('-' * width for width in widths))
    sys.stdout.flush()
