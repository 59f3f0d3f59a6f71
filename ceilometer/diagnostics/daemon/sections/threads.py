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
import sys
import threading
import time
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import kernel_threads
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import stacks
from ceilometer.diagnostics import patterns

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

# What a waiting thread waits for, by the line of source it stands at.
_WAITS = tuple((patterns.pattern(pattern), reason) for pattern, reason in (
    (r'\bsig(timed)?wait(info)?\(', contents.FOR_SIGNAL),
    (r'\b(select|poll|epoll|_selector)\.(select|poll)\(|\bpoll\(',
     contents.FOR_DESCRIPTORS),
    (r'\bsleep\(', contents.FOR_TIME),
    (r'\bwaitpid\(|\bwaitid\(|\bwait4\(', contents.FOR_PROCESS),
    (r'\b_?accept\(', contents.FOR_CONNECTION),
    (r'\b(recv|recv_into|recvfrom|recvmsg|read|readinto|readline)\(',
     contents.FOR_DATA),
    (r'\b(send|sendall|sendmsg|write)\(', contents.FOR_ROOM),
    (r'\.join\(', contents.FOR_THREAD),
    (r'waiter\.acquire\(|\bwait(_for)?\(', contents.FOR_EVENT),
    (r'\.get\(', contents.FOR_QUEUE),
    (r'\bacquire\(|\bwith .*lock', contents.FOR_LOCK),
    (r'\bgetaddrinfo\(', contents.FOR_NAME),
    (r'\bconnect\(', contents.FOR_CONNECTION),
))


def snapshot() -> dict[str, Any]:
    """Copy every thread's stack; a few microseconds each."""
    frames = sys._current_frames()
    copied = {ident: stacks.copy(frame) for ident, frame in frames.items()}
    # frames keep all that their functions hold alive
    del frames
    return {
        'stacks': copied,
        'threads': {thread.ident: thread for thread in threading.enumerate()},
        'main': threading.main_thread().ident,
        'native_ids': kernel_threads.native_ids(),
    }


def measure(taken: dict[str, Any]) -> None:
    """Begin to measure how long each thread can run.

    :param taken: what :func:`snapshot` returned
    """
    taken['runnable'] = kernel_threads.runnable(taken['native_ids'])


def collect(context: section.Context) -> section.Content:
    """Describe the threads that the snapshot has seen."""
    taken = context.snapshot(NAME)
    shares = kernel_threads.shares(taken['runnable'], MEASURE_SECONDS)
    kernel = kernel_threads.read(taken['native_ids'])
    threads = []
    for ident, stack in taken['stacks'].items():
        thread = taken['threads'].get(ident)
        described = _describe(ident, thread, ident == taken['main'])
        native_id = described['native_id']
        seen = None if native_id is None else kernel.pop(native_id, None)
        if seen is not None:
            described['state'] = _state(seen, shares)
            described['cpu_seconds'] = round(seen.cpu_seconds, 2)
            described['kernel_function'] = seen.waits_in
        threads.append((described, stack))
    # the main thread first, ours last, all others by age
    threads.sort(key=lambda item: (
        not item[0]['foreground'], item[0]['diagnostics'],
        item[0]['native_id'] or 0))
    describer = stacks.Describer()
    merged: list[contents.ThreadStack] = []
    for stack, owners in stacks.merge(threads):
        frames = describer.frames(stack)
        for owner in owners:
            owner['waiting_for'] = (
                _waiting_for(frames) if owner['state'] != contents.RUNNING
                else None)
        merged.append({'threads': owners, 'frames': frames})
        time.sleep(0)
    data: contents.Threads = {
        'count': len(threads),
        'stacks': merged,
        # threads of libraries in C, and those that end
        'without_python': [
            {'native_id': seen.native_id, 'name': seen.comm,
             'state': _state(seen, shares),
             'cpu_seconds': round(seen.cpu_seconds, 2),
             'kernel_function': seen.waits_in}
            for seen in kernel.values()],
    }
    return section.Content(data=data)


def _describe(ident: int, thread: threading.Thread | None,
              is_main: bool) -> contents.Thread:
    name = None if thread is None else _attribute(thread, 'name')
    native_id = None if thread is None else _attribute(thread, 'native_id')
    if is_main:
        # Where a process was forked from a thread, Python goes on to call it
        # by that thread's name; the kernel knows which one is first.
        native_id = os.getpid()
    return {
        'name': None if name is None else str(name),
        'ident': ident,
        'native_id': native_id if isinstance(native_id, int) else None,
        'daemon': bool(_attribute(thread, 'daemon')) if thread else None,
        'foreground': is_main,
        'diagnostics': str(name).startswith(DIAGNOSTICS_PREFIX),
        'state': contents.UNKNOWN,
        'waiting_for': None,
        'cpu_seconds': None,
        'kernel_function': None,
    }


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


def _waiting_for(frames: list[contents.Frame | contents.LeftOut],
                 ) -> str | None:
    innermost = frames[-1] if frames else {'left_out': 0}
    if 'left_out' in innermost:
        return None
    # until Python 3.12 Thread.join waits for a lock, which is the thread's
    if innermost['function'] == 'Thread._wait_for_tstate_lock':
        return contents.FOR_THREAD
    source = innermost['source']
    for pattern, reason in _WAITS:
        if pattern.search(source):
            return reason
    return None


def render(data: contents.Threads) -> str:
    """Each stack once, under all the threads that stand there."""
    lines = [f'Threads: {data["count"]}, different stacks: '
             f'{len(data["stacks"])}; most recent call last']
    for merged in data['stacks']:
        lines.append('')
        owners = merged['threads']
        if len(owners) > 1:
            lines.append(f'{len(owners)} threads with the same stack:')
        lines += [_render_thread(owner) for owner in owners]
        # ours look the same in each report; the data has them
        if not all(owner['diagnostics'] for owner in owners):
            lines += stacks.render(merged['frames'])
    if data['without_python']:
        lines += ['', 'Threads without Python frames (started by C libraries, '
                  'or about to end):']
        for thread in data['without_python']:
            lines.append(_render_thread(thread))
    return '\n'.join(lines)


def _render_thread(thread: contents.Thread | contents.KernelThread) -> str:
    name = thread['name']
    words = 'Thread ' + ('without a name' if name is None else f'"{name}"')
    if thread['native_id'] is not None:
        words += f', native id {thread["native_id"]}'
    ident = thread.get('ident')
    if isinstance(ident, int):
        words += f', ident {ident:#x}'
    words += f', {thread["state"]}'
    if waiting_for := thread.get('waiting_for'):
        words += f' for {waiting_for}'
    if thread['kernel_function']:
        words += f' in {thread["kernel_function"]}'
    if thread['cpu_seconds'] is not None:
        words += f', {thread["cpu_seconds"]:.2f} s of CPU'
    marks = [mark for key, mark in (
        ('foreground', 'FOREGROUND: the main thread'),
        ('daemon', 'daemon'),
        ('diagnostics', 'this report')) if thread.get(key)]
    return words + (f' [{", ".join(marks)}]' if marks else '')
