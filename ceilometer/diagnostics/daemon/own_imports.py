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

"""Imports our own modules in two thirds of the time.

A daemon imports 160 of them as it starts, so that a report needs no import.
Python looks for each in all places that a module can come from, and finds out
anew each time where its compiled code is. Here both are known: the code lies
beside this module's, and each module comes after those that it imports
(:mod:`.import_order`). What is not as it mostly is, is left to Python: code
that was not compiled, or not from this source; and all of it where another
thread might import one of these modules at the same time, as Python's locks
of modules are not taken here.

What is imported is what Python would have made of it. Runs in the main
thread, as the daemon is armed and when it has been imported.
"""

from __future__ import annotations

import importlib
from importlib import machinery
from importlib import util
import marshal
import os
import sys
import threading
import types

from ceilometer.diagnostics.daemon import own_thread

_PACKAGE = 'ceilometer.diagnostics.'

#: More than the code of any module of ours has, bytes; one that has more is
#: cut here, and left to Python.
_CODE_BYTES_MAX = 1 << 16

# how compiled code begins that is of a source of this time and size, and not
# of this content
_MAGIC = util.MAGIC_NUMBER + bytes(4)

# By package: the folder of its sources, and what the paths of their compiled
# code begin and end with.
_Folder = tuple[str, str, str]


def load(names: str) -> None:
    """Import modules of ours, unless they have been.

    :param names: their names below the package, with spaces between; each
        after those that it imports, or it takes longer
    :raises Exception: what a module raises
    """
    if _others_run():
        # who wants them imports them
        return
    folders: dict[str, _Folder | None] = {}
    for name in names.split():
        full = _PACKAGE + name
        if full not in sys.modules and not _load(full, folders):
            importlib.import_module(full)


def _others_run() -> bool:
    """Whether there are other threads than this and ours, that can import."""
    ours = {thread.ident for thread in threading.enumerate()
            if isinstance(thread, own_thread.OwnThread)}
    return not sys._current_frames().keys() <= {
        own_thread.get_ident(), *own_thread.alone, *ours}


def _load(name: str, folders: dict[str, _Folder | None]) -> bool:
    """Import a module; its package is imported if it has not been.

    :param name: its full name
    :param folders: those that are known; more are added
    :returns: whether it could be done
    """
    package, _, last = name.rpartition('.')
    if package not in folders:
        folders[package] = _folder(package)
    folder = folders[package]
    if folder is None:
        return False
    directory, before, after = folder
    path = directory + last + '.py'
    cached = before + last + after
    code = _code(path, cached)
    if code is None:
        return False
    module = types.ModuleType(name)
    loader = machinery.SourceFileLoader(name, path)
    spec = machinery.ModuleSpec(name, loader, origin=path)
    spec.has_location = True
    spec.cached = cached
    vars(module).update(__cached__=cached, __file__=path, __loader__=loader,
                        __package__=package, __spec__=spec)
    sys.modules[name] = module
    try:
        exec(code, vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    setattr(sys.modules[package], last, module)
    return True


def _folder(package: str) -> _Folder | None:
    """Where a package has its modules, None if that is not known."""
    directories = list(importlib.import_module(package).__path__)
    if len(directories) != 1:
        return None
    directory = os.path.join(directories[0], '')
    try:
        # as PYTHONPYCACHEPREFIX and -O want it
        cached = util.cache_from_source(directory + '@.py')
    except NotImplementedError:
        return None
    before, _, after = cached.rpartition('@')
    return directory, before, after


def _code(path: str, cached: str) -> types.CodeType | None:
    """The compiled code of a module, None if Python must look for it.

    :param path: of its source
    :param cached: where the compiled code is, if there is any
    """
    try:
        source = os.stat(path)
        descriptor = os.open(cached, os.O_RDONLY | os.O_CLOEXEC)
        try:
            data = os.read(descriptor, _CODE_BYTES_MAX)
        finally:
            os.close(descriptor)
        times = int(source.st_mtime) & 0xffffffff, source.st_size & 0xffffffff
        if data[:16] != _MAGIC + b''.join([
                number.to_bytes(4, 'little') for number in times]):
            return None
        code = marshal.loads(memoryview(data)[16:])
    except (EOFError, OSError, TypeError, ValueError):
        return None
    # it was compiled elsewhere: Python says where it is in its place
    return code if code.co_filename == path else None
