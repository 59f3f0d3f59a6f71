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

"""Follows ceilometer-agent-notification: what it takes, and what it publishes.

These functions are laid around those of oslo.messaging and of
``ceilometer.pipeline.base`` (:mod:`.hooks`). They run in the threads that take
messages. Whatever fails in them, the daemon's own function is called, and
once.
"""

from __future__ import annotations

from collections.abc import Callable
import functools
from typing import Any
import weakref

from ceilometer.diagnostics.daemon import work

# The methods with which a publisher gets its data.
_PUBLISH = ('publish_samples', 'publish_events')


def take(wrapped: Callable[..., Any], instance: Any, args: Any,
         kwargs: Any) -> Any:
    """Around ``BatchNotificationDispatcher.dispatch``: a batch of messages.

    It returns those that are to be given back to the broker.
    """
    try:
        incoming = args[0] if args else kwargs['incoming']
        count = len(incoming)
        doing = work.begin(work.TAKE, (id(instance),))
    except Exception as error:
        work.cannot_follow('BatchNotificationDispatcher.dispatch', error)
        return wrapped(*args, **kwargs)
    given_back = work.run(doing, wrapped, args, kwargs)
    taken = doing.work
    taken.items = count
    taken.items_ever += count
    if given_back:
        taken.lost += len(given_back)
    return given_back


def get(wrapped: Callable[..., Any], instance: Any, args: Any,
        kwargs: Any) -> Any:
    """Around ``PublisherManager.get``: a publisher is loaded, or is not.

    What it gives is followed, too; it is kept no longer than otherwise.
    """
    try:
        url = args[0] if args else kwargs['url']
        key = (str(getattr(instance, '_purpose', '')), str(url))
        doing = work.begin(work.LOAD, key)
    except Exception as error:
        work.cannot_follow('PublisherManager.get', error)
        return wrapped(*args, **kwargs)
    publisher = work.run(doing, wrapped, args, kwargs)
    try:
        follow(publisher, key)
    except Exception as error:
        work.cannot_follow('PublisherManager.get', error)
    return publisher


def follow(publisher: Any, key: work.Key) -> None:
    """Count what a publisher publishes, from now on.

    :param publisher: its methods are wrapped in this object alone
    :param key: what it is called
    :raises Exception: it takes no attributes
    """
    for name in _PUBLISH:
        if name not in vars(publisher) and hasattr(type(publisher), name):
            setattr(publisher, name, _counted(
                getattr(type(publisher), name), weakref.ref(publisher), key))


def _counted(function: Callable[..., Any], publisher: Callable[[], Any],
             key: work.Key) -> Callable[..., Any]:
    @functools.wraps(function)
    def publish(*args: Any, **kwargs: Any) -> Any:
        bound = functools.partial(function, publisher())
        try:
            count = len(args[0])
            doing = work.begin(work.PUBLISH, key)
        except Exception as error:
            work.cannot_follow('PublisherManager.get', error)
            return bound(*args, **kwargs)
        try:
            return work.run(doing, bound, args, kwargs)
        finally:
            published = doing.work
            published.items = count
            if doing.failed:
                published.lost += count
            else:
                published.items_ever += count
    return publish
