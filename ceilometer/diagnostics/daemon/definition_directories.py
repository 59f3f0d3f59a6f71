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

"""Definitions of pollsters and meters, which come from whole directories.

Only what was written since the process began is parsed again: Ceilometer's
own definitions of meters are a thousand lines, and take a second.

Runs in the thread that collects a report; raises what YAML's parser and the
file system raise.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import glob
import os
import sys
from typing import Any

from ceilometer.diagnostics import named_tuple

#: So many files of one directory are looked at.
FILES_MAX = 50

#: A process may have read what was written so shortly before it began.
_MARGIN_SECONDS = 5

Definitions = dict[str, dict[str, Any]]


class Directory(named_tuple.NamedTuple):
    """A directory of definitions.

    :ivar kind: ``pollsters`` or ``meters``
    :ivar path: the directory
    :ivar live: the definitions that the process has of this kind, by name
    :ivar parse: gives those of a file
    :ivar namespaces: a definition that is not there is for this process, if
        it is for one of these; None if all are
    """

    kind: str
    path: str
    live: Definitions
    parse: Callable[[str], Definitions]
    namespaces: frozenset[str] | None = None

    def files(self) -> list[str]:
        """The files in it, as Ceilometer finds them."""
        return sorted(glob.glob(os.path.join(
            glob.escape(self.path), '*.yaml')))[:FILES_MAX]

    def differs(self, path: str, began: float) -> list[str]:
        """Names of what a file has otherwise than the process.

        Of a pollster's definition Ceilometer fills in what is not there: what
        is no longer there is not found, and what is there is.

        :param path: one of the files
        :param began: when the process began, seconds since the epoch
        """
        if not _is_newer(path, began):
            return []
        return [f'{self.kind[:-1]} {name}' for name, wanted
                in sorted(self.parse(path).items())
                if not self._agrees(wanted, self.live.get(name))]

    def _agrees(self, wanted: dict[str, Any],
                have: dict[str, Any] | None) -> bool:
        if have is None:
            of = wanted.get('namespaces', ['central'])
            return self.namespaces is not None and not (
                self.namespaces & set(of if isinstance(of, list) else [of]))
        return all(key in have and have[key] == value
                   for key, value in wanted.items())


def gone(directories: list[Directory], began: float) -> list[str]:
    """Names of the pollsters that no file defines any more.

    :param directories: those of pollsters, all of them
    :param began: when the process began, seconds since the epoch
    """
    if not any(_is_newer(path, began) for one in directories
               for path in (one.path, *one.files())):
        return []
    there = {name for one in directories for path in one.files()
             for name in one.parse(path)}
    live = {name for one in directories for name in one.live}
    return [f'pollster {name}' for name in sorted(live - there)]


def _is_newer(path: str, began: float) -> bool:
    # whoever moves an old file there changes its inode
    status = os.stat(path)
    return max(status.st_mtime,
               status.st_ctime) > began - _MARGIN_SECONDS


def find(conf: Any, service: Any,
         load: Callable[[str], Any]) -> Iterator[Directory]:
    """The directories that a worker has read definitions from.

    :param conf: its configuration
    :param service: what the worker runs
    :param load: gives what a file of YAML holds
    """
    pollsters = getattr(service, 'extensions', None)
    if pollsters is not None:
        live: Definitions = {
            str(one.name): one.obj.pollster_definitions for one in pollsters
            if isinstance(getattr(one.obj, 'pollster_definitions', None),
                          dict)}
        namespaces = frozenset(
            getattr(conf, 'polling_namespaces', None) or ())
        for path in filter(os.path.isdir, getattr(
                conf, 'pollsters_definitions_dirs', None) or ()):
            yield Directory('pollsters', path, live,
                            lambda file: _pollsters(load(file)), namespaces)
    endpoints = [
        endpoint for listener in list(getattr(service, 'listeners', None)
                                      or ())
        for endpoint in listener.dispatcher.endpoints
        if type(endpoint).__name__ == 'ProcessMeterNotifications']
    if endpoints:
        meters = {str(one.cfg.get('name')): one.cfg
                  for endpoint in endpoints for one in endpoint.definitions}
        # what the package brings belongs to its version
        own = os.path.dirname(os.path.dirname(os.path.abspath(
            sys.modules[type(endpoints[0]).__module__].__file__ or '')))
        for path in conf.meter.meter_definitions_dirs:
            if not os.path.abspath(path).startswith(own + os.sep):
                yield Directory('meters', path, meters,
                                lambda file: _meters(load(file)))


def _pollsters(found: Any) -> Definitions:
    definitions: Definitions = {}
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict):
            # the first of a name counts
            definitions.setdefault(str(one.get('name')), one)
    return definitions


def _meters(found: Any) -> Definitions:
    metric = found.get('metric') if isinstance(found, dict) else None
    # the last of a name counts
    return {str(one.get('name')): one
            for one in metric or () if isinstance(one, dict)}
