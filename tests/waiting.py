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

"""Waits for events that nobody gives notice of."""

from __future__ import annotations

import collections.abc
import time
import typing

from tests import limits


def until(predicate: collections.abc.Callable[[], typing.Any],
          what: str) -> typing.Any:
    """Wait until something holds, as what stands in /proc.

    :param predicate: called again and again until it gives a true value
    :param what: the event, in words, for the error
    :returns: that value
    :raises AssertionError: it did not hold in time
    """
    deadline = time.monotonic() + limits.EVENT_SECONDS
    while not (found := predicate()):
        if time.monotonic() > deadline:
            raise AssertionError(f'not in time: {what}')
        time.sleep(0.01)
    return found
