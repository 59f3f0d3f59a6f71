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

"""Finds room for a report's descriptors where the daemon has none left.

A daemon that leaks file descriptors is one whose report is wanted most.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import errno
import os
import resource

#: By how much the soft limit is raised, within the hard one.
SPARE_DESCRIPTORS = 32


@contextlib.contextmanager
def spare() -> Iterator[None]:
    """Have descriptors for a while, if need be by a higher soft limit.

    The limit is the process's (getrlimit(2)): it is raised only where a
    descriptor is refused, and put back at the end. Runs in the reporter
    thread.
    """
    restore = None
    if _exhausted():
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        raised = soft + SPARE_DESCRIPTORS
        if hard == resource.RLIM_INFINITY or raised <= hard:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
                restore = (soft, hard)
    try:
        yield
    finally:
        if restore is not None:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, restore)


def _exhausted() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno == errno.EMFILE
    return False
