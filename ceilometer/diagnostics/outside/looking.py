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

"""Looks at a process from the outside, twice, and concludes what is unusual.

Between the looks, :mod:`.thread_looks` says who moves.
"""

from __future__ import annotations

import pathlib

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.outside import causes
from ceilometer.diagnostics.outside import process_look
from ceilometer.diagnostics.outside import thread_looks
from ceilometer.diagnostics.secrets import redact

#: So many threads of a process are told.
THREADS_TOLD_MAX = 100

#: Between two looks at a process, seconds.
BETWEEN_LOOKS_SECONDS = 0.5

_PROC = pathlib.Path('/proc')


def first(pid: int) -> thread_looks.Looks:
    """The first look.

    :param pid: the process
    :raises OSError: it is gone, or /proc hides it
    """
    return thread_looks.look(_PROC / str(pid))


def second(pid: int, before: thread_looks.Looks) -> contents.Outside:
    """The second look, some time later.

    :param pid: the process
    :param before: the first look
    :returns: all its threads; without Python stacks and findings
    :raises OSError: it is gone, or /proc hides it
    """
    data = process_look.collect(pid)
    now = thread_looks.look(_PROC / str(pid))
    data['threads'] = thread_looks.compare(before, now)
    data['thread_count'] = now.total
    return data


def conclude(data: contents.Outside, obstacle: str | None, armed: bool,
             waited: str, holder: int | None = None,
             lost: causes.Lost | None = None) -> None:
    """Find what is unusual, and leave out what is too much.

    :param data: as :func:`second` gave it, with Python stacks if there are
        any; findings are put into it
    :param obstacle: why no answer can come, as far as is known
    :param armed: whether it could answer at all
    :param waited: how long it was waited for, in words
    :param holder: the thread that has the interpreter, if that is known
    :param lost: why what it has written does not come, None if it does
    """
    # of all threads, before some are left out
    data['findings'] = causes.find(
        data, obstacle, armed, waited, holder, lost)
    data['threads'] = [
        {**thread, 'name': redact.line(thread['name'])}
        for thread in data['threads'][:THREADS_TOLD_MAX]]
    data['children'] = data['children'][:process_look.NAMED_MAX]
    data['threads_left_out'] = data['thread_count'] - len(data['threads'])
