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

"""Who is waited for: the thread that holds a lock or is to end, the peer.

A waiting thread stands in its innermost frame at a call of one object: a
lock, a thread, a socket. That object alone is looked at, and only if it is of
a type that we know; no other local variable is, and no code of anybody is
run: not what a class has made of reading its attributes, either.

Runs in the thread that collects, and raises nothing.
"""

from __future__ import annotations

import _socket
from collections.abc import Iterable
from collections.abc import Iterator
import sys
import threading
import types
from typing import Any

from ceilometer.diagnostics.daemon import connecting as connecting_module
from ceilometer.diagnostics.daemon import sockets
from ceilometer.diagnostics.daemon import stacks
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import patterns

#: So many threads are asked what they wait for.
ASKED_MAX = 100

#: Of so many sockets the peer is asked for.
PEERS_MAX = 32

#: So many that have none yet are looked for among those of the host.
CONNECTING_MAX = 4

_PATH_MAX = 4

# ``self.lock`` of ``with self.lock:``, of ``self.lock.acquire(``; then it is
# the first word of what is called, or what stands before the method's name
_WITH = patterns.pattern(r'with ([A-Za-z_][\w.]*)(?: as [A-Za-z_]\w*)?:')
_CALL = patterns.pattern(
    r'(?:^|[^\w.)\]])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\(')
_METHODS = frozenset((
    'acquire', '__enter__', 'join', 'recv', 'recv_into', 'recvfrom',
    'recvmsg', 'read', 'readinto', 'send', 'sendall', 'sendmsg', 'write',
    'connect', 'do_handshake'))

# What a function calls that may keep the variables of its frame. Until Python
# 3.12 these are one dictionary for all who ask, which may not be touched then.
_KEEPERS = frozenset(('locals', 'vars', 'dir', 'eval', 'exec', '_getframe',
                      'currentframe', 'f_locals', 'stack', 'trace'))

_OWNER = patterns.pattern(r'owner=(\d+)')
_OPTIMIZED = 0x01

# read past what a class has made of it
_mro = type.__dict__['__mro__'].__get__
_class_dict = type.__dict__['__dict__'].__get__
_LOCKS: tuple[type, ...] = (type(threading.Lock()), type(threading.RLock()))
_BUILTIN_METHOD: Any = types.BuiltinMethodType
_MISSING = object()

# until Python 3.12 a thread is joined in a function that has its lock
_JOINS = tuple(
    function.__code__ for function in (
        getattr(threading.Thread, name, None)
        for name in ('_wait_for_tstate_lock', 'join'))
    if function is not None)


class Wanted(named_tuple.NamedTuple):
    """A thread that is to be asked.

    :ivar ident: of the thread
    :ivar stack: its stack, as :func:`stacks.copy` gave it; whoever has moved
        since is not asked
    :ivar source: the line of source at which it stands
    """

    ident: int
    stack: stacks.RawStack
    source: str


class Told(named_tuple.NamedTuple):
    """Who a thread waits for.

    :ivar lock: whether it waits for a lock
    :ivar thread: ident of the thread that is to end, or holds the lock
    :ivar ended: whether that thread has ended
    :ivar peer: address of the peer of the socket
    """

    lock: bool = False
    thread: int | None = None
    ended: bool = False
    peer: str | None = None


def ask(wanted: Iterable[Wanted], known: dict[int | None, threading.Thread],
        ) -> dict[int, Told]:
    """Ask threads who they wait for; by their idents, if that is known.

    :param wanted: the threads, of which :data:`ASKED_MAX` are asked
    :param known: the threads there are, by ident
    """
    asked = list(wanted)[:ASKED_MAX]
    if not asked:
        return {}
    frames = sys._current_frames()
    alive = set(frames)
    # frames keep all that their functions hold alive: one at a time
    there = [(one, frames[one.ident]) for one in asked if one.ident in frames]
    frames.clear()
    idents = {id(thread): ident for ident, thread in known.items()
              if ident is not None}
    told: dict[int, Told] = {}
    descriptors: dict[int, int] = {}
    there.reverse()
    while there:
        one, frame = there.pop()
        found: Told | int | None = None
        # of the code and the instruction, innermost last
        if one.stack[-2:] == (frame.f_code, frame.f_lasti):
            try:
                found = _of_frame(frame, one.source, idents, alive)
            except Exception:
                # what is not known is not told
                found = None
        del frame
        if isinstance(found, int):
            descriptors[one.ident] = found
        elif found is not None:
            told[one.ident] = found
    told.update(_peers(descriptors))
    return told


def _peers(descriptors: dict[int, int]) -> Iterator[tuple[int, Told]]:
    connecting = 0
    for ident, descriptor in list(descriptors.items())[:PEERS_MAX]:
        peer = sockets.peer(descriptor)
        if peer is None and connecting < CONNECTING_MAX:
            connecting += 1
            peer = connecting_module.peer(descriptor)
        if peer is not None:
            yield ident, Told(peer=peer)


def _of_frame(frame: types.FrameType, source: str, idents: dict[int, int],
              alive: set[int]) -> Told | int | None:
    # a number is the descriptor of a socket
    lock = False
    for one in _objects(frame, source):
        ident = idents.get(id(one))
        if ident is not None:
            return Told(thread=ident)
        if type(one) is threading.Condition:
            one = _attribute(one, '_lock')
        owner = _owner(one)
        if owner:
            # the ident of a thread that has ended may have been given to a
            # new one: then that is told, and nobody can know better
            ended = owner not in alive and owner not in sys._current_frames()
            # it may just have been taken by a thread that is new
            return Told(lock=True, thread=owner,
                        ended=ended and _owner(one) == owner)
        lock = lock or type(one) in _LOCKS
        if _socket.socket in _mro(type(one)):
            return _socket.socket.fileno(one)
    return Told(lock=True) if lock else None


def _objects(frame: types.FrameType, source: str) -> Iterator[Any]:
    """What the frame calls; where that is ``a.b.c``, also what has it."""
    if frame.f_code in _JOINS:
        yield _variable(frame, 'self')
        return
    match = _WITH.match(source) if source.startswith('with ') else None
    if match is not None:
        path = match[1].split('.')
    else:
        calls = [match[1].split('.') for match in _CALL.finditer(source)]
        path = next((call for call in calls if call[-1] in _METHODS), [])
        if len(path) > 1:
            path.pop()
    if not 0 < len(path) <= _PATH_MAX:
        return
    found = [_variable(frame, path[0])]
    for name in path[1:]:
        found.append(_attribute(found[-1], name))
    for one in reversed(found):
        # recv = self.sock.recv
        yield one.__self__ if type(one) is _BUILTIN_METHOD else one


def _variable(frame: types.FrameType, name: str) -> Any:
    """A variable of a frame, by its name; no other is kept."""
    code = frame.f_code
    if not code.co_flags & _OPTIMIZED or not _KEEPERS.isdisjoint(
            code.co_names):
        return _MISSING
    if name in (*code.co_varnames, *code.co_cellvars, *code.co_freevars):
        # until Python 3.12 this is a copy, which stays with the frame
        variables = frame.f_locals
        try:
            return variables.get(name, _MISSING)
        finally:
            if type(variables) is dict:
                variables.clear()
    names = frame.f_globals
    return names.get(name, _MISSING) if type(names) is dict else _MISSING


def _attribute(owner: Any, name: str) -> Any:
    """An attribute, as it lies there: nothing computes it."""
    classes = [_class_dict(kind) for kind in _mro(type(owner))]
    for attributes in classes:
        found = attributes.get('__dict__', _MISSING)
        if found is not _MISSING:
            if type(found) is types.GetSetDescriptorType:
                own = object.__getattribute__(owner, '__dict__')
                if type(own) is dict and name in own:
                    return own[name]
            break
    for attributes in classes:
        found = attributes.get(name, _MISSING)
        if type(found) is types.MemberDescriptorType:
            return found.__get__(owner)
        if found is not _MISSING:
            return found
    return _MISSING


def _owner(lock: Any) -> int | None:
    """Ident of the thread that holds a lock, None if it does not say."""
    if type(lock) is threading._PyRLock:  # type: ignore[attr-defined]
        owner = _attribute(lock, '_owner')
        return owner if type(owner) is int else None
    if type(lock) is not _LOCKS[1]:
        return None
    match = _OWNER.search(repr(lock))
    return int(match[1]) if match is not None else None
