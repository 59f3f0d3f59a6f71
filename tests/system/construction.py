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

"""Steps by which machines are built, and where what is built is kept."""

from __future__ import annotations

import collections.abc
import fcntl
import math
import os
import pathlib
import shutil
import subprocess
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
#: What ``install-system`` installs.
SYSTEM_FILES = TREE / 'ceilometer/diagnostics/system_files'
CACHE = pathlib.Path('/var/cache/ceilometer-diagnostics')
_DAY_SECONDS = 24 * 60 * 60


class MachineError(Exception):
    """The machine cannot be built, booted or reached; the text says why."""


def call(argv: list[str]) -> str:
    """Run a step of the construction; give its output.

    :raises MachineError: if it fails, with its output.
    """
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          errors='replace', check=False)
    if done.returncode:
        raise MachineError(
            f'{" ".join(argv)} exited with {done.returncode}:\n{done.stdout}')
    return done.stdout


def overlay(lower: pathlib.Path, where: pathlib.Path,
            scratch: pathlib.Path) -> None:
    """Mount a directory so that changes go to a scratch directory."""
    for name in ('upper', 'work'):
        (scratch / name).mkdir(parents=True)
    call(['mount', '-t', 'overlay', 'overlay', '-o',
          f'lowerdir={lower},upperdir={scratch}/upper,workdir={scratch}/work',
          str(where)])


def write(path: pathlib.Path, text: str) -> None:
    """Write a file, in the place of one that may be a link elsewhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(text)


def copy_project(where: pathlib.Path) -> None:
    """Copy what a wheel is made of; setuptools writes into what it builds."""
    where.mkdir()
    shutil.copytree(TREE / 'ceilometer', where / 'ceilometer',
                    ignore=shutil.ignore_patterns('__pycache__'))
    for item in ('LICENSE', 'README.rst', 'pyproject.toml', 'setup.cfg',
                 'setup.py', *(path.name for path in TREE.glob(
                     'ceilometer_diagnostics*') if path.is_file())):
        shutil.copy(TREE / item, where)


def hold(path: pathlib.Path) -> int:
    """Say that a machine stands on a directory of the cache.

    :returns: a descriptor; what was said holds until it is closed.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _held(path: pathlib.Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def cached(kind: str, key: str,
           build: collections.abc.Callable[[pathlib.Path], None], *,
           days_max: float = math.inf) -> pathlib.Path:
    """Give a directory from the cache; build it if there is none.

    :param kind: what is in it.
    :param key: what it is made of.
    :param build: fills an empty directory.
    :param days_max: one that is older is built anew, unless it is held.
    :raises MachineError: if it cannot be built.
    """
    CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
    wanted = CACHE / f'{kind}-{key}'
    unfinished = CACHE / f'unfinished-{kind}'
    # Processes that want the same at once build it once.
    with open(CACHE / f'{kind}.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(unfinished, ignore_errors=True)
        if wanted.exists():
            days = (time.time() - wanted.stat().st_mtime) / _DAY_SECONDS
            if days <= days_max or _held(wanted):
                return wanted
            wanted.rename(unfinished)
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o755)
        build(unfinished)
        os.utime(unfinished)  # its age counts from here
        unfinished.rename(wanted)
    return wanted
