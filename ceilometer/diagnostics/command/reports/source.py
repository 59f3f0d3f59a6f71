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

"""Where reports are read from: which files of a journal can be read.

The files are listed here and not by libsystemd, because it passes over what
it cannot read without a word: a file that is cut short, of a newer systemd,
or of other users. Who reads diagnostics must know what they do not see.
"""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
import errno
import fnmatch
import glob
import grp
import os
import re
import stat
import struct

#: Where journald keeps what survives a reboot, and what does not.
DIRECTORIES = ('/var/log/journal', '/run/log/journal')

_MACHINE_DIRECTORY = re.compile(r'[0-9a-f]{32}(\..+)?', re.ASCII)

# https://systemd.io/JOURNAL_FILE_FORMAT: signature, compatible flags,
# incompatible flags, ..., size of the header and of all that follows it
_HEADER = struct.Struct('<8sII72xQQ')
_SIGNATURE = b'LPKSHHRH'

#: The group whose members may read what journald writes.
_GROUP = 'systemd-journal'


class JournalError(Exception):
    """The journal, or a file of it, cannot be read; one line says why."""


@dataclasses.dataclass(frozen=True)
class Source:
    """Which journal to read, in the words of journalctl(1).

    :ivar directory: a directory with journal files, or with the directories
        of several machines
    :ivar files: paths of journal files, or shell patterns of such
    :ivar root: where the root directory of another system is mounted
    :ivar namespace: name of a journal namespace; ``+NAME`` adds the default
        one, ``*`` means all
    :ivar merge: read the journals of all machines that are on this one
    """

    directory: str | None = None
    files: tuple[str, ...] = ()
    root: str | None = None
    namespace: str | None = None
    merge: bool = False

    @property
    def local(self) -> bool:
        """Whether it is the journal of the machine this runs on."""
        return not (self.directory or self.files or self.root)


def find(source: Source) -> tuple[list[str], list[str]]:
    """Find the files of a journal.

    :param source: which journal
    :returns: their paths, and a line for each that is skipped
    :raises JournalError: there is none, or nothing of it can be read
    """
    problems: list[str] = []
    if source.files:
        return _usable(source, _expand(source.files), problems), problems
    directories = _directories(source)
    if not directories and source.namespace is not None:
        raise JournalError(
            f'there is no journal of namespace {source.namespace}')
    paths = []
    for directory in directories:
        try:
            names = sorted(os.listdir(directory))
        except OSError as error:
            problems.append(f'{directory}: {reason(error)}')
            continue
        paths += [os.path.join(directory, name) for name in names
                  if name.endswith(('.journal', '.journal~'))]
    return _usable(source, paths, problems), problems


def _how_to_gain_access(paths: Iterable[str]) -> str:
    return _how_to_join(set(filter(None, map(_group, paths))))


def _how_to_join(groups: Iterable[str]) -> str:
    names = sorted(groups)
    if not names:
        return 'root can read it'
    return (f'members of group {" and ".join(names)} can read it: run '
            f'"usermod -aG {",".join(names)} USER" as root, then log in '
            'again')


def _group(path: str) -> str | None:
    """The group that may read a file, None if none can be told."""
    try:
        status = os.stat(path)
        if status.st_mode & stat.S_IRGRP and status.st_gid:
            return grp.getgrgid(status.st_gid).gr_name
    except (OSError, KeyError):
        # in a directory that may not be searched; of another system
        pass
    return None


def _usable(source: Source, paths: list[str],
            problems: list[str]) -> list[str]:
    usable = []
    forbidden = []
    # who names a file wants that one
    strict = bool(source.files)
    for path in paths:
        try:
            check(path)
        except PermissionError:
            if strict:
                raise JournalError(
                    f'{path}: permission denied; '
                    f'{_how_to_gain_access([path])}') from None
            forbidden.append(path)
        except OSError as error:
            if strict:
                raise JournalError(f'{path}: {reason(error)}') from None
            problems.append(
                f'{path}: {reason(error)}; skipped')
        else:
            usable.append(path)
    where = source.directory or source.root or 'the journal'
    if forbidden:
        told = (f'{where}: no permission to read {len(forbidden)} of '
                f'{len(paths)} files; {_how_to_gain_access(forbidden)}')
        if not usable:
            raise JournalError(told)
        problems.append(told)
    if not usable:
        raise JournalError('; '.join(problems)
                           or f'{where}: there are no journal files')
    return usable


def check(path: str) -> None:
    """Look whether a journal file can be read, without reading it.

    :param path: the file
    :raises OSError: it cannot; with the reason in ``strerror``
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EBADF, 'not a journal file')
        header = os.read(descriptor, _HEADER.size)
    finally:
        os.close(descriptor)
    if len(header) < _HEADER.size:
        raise OSError(errno.ENODATA, 'cut short, or not a journal file')
    signature, _, _, header_size, arena_size = _HEADER.unpack(header)
    if signature != _SIGNATURE:
        raise OSError(errno.EBADMSG, 'not a journal file')
    if header_size + arena_size > status.st_size:
        raise OSError(errno.ENODATA, 'cut short')


def _expand(patterns: tuple[str, ...]) -> list[str]:
    paths = []
    for pattern in patterns:
        found = sorted(glob.glob(pattern)) if glob.has_magic(
            pattern) else [pattern]
        if not found:
            raise JournalError(f'{pattern}: no such file')
        paths += found
    return paths


def _directories(source: Source) -> list[str]:
    if source.directory is not None:
        return [source.directory, *_machines(source.directory, '*', True)]
    root = source.root
    if root is not None:
        if not os.path.isdir(root):
            raise JournalError(f'{root}: no such directory')
        tops = [root.rstrip('/') + top for top in DIRECTORIES]
    else:
        tops = list(DIRECTORIES)
    every = source.merge or root is not None
    found = []
    for top in tops:
        # what is volatile is of this machine, whatever its name
        machine = '*' if every or top == '/run/log/journal' else machine_id()
        found += _machines(top, machine, False, source.namespace)
    if not found and source.namespace is None:
        raise JournalError(
            f'{", ".join(tops)}: there is no journal, or no permission to '
            f'see it; {_how_to_join([_GROUP])}')
    return found


def _machines(top: str, machine: str, every_namespace: bool,
              namespace: str | None = None) -> list[str]:
    """Directories of machines, or of namespaces of machines, below one."""
    try:
        names = sorted(os.listdir(top))
    except FileNotFoundError:
        if every_namespace:
            raise JournalError(f'{top}: no such directory') from None
        return []
    except OSError as error:
        raise JournalError(f'{top}: {reason(error)}') from None
    wanted = [None if namespace is None else namespace.lstrip('+')]
    if namespace is not None and namespace.startswith('+'):
        wanted.append(None)
    found = []
    for name in names:
        if not _MACHINE_DIRECTORY.fullmatch(name):
            continue
        own, dot, rest = name.partition('.')
        if not fnmatch.fnmatchcase(own, machine):
            continue
        if every_namespace or namespace == '*' or (
                rest if dot else None) in wanted:
            found.append(os.path.join(top, name))
    return found


def machine_id() -> str:
    """The id of this machine; ``*`` if it has none."""
    try:
        with open('/etc/machine-id') as file:
            return file.read().strip() or '*'
    except OSError:
        return '*'


def boot_id() -> str:
    """The id of this boot, as journald writes it."""
    with open('/proc/sys/kernel/random/boot_id') as file:
        return file.read().strip().replace('-', '')


def reason(error: OSError) -> str:
    """Why a journal file cannot be read, in a few words.

    :param error: what :func:`check` or libsystemd raised
    """
    text = error.strerror or str(error)
    if text == os.strerror(error.errno or 0):
        # libsystemd says more with these than their usual texts do
        text = {errno.EBADMSG: 'damaged', errno.ENODATA: 'cut short',
                errno.EPROTONOSUPPORT: 'written by a newer systemd',
                }.get(error.errno or 0, text)
    return text[:1].lower() + text[1:]
