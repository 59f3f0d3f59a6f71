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

"""What is to be changed in a system, found out before anything is."""

from __future__ import annotations

import dataclasses
import pathlib

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.installing import inside_root
from ceilometer.diagnostics.command.installing import record
from ceilometer.diagnostics.command.installing import shipped
from ceilometer.diagnostics.command.installing import theirs


@dataclasses.dataclass
class Plan:
    """What is to be changed; all paths are the system's own.

    :ivar new: what is written where nothing is, by path
    :ivar replaced: what is written over what we have written, by path
    :ivar unchanged: files that are already as they shall be
    :ivar removed: files of ours that are to go
    :ivar kept: files of ours that somebody has changed since: they stay, and
        are ours no longer
    """

    new: dict[str, bytes] = dataclasses.field(default_factory=dict)
    replaced: dict[str, bytes] = dataclasses.field(default_factory=dict)
    unchanged: list[str] = dataclasses.field(default_factory=list)
    removed: list[str] = dataclasses.field(default_factory=list)
    kept: list[str] = dataclasses.field(default_factory=list)


def content(path: pathlib.Path) -> bytes | None:
    """What a regular file holds; None if it is something else.

    :raises OSError: it cannot be read
    """
    if path.is_symlink() or not path.is_file():
        return None
    return path.read_bytes()


def to_install(root: pathlib.Path, files: list[shipped.File],
               before: record.Record | None) -> Plan:
    """What to do so that a system has these files.

    :param root: the system's root directory
    :param files: what it shall have
    :param before: what was installed there
    :raises command_line.Failure: a file is there that is not ours
    """
    before = before or record.Record('')
    plan = Plan()
    wanted = set()
    refused = []
    for path, data in files:
        at = inside_root.resolve(root, path)
        name = inside_root.named(root, at)
        wanted.add(name)
        if not (at.exists() or at.is_symlink()):
            plan.new[name] = data
            continue
        there = content(at)
        if there == data:
            plan.unchanged.append(name)
        elif before.is_as_written(name, there):
            plan.replaced[name] = data
        elif name in before.files:
            refused.append(f'{name} has been changed since it was installed')
        else:
            refused.append(f'{theirs.described(root, name)} is there already, '
                           'and is not of this command')
    if refused:
        raise command_line.Failure(
            f'nothing was written: {"; ".join(refused)}')
    _leave(root, plan, before, set(before.files) - wanted)
    return plan


def to_uninstall(root: pathlib.Path, before: record.Record) -> Plan:
    """What to do so that a system has nothing of the record any more.

    :param root: the system's root directory
    :param before: the record
    :raises command_line.Failure: a unit is enabled
    """
    plan = Plan()
    _leave(root, plan, before, set(before.files))
    return plan


def _leave(root: pathlib.Path, plan: Plan, before: record.Record,
           names: set[str]) -> None:
    """Have files go that are as we have written them."""
    for name in sorted(names):
        at = inside_root.resolve(root, pathlib.PurePosixPath(name))
        if not (at.exists() or at.is_symlink()):
            continue
        if before.is_as_written(name, content(at)):
            plan.removed.append(name)
        else:
            plan.kept.append(name)
    if linked := theirs.enabled(root, plan.removed):
        raise command_line.Failure(
            'nothing was written: units that would go are enabled: run '
            f'"systemctl disable --now {" ".join(linked)}" first')
