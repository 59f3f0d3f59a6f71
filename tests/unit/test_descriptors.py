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

"""Descriptors in reserve, where not even their limit may be known."""

from __future__ import annotations

import errno
import os
import resource

from ceilometer.diagnostics.daemon import descriptors


def test_limit_that_nobody_may_ask_for(monkeypatch):
    """A filter of system calls forbids it; the report is made nevertheless."""
    asked = []

    def refuse(*args):
        asked.append(args)
        raise PermissionError(errno.EPERM, 'Operation not permitted')

    reserve = descriptors.Reserve()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(descriptors, '_exhausted', lambda: True)
            patch.setattr(resource, 'getrlimit', refuse)
            with reserve.freed():
                made = os.open(os.devnull, os.O_RDONLY)
                os.close(made)
    finally:
        reserve.free()
    assert asked
