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

"""Section ``green-threads``: greenlets, of eventlet or any other library.

Greenlets keep no list of themselves, so that the whole heap must be searched
for them; that is done only where some thread has ever used one.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from typing import Any

from ceilometer.diagnostics.sections import section
from ceilometer.diagnostics.sections import stacks

NAME = 'green-threads'

#: Memory blocks in use (sys.getallocatedblocks) beyond which the heap is not
#: searched: the interpreter would be held for more than about 30 ms at once.
HEAP_BLOCKS_MAX = 2_000_000


def snapshot() -> dict[str, Any] | None:
    """Copy every greenlet's stack; None where there can be none."""
    greenlet = sys.modules.get('greenlet')
    if greenlet is None:
        return None
    # One for each thread that ever looked at its current greenlet. Not told
    # by greenlet before 2.0.
    core = sys.modules.get('greenlet._greenlet')
    count_mains = getattr(core, 'get_total_main_greenlets', None)
    if count_mains is not None and not count_mains():
        return {'searched': True, 'greenlets': []}
    if sys.getallocatedblocks() > HEAP_BLOCKS_MAX:
        return {'searched': False, 'greenlets': []}
    kinds = _subclasses(greenlet.greenlet)
    found = []
    for generation in range(3):
        objects = gc.get_objects(generation=generation)
        # several times as fast as isinstance, which asks an object's class
        found += [thing for thing in objects if type(thing) in kinds]
        del objects
        time.sleep(0)
    return {'searched': True,
            'greenlets': [_copy(greenlet) for greenlet in found]}


def _subclasses(kind: type) -> set[type]:
    kinds = {kind}
    below: type
    for below in type.__subclasses__(kind):
        kinds |= _subclasses(below)
    return kinds


def _copy(greenlet: Any) -> tuple[dict[str, Any], stacks.RawStack]:
    kind = type(greenlet)
    parent = greenlet.parent
    return {
        'id': id(greenlet),
        'type': f'{kind.__module__}.{kind.__qualname__}',
        'parent': None if parent is None else id(parent),
        'main': parent is None,
        'started': bool(greenlet) or greenlet.dead,
        'dead': bool(greenlet.dead),
    }, stacks.copy(greenlet.gr_frame)


def collect(context: section.Context) -> section.Content:
    """Describe the greenlets that the snapshot has seen."""
    taken = context.snapshot(NAME)
    if taken is None:
        return section.Content(data={
            'loaded': False, 'searched': True, 'count': 0, 'stacks': []})
    describer = stacks.Describer()
    # a thread's main greenlet is the thread, which stands in its own section
    alive = [item for item in taken['greenlets']
             if not item[0]['dead'] and not item[0]['main']]
    return section.Content(data={
        'loaded': True,
        'searched': taken['searched'],
        'count': len(alive),
        'threads': threading.active_count(),
        'stacks': [{'green_threads': owners,
                    'frames': describer.frames(stack)}
                   for stack, owners in stacks.merge(alive)],
    })


def render(data: Any) -> str:
    """Each stack once, under all the greenlets that stand there."""
    if not data['loaded']:
        return 'None: the greenlet library is not loaded.'
    if not data['searched']:
        return ('Not searched for: the heap is so large that the search would '
                f'hold up the daemon (more than {HEAP_BLOCKS_MAX} memory '
                'blocks).')
    if not data['count']:
        return 'None.'
    lines = [f'Green threads: {data["count"]}, different stacks: '
             f'{len(data["stacks"])}; most recent call last']
    for merged in data['stacks']:
        lines.append('')
        for owner in merged['green_threads']:
            state = 'suspended' if owner['started'] else 'not started'
            lines.append(f'Green thread {owner["id"]:#x} ({owner["type"]}), '
                         f'{state}, parent {owner["parent"]:#x}')
        lines += stacks.render(merged['frames'])
    return '\n'.join(lines)
