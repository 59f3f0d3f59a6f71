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

"""Threads of ours, which nobody traces.

What threading.settrace() or threading.setprofile() were given is called in
each new thread: a debugger's, that waits for somebody to say "go on"; or one
that raises, which ends the thread. Either would cost the report.
"""

from __future__ import annotations

import threading
import types
from typing import Any


class OwnThread(threading.Thread):
    """A thread that is neither traced nor profiled by others.

    The hooks of the threads of the daemon stay as they are.
    """

    def _bootstrap_inner(self) -> None:
        # Python looks at its hooks here, and has no other way to have none.
        # Where it calls this no more, the thread is as any other.
        thread: Any = threading.Thread
        types.FunctionType(thread._bootstrap_inner.__code__, {
            **vars(threading), '_trace_hook': None, '_profile_hook': None,
        })(self)
