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

"""Imports our own modules in two thirds of the time, and of less memory.

A daemon imports 160 of them as it starts, so that a report needs no import.
Python looks for each in all places that a module can come from, and finds out
anew each time where its compiled code is. Here both are known: the code lies
beside this module's, and each module comes after those that it imports
(:mod:`.import_order`). What is not as it mostly is, is left to Python: code
that was not compiled, or not from this source; and all of it where another
thread might import one of these modules at the same time, as Python's locks
of modules are not taken here.

What is imported is what Python would have made of it, without what only those
who read the code have of it: docstrings, as Python with -OO leaves them out,
and annotations. Those are a tenth of the memory that our modules take.

Runs in the main thread, as the daemon is armed and when it has been imported;
what is kept until later (:mod:`.folded`), in any thread.
"""

from __future__ import annotations

from collections.abc import Mapping
import importlib
from importlib import machinery
from importlib import util
import itertools
import marshal
import os
import sys
import threading
import types
from typing import Any

from ceilometer.diagnostics.daemon import own_thread

#: What the names of our modules begin with.
PACKAGE = 'ceilometer.diagnostics.'

# how compiled code begins that is of a source of this time and size, and not
# of this content
_MAGIC = util.MAGIC_NUMBER + bytes(4)

# what has docstrings, annotations or both
_HAVE_WORDS = frozenset({types.FunctionType, property, type})

#: By package: the folder of its sources, and what the paths of their compiled
#: code begin and end with; None if that is not known.
Folders = dict[str, tuple[str, str, str] | None]

#: Where a module is: its full name, and the paths of its source and of its
#: compiled code.
Place = tuple[str, str, str]


def load(names: str) -> None:
    """Import modules of ours, unless they have been.

    :param names: their names below the package, with spaces between; each
        after those that it imports, or it takes longer
    :raises Exception: what a module raises
    """
    if _others_run():
        # who wants them imports them
        return
    folders: Folders = {}
    for name in names.split():
        full = PACKAGE + name
        if full not in sys.modules:
            place = find(full, folders)
            if place is None or not make(place, read(place)):
                importlib.import_module(full)


def _others_run() -> bool:
    """Whether there are other threads than this and ours, that can import."""
    ours = {thread.ident for thread in threading.enumerate()
            if isinstance(thread, own_thread.OwnThread)}
    return not sys._current_frames().keys() <= {
        own_thread.get_ident(), *own_thread.alone, *ours}


def find(name: str, folders: Folders) -> Place | None:
    """Where a module is; its package is imported if it has not been.

    :param name: its full name
    :param folders: those that are known; more are added
    :returns: None if Python must look for it
    """
    package, _, last = name.rpartition('.')
    if package not in folders:
        folders[package] = _folder(package)
    folder = folders[package]
    if folder is None:
        return None
    directory, before, after = folder
    return name, directory + last + '.py', before + last + after


def read(place: Place) -> bytes | None:
    """The compiled code of a module, None if Python must look for it."""
    _, path, cached = place
    try:
        source = os.stat(path)
        descriptor = os.open(cached, os.O_RDONLY | os.O_CLOEXEC)
        try:
            data = os.read(descriptor, os.fstat(descriptor).st_size)
        finally:
            os.close(descriptor)
    except OSError:
        return None
    times = int(source.st_mtime) & 0xffffffff, source.st_size & 0xffffffff
    return data if data[:16] == _MAGIC + b''.join([
        number.to_bytes(4, 'little') for number in times]) else None


def make(place: Place, data: bytes | None) -> bool:
    """Import a module from its compiled code; its package has been imported.

    :param place: where it is
    :param data: what :func:`read` has returned
    :returns: whether it could be done
    :raises Exception: what the module raises
    """
    if data is None:
        return False
    name, path, _ = place
    try:
        code = marshal.loads(memoryview(data)[16:])
    except (EOFError, TypeError, ValueError):
        return False
    if code.co_filename != path:
        # it was compiled elsewhere: Python says where it is in its place
        return False
    # the same text once; and what the module makes has the place of its code
    path = code.co_filename
    del data
    package, _, last = name.rpartition('.')
    module = types.ModuleType(name)
    loader = machinery.SourceFileLoader(name, path)
    spec = machinery.ModuleSpec(name, loader, origin=path)
    spec.has_location = True
    vars(module).update(__file__=path, __loader__=loader,
                        __package__=package, __spec__=spec)
    sys.modules[name] = module
    try:
        exec(code, vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    setattr(sys.modules[package], last, module)
    module.__doc__ = None
    vars(module).pop('__annotations__', None)
    _forget_words(vars(module), name)
    return True


def _forget_words(names: Mapping[str, Any], module: str) -> None:
    """Drop docstrings and annotations, of methods as well.

    :param names: what a module or class of ours has
    :param module: the name of the module; what is of another is left alone
    """
    values = list(names.values())
    # most have none: this is faster than to look at each
    for value in itertools.compress(
            values, map(_HAVE_WORDS.__contains__, map(type, values))):
        if type(value) is property:
            value = value.fget
        if value.__module__ != module:
            continue
        words = value.__doc__
        if type(value) is type:
            _forget_words(vars(value), module)
            if '__annotations__' in vars(value):
                del value.__annotations__
        else:
            del value.__annotations__
            # its code has it as well, in the first place if at all
            if words is not None and (
                    code := value.__code__).co_consts[0] is words:
                value.__code__ = code.replace(
                    co_consts=(None, *code.co_consts[1:]))
        if words is not None:
            value.__doc__ = None


def _folder(package: str) -> tuple[str, str, str] | None:
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
