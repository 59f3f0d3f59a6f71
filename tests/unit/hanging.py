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

"""Time limits of sections that run only while something hangs.

With a limit of parts of a second the one section that hangs is abandoned
soon; on a busy machine so are others, which only wait for a processor. Here
the limit of whatever runs begins when the test's own code says that it hangs.
"""

from __future__ import annotations

import queue
import threading
import types

from ceilometer.diagnostics.daemon import side_thread


class Hanging:
    """What the code of a test hangs in.

    Made before the side threads whose limits it is to hold back.

    :ivar released: an event; once it is set, nothing hangs any more
    """

    def __init__(self, monkeypatch):
        self.released = threading.Event()
        begun = threading.Semaphore(0)
        self._begun = begun

        class Results(queue.SimpleQueue):
            """What a side thread's function returns."""

            def get(self, block=True, timeout=None):
                if timeout is None:
                    return super().get(block)
                while not begun.acquire(blocking=False):
                    try:
                        return super().get(timeout=0.01)
                    except queue.Empty:
                        pass
                return super().get(timeout=timeout)

        monkeypatch.setattr(side_thread, '_queue', types.SimpleNamespace(
            SimpleQueue=Results, Empty=queue.Empty))

    def hang(self, *given):
        """Hang until all is released; the time limit runs from now on."""
        self._begun.release()
        self.released.wait()
