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

"""Proves from two looks at a process that its interpreter is held.

It is, if a thread has asked for it all the time between the looks, as Python
does every few milliseconds, and nothing else has moved that could have had
it, but one thread that computes without a pause. Where Python code runs, who
has the interpreter gives it up when it is asked. Several threads that take
turns, a call that takes it again and again, a busy machine that lets nobody
run: all that is no proof.

Computes on what it is given; runs in the thread that looks at siblings.
"""

from __future__ import annotations

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.outside import thread_looks

#: So long the looks must be apart, seconds.
HELD_SECONDS_MIN = 0.4

#: The thread that asks has asked so often in a second.
ASKED_PER_SECOND_MIN = 40

#: A thread that computes without a pause runs, or waits for a processor, for
#: such a share of the time.
COMPUTES_SHARE_MIN = 0.9

#: It has run for so long in this time, seconds: Python code would have given
#: up the interpreter, and one that waits for a processor cannot.
COMPUTED_SECONDS_MIN = 0.1

#: All that only ask run for no more than such a share of it.
ASKING_SHARE_MAX = 0.25

#: One that only asks waits so long for a processor each time, seconds, where
#: the machine lets it run.
QUEUED_SECONDS_MAX = 0.002

#: One that only asks has had the interpreter since if it has run for longer
#: than this, seconds, ...
MOVED_SECONDS_MIN = 0.001

#: ... and such a share of the time: to ask takes less.
MOVED_SHARE_MIN = 0.05


def is_held(before: thread_looks.Looks, after: thread_looks.Looks,
            waiter: int) -> bool:
    """Whether the interpreter of a process was held between two looks.

    :param before: its threads
    :param after: the same, later
    :param waiter: native id of the thread that has taken a signal, and needs
        the interpreter to go on
    """
    if before.total != after.total or (
            before.threads.keys() != after.threads.keys()
            or len(after.threads) != after.total
            or waiter not in after.threads):
        return False
    if not asks(before, after, waiter):
        return False
    computing = 0
    standing = 0
    asking_share = 0.0
    for native_id, then in before.threads.items():
        now = after.threads[native_id]
        seconds = now.when - then.when
        if (then.ran_nsec is None or now.ran_nsec is None
                or seconds < HELD_SECONDS_MIN):
            return False
        ran = (now.ran_nsec - then.ran_nsec) / 1e9 / seconds
        queued = (now.queued_nsec - then.queued_nsec) / 1e9 / seconds
        if asks(before, after, native_id):
            asking_share += ran
        elif now.turns == then.turns and not ran and (
                now.state != contents.RUNNING):
            standing += 1
        elif (ran + queued >= COMPUTES_SHARE_MIN
                and ran * seconds >= COMPUTED_SECONDS_MIN):
            computing += 1
        else:
            # it moves, and might have the interpreter now and then
            return False
    return (computing <= 1 and computing + standing > 0
            and asking_share <= ASKING_SHARE_MAX)


def computes(before: thread_looks.Looks,
             after: thread_looks.Looks) -> int | None:
    """The thread that computes, of a process whose interpreter is held.

    :param before: the first look of the proof
    :param after: the second
    :returns: its native id; None if some call waits
    """
    for native_id, then in before.threads.items():
        if (after.threads[native_id].ran_nsec != then.ran_nsec
                and not asks(before, after, native_id)):
            return native_id
    return None


def is_let_run(before: thread_looks.Looks, after: thread_looks.Looks,
               waiter: int) -> bool:
    """Whether a thread that asks gets a processor at once when it needs one.

    :param before: the first look of the proof
    :param after: the second
    :param waiter: native id of the thread
    """
    then, now = before.threads[waiter], after.threads[waiter]
    return ((now.queued_nsec - then.queued_nsec) / 1e9
            <= QUEUED_SECONDS_MAX * max(1, now.turns - then.turns))


def goes_on(before: thread_looks.Looks, after: thread_looks.Looks,
            now: thread_looks.Looks) -> bool:
    """Whether a hold that was proven may last, at the last moment.

    Where it has ended, some thread that had asked has the interpreter, and
    may have it for long before the one has it that takes signals.

    :param before: the first look of the proof
    :param after: the second
    :param now: one more, some milliseconds later
    """
    if now.total != after.total or now.threads.keys() != after.threads.keys():
        return False
    computing = computes(before, after)
    for native_id, then in after.threads.items():
        latest = now.threads[native_id]
        if native_id == computing:
            continue
        if then.ran_nsec is None or latest.ran_nsec is None or (
                latest.turns != then.turns
                and not asks(before, after, native_id)):
            # a call that has waited has returned
            return False
        if (latest.ran_nsec - then.ran_nsec) / 1e9 > (
                MOVED_SECONDS_MIN
                + MOVED_SHARE_MIN * (latest.when - then.when)):
            return False
    return True


def asks(before: thread_looks.Looks, after: thread_looks.Looks,
         native_id: int) -> bool:
    """Whether a thread has asked for the interpreter between two looks.

    :param before: the threads of its process
    :param after: the same, later
    :param native_id: the thread
    """
    then = before.threads.get(native_id)
    now = after.threads.get(native_id)
    return (then is not None and now is not None
            and thread_looks.is_futex(then.kernel_function,
                                      now.kernel_function)
            and now.turns - then.turns
            >= ASKED_PER_SECOND_MIN * (now.when - then.when))
