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
"""Asks a process for its stacks again and again: it must not die of it.

``python held_dumps.py COUNT``. The process has threads that compute, and one
that starts others. Again and again C code holds its interpreter: in a call
that waits until it is told to end, or in one that computes and ends when it
likes, perhaps at the very moment of the question. Another process looks at it
as one of the same service does. It needs this package, and neither a journal
nor systemd.
"""

from __future__ import annotations

import collections
import contextlib
import ctypes
import json
import os
import signal
import sys
import threading
import time
import types
from typing import Any

from ceilometer.diagnostics.daemon import hang_stacks
from ceilometer.diagnostics.daemon import sibling_look
from ceilometer.diagnostics.daemon import sibling_page
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import report

_WAITS, _COMPUTES = b'w', b'c'
_SECONDS_MAX = 300.0


def _compute() -> None:
    while True:
        json.loads(json.dumps({str(number): [number] for number in range(50)}))


def _start_others() -> None:
    while True:
        thread = threading.Thread(target=str)
        thread.start()
        thread.join()


def _wait_for_triggers(descriptor: int) -> None:
    place = sibling_page.take(descriptor, threading.get_native_id())
    hang_stacks.begin(descriptor, place)
    while True:
        signal.sigwaitinfo({signal.SIGUSR1})
        sibling_page.note_begun(descriptor, place)
        hang_stacks.begun()


def _hold(orders: int, told: int) -> None:
    libc = ctypes.PyDLL(None)
    buffer = ctypes.create_string_buffer(1)
    while order := os.read(orders, 1):
        os.write(told, order)
        if order == _WAITS:
            libc.read(orders, buffer, 1)
        else:
            # in one call of C code
            sum(range(150_000_000))


def _be_held(descriptor: int, orders: int, told: int) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    for target, arguments in (
            *[(_compute, ())] * 3, (_start_others, ()),
            (_wait_for_triggers, (descriptor,)), (_hold, (orders, told))):
        threading.Thread(target=target, args=arguments, daemon=True).start()
    while True:
        time.sleep(3600)


def _has_ended(pid: int) -> None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        sys.exit(f'it has died: {os.waitstatus_to_exitcode(status)}')


def _look(descriptor: int, asked: sibling_page.Asked) -> str:
    context: Any = types.SimpleNamespace(import_gate=contextlib.nullcontext())
    for suspect in sibling_look._suspects(descriptor, asked):
        seen = sibling_look._silent(
            descriptor, suspect, asked,
            sibling_look.HELD_TOLD_SECONDS, False, context)
        if seen is None:
            return 'not told of'
        data, _ = seen
        return 'stacks' if any(
            ' in _hold' in line for line in data['python_stacks']
            ) else 'no stacks'
    return 'has gone on'


def main(count: int) -> None:
    """Ask so often."""
    descriptor = turn.make()
    if descriptor is None:
        sys.exit('no file to share')
    orders, give = os.pipe()
    hear, told = os.pipe()
    pid = os.fork()
    if not pid:
        _be_held(descriptor, orders, told)
    seen: collections.Counter[str] = collections.Counter()
    try:
        while not sibling_page.every(descriptor):
            _has_ended(pid)
            time.sleep(0.01)
        for number in range(count):
            order = (_WAITS, _COMPUTES)[number % 2]
            os.write(give, order)
            os.read(hear, 1)
            asked = sibling_page.Asked(report.Trigger(
                fields.TRIGGER_SIGNAL, 0), time.monotonic_ns())
            os.kill(pid, signal.SIGUSR1)
            seen[f'{order.decode()}: {_look(descriptor, asked)}'] += 1
            if order == _WAITS:
                os.write(give, order)
            deadline = time.monotonic() + _SECONDS_MAX
            while sibling_page.every(descriptor)[0].begun_nsec < asked.nsec:
                _has_ended(pid)
                if time.monotonic() > deadline:
                    sys.exit('it does not go on')
                time.sleep(0.005)
        _has_ended(pid)
    finally:
        print(', '.join(f'{what} {times}'
                        for what, times in sorted(seen.items())))
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == '__main__':
    main(int(sys.argv[1]))
