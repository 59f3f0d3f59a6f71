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

"""What runs inside a daemon, without its sections."""

from tests.faults import fault

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='processes of a service do not take turns',
        file='daemon/turn.py',
        old="""\
    locked = (descriptor is not None and _is_ours(descriptor)
              and _lock(descriptor))
""",
        new="""\
    locked = False
""",
        tests=('tests/unit/test_turn.py',)),
    fault.Fault(
        name='a process waits for its turn without end',
        file='daemon/turn.py',
        old="""\
                    or time.monotonic() > deadline):
""",
        new="""\
                    or time.monotonic() > deadline + 3600):
""",
        tests=('tests/unit/test_turn.py::'
               'test_one_that_waits_too_long_goes_on_without',)),
    fault.Fault(
        name='a file that took the descriptor of turns is locked',
        file='daemon/turn.py',
        old="""\
    locked = (descriptor is not None and _is_ours(descriptor)
              and _lock(descriptor))
""",
        new="""\
    locked = descriptor is not None and _lock(descriptor)
""",
        tests=('tests/unit/test_turn.py::'
               'test_file_that_has_taken_the_descriptor_is_not_locked',)),
    fault.Fault(
        name='a turn is not given back',
        file='daemon/turn.py',
        old="""\
                fcntl.lockf(descriptor, fcntl.LOCK_UN)
""",
        new="""\
                pass
""",
        tests=('tests/unit/test_turn.py',)),
)
