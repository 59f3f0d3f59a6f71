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

"""What a waiting thread waits for, by the line of source it stands at.

Runs in the thread that collects.
"""

from __future__ import annotations

from ceilometer.diagnostics import contents
from ceilometer.diagnostics import patterns

# what threads of a daemon that has nothing to do wait for
_USUAL = frozenset((contents.FOR_SIGNAL, contents.FOR_DESCRIPTORS,
                    contents.FOR_TIME, contents.FOR_EVENT))

# Before each expression stands what such a line has one of, which is looked
# for first.
_WAITS = tuple((
    hints.split(),
    (patterns.usual if reason in _USUAL else patterns.pattern)(pattern),
    reason) for hints, pattern, reason in (
    ('sigwait sigtimedwait', r'\bsig(timed)?wait(info)?\(',
     contents.FOR_SIGNAL),
    ('select( poll(',
     r'\b(select|poll|epoll|_selector)\.(select|poll)\(|\bpoll\(',
     contents.FOR_DESCRIPTORS),
    ('sleep(', r'\bsleep\(', contents.FOR_TIME),
    ('waitpid( waitid( wait4(', r'\bwaitpid\(|\bwaitid\(|\bwait4\(',
     contents.FOR_PROCESS),
    ('accept(', r'\b_?accept\(', contents.FOR_CONNECTION),
    ('recv read', r'\b(recv|recv_into|recvfrom|recvmsg|read|readinto'
     r'|readline)\(', contents.FOR_DATA),
    ('send write(', r'\b(send|sendall|sendmsg|write)\(', contents.FOR_ROOM),
    ('.join(', r'\.join\(', contents.FOR_THREAD),
    ('acquire( wait( wait_for(', r'waiter\.acquire\(|\bwait(_for)?\(',
     contents.FOR_EVENT),
    ('.get(', r'\.get\(', contents.FOR_QUEUE),
    ('acquire( with _lock.',
     r'\bacquire\(|\bwith .*lock|_lock\.__enter__\(', contents.FOR_LOCK),
    ('getaddrinfo(', r'\bgetaddrinfo\(', contents.FOR_NAME),
    ('connect(', r'\bconnect\(', contents.FOR_CONNECTION),
))


def of(frames: list[contents.Frame | contents.LeftOut]) -> str | None:
    """What a thread waits for; None if its line does not say so.

    :param frames: its stack, most recent call last
    """
    innermost = frames[-1] if frames else {'left_out': 0}
    if 'left_out' in innermost:
        return None
    # until Python 3.12 Thread.join waits for a lock, which is the thread's
    if innermost['function'] == 'Thread._wait_for_tstate_lock':
        return contents.FOR_THREAD
    source = innermost['source']
    for hints, pattern, reason in _WAITS:
        if any(hint in source for hint in hints) and pattern.search(source):
            return reason
    return None
