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
for them. To look at every object writes to every page of memory, which a
forked worker shares with its master until then; so the search is made only
where green threads may be in use. Ceilometer itself has had none for years,
though its libraries still load eventlet, and ask it in any thread which
greenlet that is.
"""

from __future__ import annotations

import gc
import itertools
import sys
import types
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import stacks
from ceilometer.diagnostics import pauses

NAME = 'green-threads'

#: Memory blocks in use (sys.getallocatedblocks) beyond which the heap is not
#: searched: the interpreter would be held for more than about 50 ms at once.
HEAP_BLOCKS_MAX = 1_000_000

# Of these it is known whether they have greenlets: the library itself;
# eventlet with its hubs, in which those of oslo.service run; and what looks
# for greenlets as this does.
_KNOWN = frozenset(('greenlet', 'eventlet', 'oslo_reports', 'oslo_service'))


def snapshot() -> dict[str, Any] | None:
    """Copy every greenlet's stack; None where there can be none."""
    greenlet = sys.modules.get('greenlet')
    if greenlet is None:
        return None
    unlikely = _why_there_are_none()
    if unlikely is None and sys.getallocatedblocks() > HEAP_BLOCKS_MAX:
        unlikely = ('the heap is too large to search without holding up the '
                    f'daemon (more than {HEAP_BLOCKS_MAX} blocks)')
    if unlikely is not None:
        return {'not_searched': unlikely, 'greenlets': []}
    kinds = _subclasses(greenlet.greenlet)
    found: list[Any] = []
    for generation in range(3):
        found += _objects_of(kinds, generation)
    copied = []
    for thing in found:
        copied.append(_copy(thing))
        pauses.collect_young()
    return {'not_searched': None, 'greenlets': copied}


def _objects_of(kinds: set[type], generation: int) -> list[Any]:
    """Find the objects of some types in a generation of the heap.

    While a list refers to all objects, no other thread may run. One that
    builds a tuple would get a SystemError, because nobody else may refer to
    it until it is complete. Threads take turns between instructions of
    Python. So one call into C makes the list, goes through it twice at once,
    and drops it.
    """
    wanted = set(map(id, kinds))
    # Hands the list from the first iterator to the second.
    shared: dict[str, list[Any]] = {}
    objects = itertools.chain.from_iterable(map(
        shared.setdefault, ['all'],
        itertools.starmap(gc.get_objects, [(generation,)])))
    types = map(type, itertools.chain.from_iterable(map(
        shared.pop, ['all'])))
    # The list has these iterators in it, because it has everything: they drop
    # it at their ends only. One object more takes the second to its end.
    return list(itertools.compress(
        itertools.chain(objects, [None]),
        map(wanted.__contains__, map(id, types))))


def _why_there_are_none() -> str | None:
    """Why no green thread is to be expected, None if there may be some."""
    # One for each thread that has ever looked at its current greenlet; not
    # told by greenlet before 2.0.
    core = sys.modules.get('greenlet._greenlet')
    count_mains = getattr(core, 'get_total_main_greenlets', None)
    mains = None if count_mains is None else count_mains()
    if mains == 0:
        return 'no thread has ever used a greenlet'
    if ('gevent' in sys.modules or 'eventlet.hubs' not in sys.modules
            or _eventlet_runs()):
        return None
    # To import eventlet is to look at the current greenlet, once.
    if mains == 1 or not _others_use(sys.modules['greenlet']):
        return 'eventlet is loaded, but no thread runs its hub'
    return None


def _others_use(library: Any) -> bool:
    """Whether anything but what is known has imported the library.

    :param library: the module ``greenlet``
    """
    if any(_is_other(str(type.__getattribute__(kind, '__module__')))
           for kind in _subclasses(library.greenlet)):
        return True
    # of thousands of modules, few have anything of this name
    for name, module in [
            (name, module) for name, module in tuple(sys.modules.items())
            if type(module) is not types.ModuleType
            or 'greenlet' in module.__dict__]:
        # without what a module may do where it is asked for an attribute
        if issubclass(type(module), types.ModuleType) and _is_other(name):
            held = object.__getattribute__(module, '__dict__').get('greenlet')
            if held is library or held is library.greenlet:
                return True
    return False


def _is_other(module: str) -> bool:
    return module.partition('.')[0] not in _KNOWN


def _eventlet_runs() -> bool:
    """Whether any thread has a hub of eventlet.

    eventlet keeps a thread's hub in a threading.local, which shows each
    thread its own part only; what it refers to are the parts of all.
    """
    local = getattr(sys.modules['eventlet.hubs'], '_threadlocal', None)
    tables = [thing for thing in gc.get_referents(local)
              if isinstance(thing, dict)]
    # an eventlet that keeps them otherwise may run as well as not
    return not tables or any(
        'hub' in part for table in tables for part in list(table.values())
        if isinstance(part, dict))


def _subclasses(kind: type) -> set[type]:
    kinds = {kind}
    below: type
    for below in type.__subclasses__(kind):
        kinds |= _subclasses(below)
    return kinds


def _copy(greenlet: Any) -> tuple[contents.GreenThread, stacks.RawStack]:
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
        taken = {'not_searched': 'the greenlet library is not loaded',
                 'greenlets': []}
    # A thread's main greenlet is the thread, which stands in its own section;
    # while another runs in that thread, its stack does not.
    alive = [(greenlet, stack) for greenlet, stack in taken['greenlets']
             if not greenlet['dead'] and (stack or not greenlet['main'])]
    describer = stacks.Describer()
    data: contents.GreenThreads = {
        'not_searched': taken['not_searched'],
        'count': len(alive),
        'stacks': [
            {'green_threads': owners, 'frames': describer.frames(stack)}
            for stack, owners in stacks.merge(alive)],
    }
    return section.Content(data=data)


def render(data: contents.GreenThreads) -> str:
    """Each stack once, under all the greenlets that stand there."""
    if data['not_searched'] is not None:
        return f'Not searched: {data["not_searched"]}.'
    if not data['count']:
        return 'None.'
    return stacks.render_all('Green threads', [
        ([_render_greenlet(owner) for owner in merged['green_threads']],
         merged['frames']) for merged in data['stacks']])


def _render_greenlet(greenlet: contents.GreenThread) -> str:
    state = 'suspended' if greenlet['started'] else 'not started'
    parent = ('what a thread began with' if greenlet['parent'] is None
              else f'parent {greenlet["parent"]:#x}')
    return (f'Green thread {greenlet["id"]:#x} ({greenlet["type"]}), {state}, '
            f'{parent}')
