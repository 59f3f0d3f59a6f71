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

"""How the forkserver of multiprocessing has ended, for its master to tell.

Nobody asks for its exit status: multiprocessing only takes it away as it
starts another one. It is looked at here before that, and left where it is.
The stacks of a crash are where a worker leaves its own: :mod:`.crash_stacks`.

Runs in the thread of cotyledon's manager. Nothing here raises or blocks.
"""

from __future__ import annotations

import os
import sys

from ceilometer.diagnostics.daemon import crash_stacks
from ceilometer.diagnostics import named_tuple


class ServerEnd(named_tuple.NamedTuple):
    """A forkserver that has ended.

    :ivar pid: its process
    :ivar code: exit status; the negative number of a signal that killed it
    :ivar stacks: where its threads stood when it crashed; None if it did not,
        or if that has been told
    """

    pid: int
    code: int
    stacks: str | None


def found(descriptor: int | None) -> ServerEnd | None:
    """How the last forkserver of this process has ended.

    :param descriptor: of the file that the processes of the service share
    :returns: None if it runs, if multiprocessing has taken its status away,
        or if there was none
    """
    module = sys.modules.get('multiprocessing.forkserver')
    pid = getattr(getattr(module, '_forkserver', None),
                  '_forkserver_pid', None)
    if not isinstance(pid, int):
        return None
    try:
        status = os.waitid(os.P_PID, pid,
                           os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except OSError:
        return None
    if status is None:
        return None
    code = (status.si_status if status.si_code == os.CLD_EXITED
            else -status.si_status)
    return ServerEnd(pid, code, crash_stacks.of(descriptor, pid))
