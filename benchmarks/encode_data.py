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

"""Encoding a section's data as JSON, against the standard library's encoder.

The peer is iterencode, the encoder's own way to let other threads have the
interpreter now and then. Beside it stands encode, which is in C, works in one
go, and holds the interpreter until it is done. Compares:

  time   processor time of one call
  gap    the longest time that a thread which wants to run each millisecond
         could not

Exit status 1 if ours takes more than 1.25 times as long as iterencode.
"""

from __future__ import annotations

from collections.abc import Callable
import json
import sys
import threading
import time
from typing import Any

import harness

from ceilometer.diagnostics import data_json

RATIO_MAX = 1.25
BEAT_SECONDS = 0.001

_ENCODER = json.JSONEncoder(separators=(',', ':'))


def options(count: int) -> dict[str, Any]:
    """A configuration section of that many options."""
    return {'files': ['/etc/ceilometer/ceilometer.conf'], 'options': [{
        'group': 'oslo_messaging_rabbit', 'name': f'option_{number}',
        'value': ['a', 'b'] if number % 8 == 0 else 'a value of some length',
        'default': None, 'changed': number % 5 == 0, 'source': 'user',
        'file': '/etc/ceilometer/ceilometer.conf', 'line': number}
        for number in range(count)]}


def threads(count: int, stacks: int) -> dict[str, Any]:
    """A threads section of that many threads in that many stacks."""
    return {'count': count, 'without_python': [], 'stacks': [{
        'threads': [{
            'name': f'Thread-{number} (work)', 'ident': 140000000000 + number,
            'native_id': number, 'daemon': True, 'foreground': False,
            'diagnostics': False, 'state': 'waiting', 'waiting_for': 'a lock',
            'cpu_seconds': 0.01, 'kernel_function': 'futex_do_wait'}
            for number in range(count // stacks)],
        'frames': [{
            'file': '/usr/lib/python3/dist-packages/some/module.py',
            'line': number, 'function': 'Class.method',
            'source': 'self.one_line(of_a_program)'} for number in range(20)]}
        for _ in range(stacks)]}


CASES = {
    '300 options': options(300),
    '5000 options': options(5000),
    '400 threads in 1 stack': threads(400, 1),
    '400 threads in 20 stacks': threads(400, 20),
    '400 threads in 400 stacks': threads(400, 400),
    '100,000 numbers': {'numbers': [1.5, 2, None, True] * 25_000},
    'a text of 4 MB': {'text': 'words of a text, ' * 250_000},
}


def in_one_go(data: Any) -> str:
    """As the standard library's encoder has it."""
    return _ENCODER.encode(data)


def iterencode(data: Any) -> str:
    """As it has it where it is asked for pieces."""
    return ''.join(_ENCODER.iterencode(data))


SIDES = {'in one go': in_one_go, 'iterencode': iterencode,
         'ours': data_json.encode}


def milliseconds(encode: Callable[[Any], str], data: Any) -> float:
    """How much processor time it takes."""
    start = time.thread_time_ns()
    encode(data)
    return (time.thread_time_ns() - start) / 1e6


def gap(encode: Callable[[Any], str], data: Any) -> float:
    """How long another thread had to wait at most, milliseconds."""
    longest = 0
    finished = threading.Event()
    beating = threading.Event()

    def beat() -> None:
        nonlocal longest
        last = time.perf_counter_ns()
        while not finished.is_set():
            time.sleep(BEAT_SECONDS)
            now = time.perf_counter_ns()
            longest = max(longest, now - last)
            last = now
            beating.set()

    heart = threading.Thread(target=beat)
    heart.start()
    beating.wait()
    encode(data)
    finished.set()
    heart.join()
    return longest / 1e6


def main() -> int:
    """Measure the cases; give the exit status."""
    arguments = harness.parser(__doc__, pairs=15).parse_args()
    harness.print_versions()
    print(f'Medians of {arguments.pairs}, in turns; ratio: ours against '
          'iterencode.')
    rows = [('time, ms', 'KiB', *SIDES, 'ratio')]
    gaps = [('gap, ms', *SIDES)]
    slow = []
    for case, data in CASES.items():
        found: dict[str, list[float]] = {side: [] for side in SIDES}
        waits: dict[str, list[float]] = {side: [] for side in SIDES}
        for _ in range(arguments.pairs):
            for side, encode in SIDES.items():
                found[side].append(milliseconds(encode, data))
                waits[side].append(gap(encode, data))
        ratio = harness.ratio(found['ours'], found['iterencode'])
        rows.append((case, str(len(in_one_go(data)) // 1024), *(
            f'{harness.median(found[side]):.2f}' for side in SIDES), ratio))
        gaps.append((case, *(
            f'{harness.median(waits[side]):.1f}' for side in SIDES)))
        if float(ratio) > RATIO_MAX:
            slow.append(case)
    harness.print_table(rows)
    harness.print_table(gaps)
    for case in slow:
        print(f'encode_data: {case}: more than {RATIO_MAX} times as long as '
              'iterencode', file=sys.stderr)
    return 1 if slow else 0


if __name__ == '__main__':
    sys.exit(main())
