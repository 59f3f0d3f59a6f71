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

"""What the data of sections hold, for what writes them and what reads them.

The types are those of :mod:`ceilometer.diagnostics.content_types`, which this
module has as its own. Here are the words that readers look for.

Sections fill these types in (:mod:`ceilometer.diagnostics.daemon.sections`);
verbs read data that have been fitted to them
(:mod:`ceilometer.diagnostics.command.reports.section_data`), because a report
may come from another version, or from somebody who wants to mislead. The
reference of the documentation has every key that stands here.

Keys are added in later versions; none is removed or changes its meaning as
long as :data:`fields.SCHEMA` stays. What is not known is None. Sizes and times
have their unit in their names.

Types and constants only, for any process and thread.
"""

from __future__ import annotations

from typing import Any
from typing import Final
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ceilometer.diagnostics.content_types import *  # noqa: F401,F403,H303
else:
    def __getattr__(name: str) -> Any:
        """A type, which a daemon never wants: it only has annotations.

        Seventy types would cost it a quarter of a megabyte, and time as it
        starts.
        """
        from ceilometer.diagnostics import content_types
        return getattr(content_types, name)

#: States of a thread. The kernel's own (proc(5)) but the last.
RUNNING: Final = 'running'
WAITING: Final = 'waiting'
UNINTERRUPTIBLE: Final = 'uninterruptible'
STOPPED: Final = 'stopped'
TRACED: Final = 'traced'
ZOMBIE: Final = 'zombie'
IDLE: Final = 'idle'
UNKNOWN: Final = 'unknown'
STATES: Final = (RUNNING, WAITING, UNINTERRUPTIBLE, STOPPED, TRACED, ZOMBIE,
                 IDLE, UNKNOWN)
#: The same by the letters of the kernel (proc(5), /proc/[pid]/stat).
KERNEL_STATES: Final = {
    'R': RUNNING, 'S': WAITING, 'D': UNINTERRUPTIBLE, 'T': STOPPED,
    't': TRACED, 'Z': ZOMBIE, 'I': IDLE}

#: What a thread waits for.
FOR_SIGNAL: Final = 'a signal'
FOR_DESCRIPTORS: Final = 'file descriptors'
FOR_TIME: Final = 'a time to pass'
FOR_PROCESS: Final = 'a process to end'
FOR_CONNECTION: Final = 'a connection'
FOR_DATA: Final = 'data to read'
FOR_ROOM: Final = 'room to write'
FOR_THREAD: Final = 'a thread to end'
FOR_EVENT: Final = 'a condition or an event'
FOR_QUEUE: Final = 'a queue'
FOR_LOCK: Final = 'a lock'
FOR_NAME: Final = 'a name to be resolved'
WAITS: Final = (FOR_SIGNAL, FOR_DESCRIPTORS, FOR_TIME, FOR_PROCESS,
                FOR_CONNECTION, FOR_DATA, FOR_ROOM, FOR_THREAD, FOR_EVENT,
                FOR_QUEUE, FOR_LOCK, FOR_NAME)

#: State of a process that has ended while the section was collected.
VANISHED: Final = 'vanished'
#: And of one that psutil cannot tell of.
HIDDEN: Final = 'hidden'

#: Where an option was set.
SET_NOWHERE: Final = 'default'
SET_IN_FILE: Final = 'file'
SET_ON_COMMAND_LINE: Final = 'command line'
SET_IN_ENVIRONMENT: Final = 'environment'
SET_BY_PROGRAM: Final = 'program'
SET_UNKNOWN: Final = 'unknown'
LOCATIONS: Final = (SET_NOWHERE, SET_IN_FILE, SET_ON_COMMAND_LINE,
                    SET_IN_ENVIRONMENT, SET_BY_PROGRAM, SET_UNKNOWN)

#: Keys of what the kernel gives names to.
RSS: Final = 'VmRSS'
SIZE: Final = 'VmSize'
PEAK_RSS: Final = 'VmHWM'
SWAPPED: Final = 'VmSwap'
OPEN_FILES: Final = 'open files'
ADDRESS_SPACE: Final = 'address space'
MEMORY_EVENTS: Final = 'memory.events'
#: Of the file memory.stat: memory that is not of files, which the kernel
#: could give up.
MEMORY_ANON: Final = 'memory.stat anon'

#: States of a connection (RFC 9293) that readers look for.
ESTABLISHED: Final = 'ESTABLISHED'
CLOSE_WAIT: Final = 'CLOSE-WAIT'
LISTEN: Final = 'LISTEN'

#: What a process does about polling, and about notifications.
POLLS: Final = 'polling'
STARTS: Final = 'starting'
DOES_NOT: Final = 'none'
LISTENS: Final = 'listening'
STOPPING: Final = 'stopping'
POLLING_STATES: Final = (POLLS, LISTENS, STARTS, STOPPING, DOES_NOT)

#: Kinds of what threads work on.
WORK_KINDS: Final = ('cycle', 'poll', 'send', 'take', 'publish', 'load')

#: States of a master and its workers.
RELOADING: Final = 'reloading'
WORKERS_STATES: Final = (STARTS, RUNNING, RELOADING, STOPPING)

#: Kind of the file descriptors that were too many to look at each.
NOT_LOOKED_AT: Final = 'not looked at'
