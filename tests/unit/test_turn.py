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

"""The processes of a service take turns."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import types

import pytest

from ceilometer.diagnostics.daemon import turn
from tests import limits

#: What a process says.
WANTS = b'w'
HAS = b'h'


@pytest.fixture
def descriptor():
    """What processes take turns with."""
    made = turn.make()
    yield made
    with contextlib.suppress(OSError):
        os.close(made)


class Fork:
    """A process that takes a turn, and says when it has it.

    :param descriptor: to take turns with
    """

    def __init__(self, descriptor):
        self._said, say = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.write(say, WANTS)
                with turn.taken(descriptor):
                    os.write(say, HAS)
            finally:
                os._exit(0)
        os.close(say)
        assert self.says() == WANTS

    def says(self):
        """What it says next; nothing if it says nothing for long."""
        if self._readable(limits.EVENT_SECONDS):
            return os.read(self._said, 1)
        return b''

    def waits(self):
        """Whether it comes to pause before it tries again, and says nothing.
        """
        while not self._readable(0):
            with open(f'/proc/{self.pid}/wchan') as file:
                if 'nanosleep' in file.read():
                    return True
        return False

    def _readable(self, seconds):
        return bool(select.select([self._said], [], [], seconds)[0])

    def end(self):
        """Wait for its end."""
        os.waitpid(self.pid, 0)
        os.close(self._said)


def test_one_waits_until_the_other_has_had_its_turn(descriptor, monkeypatch):
    """And then goes on at once."""
    monkeypatch.setattr(turn, 'TURN_SECONDS_MAX', 10 * limits.EVENT_SECONDS)
    with turn.taken(descriptor):
        other = Fork(descriptor)
        assert other.waits()
    assert other.says() == HAS
    other.end()
    # and leaves the turn to the next
    other = Fork(descriptor)
    assert other.says() == HAS
    other.end()


def test_one_that_waits_too_long_goes_on_without(descriptor, monkeypatch):
    """A process that hangs in its turn stops no other."""
    monkeypatch.setattr(turn, 'TURN_SECONDS_MAX', 0.1)
    with turn.taken(descriptor):
        other = Fork(descriptor)
        assert other.says() == HAS
        other.end()


def test_file_that_has_taken_the_descriptor_is_not_locked(
        descriptor, tmp_path, monkeypatch):
    """A daemon that closes what it does not know may open its own there."""
    monkeypatch.setattr(turn, 'TURN_SECONDS_MAX', 10 * limits.EVENT_SECONDS)
    with (tmp_path / 'other').open('w') as file:
        os.dup2(file.fileno(), descriptor)
        with turn.taken(descriptor):
            other = Fork(descriptor)
            assert other.says() == HAS
            other.end()


def test_no_descriptor_means_no_turns():
    """Where there is no file in memory to be had."""
    with turn.taken(None):
        other = Fork(None)
        assert other.says() == HAS
        other.end()


def test_it_is_looked_often_whether_it_has_ended(monkeypatch):
    """Of many that wait, each would lose as long as it sleeps."""
    slept = []

    def locked(*arguments):
        raise BlockingIOError(errno.EAGAIN, 'locked')

    monkeypatch.setattr(turn.fcntl, 'lockf', locked)
    monkeypatch.setattr(turn, 'time', types.SimpleNamespace(
        sleep=slept.append, monotonic=lambda: sum(slept)))
    assert not turn._lock(-1, bool)
    assert sum(slept) > turn.TURN_SECONDS_MAX
    assert max(slept) == turn.LOOK_SECONDS
