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

"""Section ``threads``: every thread, where it is, and what it waits for."""

from __future__ import annotations

import os
import threading
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import chosen_names
from ceilometer.diagnostics.daemon import kernel_threads
from ceilometer.diagnostics.daemon import own_thread
from ceilometer.diagnostics.daemon import processor_shares
from ceilometer.diagnostics.daemon import running_threads
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import stacks
from ceilometer.diagnostics.daemon import thread_pools
from ceilometer.diagnostics.daemon import wait_reasons
from ceilometer.diagnostics.daemon import waited_for
from ceilometer.diagnostics.daemon import work
from ceilometer.diagnostics.daemon import work_told
from ceilometer.diagnostics import pauses

NAME = 'threads'

#: For how long at least is measured how long each thread could run, from
#: behind the snapshots on, while other work is done. The snapshot itself makes
#: every thread that wants the interpreter wait for it, so that the kernel's
#: state alone would call a computing thread waiting.
MEASURE_SECONDS = 0.02

#: A thread that had a processor, or waited for one, for at least this share of
#: it is running.
RUNNING_SHARE = 0.2

#: Our own threads, by the beginning of their names.
DIAGNOSTICS_PREFIX = 'diagnostics-'

# What is waited for that may say of whom.
_OF_SOMEBODY = frozenset((
    contents.FOR_THREAD, contents.FOR_LOCK, contents.FOR_DATA,
    contents.FOR_ROOM, contents.FOR_CONNECTION))


def snapshot() -> dict[str, Any]:
    """Copy every thread's stack; a few microseconds each."""
    return {
        'stacks': stacks.of_threads(),
        'threads': {thread.ident: thread for thread in (
            *threading.enumerate(), *own_thread.alone.copy().values())},
        'main': threading.main_thread().ident,
        'by': own_thread.get_ident(),
        'doings': work.doings(),
        'native_ids': kernel_threads.native_ids(),
    }


def measure(taken: dict[str, Any]) -> None:
    """Begin to measure how long each thread can run.

    :param taken: what :func:`snapshot` returned
    """
    taken['begun'] = running_threads.begin(taken['native_ids'])


def collect(context: section.Context) -> section.Content:
    """Describe the threads that the snapshot has seen."""
    taken = context.snapshot(NAME)
    ours = {_attribute(thread, 'native_id')
            for thread in taken['threads'].values()
            if isinstance(thread, own_thread.OwnThread)}
    measured = running_threads.measure(taken['begun'], MEASURE_SECONDS, ours)
    kernel = kernel_threads.read(
        taken['native_ids'], measured.clocks, measured.scheduled,
        processor_shares.last())
    shares = measured.shares
    lately = processor_shares.since_last(kernel.values())
    doings = taken['doings']
    moments = work_told.Moments()
    intervals = work_told.intervals(context.daemon.worker_service)
    threads: list[contents.Thread] = []
    # by ident; of ours as they are by now
    copied: dict[int, stacks.RawStack] = dict(taken['stacks'])
    for ident, stack in taken['stacks'].items():
        pauses.pause()
        thread = taken['threads'].get(ident)
        described = _describe(ident, thread, ident == taken['main'])
        native_id = described['native_id']
        seen = None if native_id is None else kernel.pop(native_id, None)
        if seen is not None:
            described['state'] = _state(seen, shares)
            _add_used(described, seen, lately)
        if ident in doings:
            described['works_on'] = work_told.pieces(
                doings[ident], intervals, moments)
        if described['diagnostics']:
            copied[ident] = _ours(ident, stack, taken['by'])
        threads.append(described)
    # the main thread first, ours last, all others by age
    threads.sort(key=lambda thread: thread['native_id'] or 0)
    threads.sort(key=lambda thread: (
        thread['diagnostics'] - thread['foreground']))
    describer = stacks.Describer()
    merged: list[contents.ThreadStack] = []
    wanted: list[waited_for.Wanted] = []
    for stack, owners in stacks.merge(
            (thread, copied[thread['ident']]) for thread in threads):
        frames = describer.frames(stack)
        innermost = frames[-1] if frames else {'left_out': 0}
        source = '' if 'left_out' in innermost else innermost['source']
        waiting_for = wait_reasons.of(frames)
        may_tell = waiting_for in _OF_SOMEBODY or (
            waiting_for is None and source.startswith('with '))
        for owner in owners:
            if owner['state'] == contents.RUNNING:
                continue
            owner['waiting_for'] = waiting_for
            # the object that it waits for may say of whom
            if may_tell and not owner['diagnostics']:
                ident = owner['ident']
                wanted.append(waited_for.Wanted(
                    ident, taken['stacks'][ident], source))
        merged.append({'threads': owners, 'frames': frames})
        pauses.pause()
    told = waited_for.ask(wanted, taken['threads'])
    if told:
        by_ident = {thread['ident']: thread for thread in threads}
        for ident, found in told.items():
            _tell(by_ident[ident], found, by_ident)
    data: contents.Threads = {
        'count': len(threads),
        'stacks': merged,
        # threads of libraries in C, and those that end
        'without_python': [_without_python(seen, shares, lately)
                           for seen in kernel.values()],
        'pools': thread_pools.find(taken['threads'].values()),
    }
    return section.Content(data=data)


def wait_left(taken: dict[str, Any]) -> float:
    """For how long :func:`collect` would wait, seconds.

    :param taken: what :func:`snapshot` returned
    """
    return running_threads.wait_left(taken['begun'], MEASURE_SECONDS)


def _ours(ident: int, stack: stacks.RawStack,
          by: int | None) -> stacks.RawStack:
    """The stack of one of our own threads.

    When stacks are copied, each of ours is busy with this very report, in
    every report. So it is told where they stand by now, where one may hang.

    :param ident: of the thread
    :param stack: as it was copied with all others
    :param by: ident of the thread that has copied them; it makes the report
    """
    if ident == by:
        return ()
    now = stacks.of_thread(ident)
    return stack if now is None else now


def _describe(ident: int, thread: threading.Thread | None,
              is_main: bool) -> contents.Thread:
    name = None if thread is None else chosen_names.of(thread)
    native_id = None if thread is None else _attribute(thread, 'native_id')
    if is_main:
        # Where a process was forked from a thread, Python goes on to call it
        # by that thread's name; the kernel knows which one is first.
        native_id = os.getpid()
    return {
        'name': name,
        'ident': ident,
        'native_id': native_id if isinstance(native_id, int) else None,
        'daemon': bool(_attribute(thread, 'daemon')) if thread else None,
        'foreground': is_main,
        'diagnostics': str(name).startswith(DIAGNOSTICS_PREFIX),
        'state': contents.UNKNOWN,
        'waiting_for': None,
        'cpu_seconds': None,
        'cpu_share': None,
        'switches': None,
        'kernel_function': None,
    }


def _without_python(seen: kernel_threads.KernelThread,
                    shares: dict[int, float],
                    lately: dict[int, float]) -> contents.KernelThread:
    described: contents.KernelThread = {
        'native_id': seen.native_id,
        'name': seen.comm or kernel_threads.comm(seen.native_id),
        'state': _state(seen, shares), 'cpu_seconds': None, 'cpu_share': None,
        'switches': None, 'kernel_function': None}
    _add_used(described, seen, lately)
    return described


def _add_used(described: contents.Thread | contents.KernelThread,
              seen: kernel_threads.KernelThread,
              lately: dict[int, float]) -> None:
    share = lately.get(seen.native_id)
    # the only trace of those whose turns are not counted
    described['cpu_seconds'] = round(
        seen.cpu_seconds, 2 if seen.switches is not None else 6)
    described['cpu_share'] = None if share is None else round(share, 3)
    described['switches'] = seen.switches
    described['kernel_function'] = seen.waits_in


def _tell(owner: contents.Thread, found: waited_for.Told,
          known: dict[int, contents.Thread]) -> None:
    if found.lock and owner['waiting_for'] is None:
        owner['waiting_for'] = contents.FOR_LOCK
    if found.peer is not None:
        owner['peer'] = found.peer
    if found.thread is None:
        return
    other = None if found.ended else known.get(found.thread)
    owner['waits_for_thread'] = {
        'name': None if other is None else other['name'],
        'native_id': None if other is None else other['native_id'],
        'ident': found.thread, 'ended': found.ended}


def _attribute(thread: threading.Thread, name: str) -> Any:
    # a subclass may do anything in its properties
    try:
        return getattr(thread, name)
    except Exception as error:
        return f'<{type(error).__name__}>'


def _state(seen: kernel_threads.KernelThread,
           shares: dict[int, float]) -> str:
    if shares.get(seen.native_id, 0) >= RUNNING_SHARE:
        return contents.RUNNING
    return seen.state
