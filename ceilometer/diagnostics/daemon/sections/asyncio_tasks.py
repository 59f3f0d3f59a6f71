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

"""Section ``asyncio-tasks``: tasks of every event loop, and what they await.

asyncio gives the tasks of a loop to who has the loop; which loops there are
it keeps to itself, so its own sets are looked at.
"""

from __future__ import annotations

import sys
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import chosen_names
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import stacks
from ceilometer.diagnostics import pauses

NAME = 'asyncio-tasks'

#: How many coroutines that await one another are followed.
AWAITS_MAX = 50

#: How often a set is read again that changed while it was read.
READS_MAX = 100


def snapshot() -> list[Any] | None:
    """Copy every task's stack; None where asyncio is not loaded."""
    module = sys.modules.get('asyncio.tasks')
    if module is None:
        return None
    tasks: dict[int, Any] = {}
    # Python 3.11 has one set, 3.12 parted it in two
    for name in ('_all_tasks', '_scheduled_tasks', '_eager_tasks'):
        for task in _members(getattr(module, name, ())):
            tasks[id(task)] = task
    copied = []
    for task in tasks.values():
        if not task.done():
            copied.append(_copy(task))
            pauses.collect_young()
    return copied


def _members(tasks: Any) -> list[Any]:
    for _ in range(READS_MAX):
        try:
            return list(tasks)
        except RuntimeError:
            # it changed meanwhile, as asyncio.all_tasks has it too
            continue
    return []


def _copy(task: Any) -> tuple[contents.Task, stacks.RawStack]:
    frames: list[Any] = []
    awaited = task.get_coro()
    while awaited is not None and len(frames) < 2 * AWAITS_MAX:
        frame = getattr(awaited, 'cr_frame', None) or getattr(
            awaited, 'gi_frame', None) or getattr(awaited, 'ag_frame', None)
        if frame is None:
            break
        frames += (frame.f_code, frame.f_lasti)
        awaited = getattr(awaited, 'cr_await', None) or getattr(
            awaited, 'gi_yieldfrom', None) or getattr(
                awaited, 'ag_await', None)
    waiter: Any = getattr(task, '_fut_waiter', None)
    return {
        'name': chosen_names.of(task, 'get_name'),
        'id': id(task),
        'loop': id(task.get_loop()),
        'loop_running': task.get_loop().is_running(),
        'cancelling': task.cancelling(),
        'awaits': None if waiter is None else type(waiter).__name__,
        'awaits_task': (chosen_names.of(waiter, 'get_name')
                        if hasattr(waiter, 'get_name') else None),
    }, tuple(frames)


def collect(context: section.Context) -> section.Content:
    """Describe the tasks that the snapshot has seen."""
    taken = context.snapshot(NAME)
    if taken is None:
        data: contents.AsyncioTasks = {
            'loaded': False, 'count': 0, 'stacks': []}
        return section.Content(data=data)
    describer = stacks.Describer()
    data = {
        'loaded': True,
        'count': len(taken),
        'stacks': [{'tasks': owners, 'frames': describer.frames(stack)}
                   for stack, owners in stacks.merge(taken)],
    }
    return section.Content(data=data)


def render(data: contents.AsyncioTasks) -> str:
    """Each stack once, under all the tasks that stand there."""
    if not data['loaded']:
        return 'None: asyncio is not loaded.'
    if not data['count']:
        return 'None.'
    return stacks.render_all('Tasks', [
        ([_render_task(owner) for owner in merged['tasks']],
         merged['frames']) for merged in data['stacks']],
        'innermost coroutine')


def _render_task(task: contents.Task) -> str:
    words = f'Task "{task["name"]}" of loop {task["loop"]:#x}'
    if not task['loop_running']:
        words += ' (not running)'
    if task['awaits_task'] is not None:
        words += f', awaits task "{task["awaits_task"]}"'
    elif task['awaits'] is not None:
        words += f', awaits a {task["awaits"]}'
    else:
        words += ', ready to run'
    if task['cancelling']:
        words += ', being cancelled'
    return words
