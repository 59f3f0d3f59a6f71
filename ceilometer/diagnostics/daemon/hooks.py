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

"""All functions of libraries that tell what the daemon is doing.

Each is wrapped as soon as the daemon imports its module, by a function of
ours that counts and calls it. The documentation lists them all
(:doc:`/contributor/hooks`). A version that has no such function loses the
facts that it tells, and no more.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from ceilometer.diagnostics.daemon import broker_watch
from ceilometer.diagnostics.daemon import coordination_watch
from ceilometer.diagnostics.daemon import interpose
from ceilometer.diagnostics.daemon import log_watch
from ceilometer.diagnostics.daemon import notification_work
from ceilometer.diagnostics.daemon import polling_work
from ceilometer.diagnostics.daemon import work


class Hook:
    """A function that is wrapped; a plain class, which is made fast.

    :ivar module: full name of its module
    :ivar name: of the function in it
    :ivar wrapper: what is called in its place
    :ivar tells: what is not known without it, a phrase
    :ivar otherwise: the name of a function that older versions have in its
        stead, and its wrapper
    """

    def __init__(self, module: str, name: str, wrapper: interpose.Wrapper,
                 tells: str, otherwise: tuple[str, interpose.Wrapper]
                 | None = None) -> None:
        self.module = module
        self.name = name
        self.wrapper = wrapper
        self.tells = tells
        self.otherwise = otherwise


HOOKS = (
    Hook('ceilometer.polling.manager', 'AgentManager.interval_task',
         polling_work.cycle, 'when cycles start and end'),
    Hook('ceilometer.polling.manager', 'PollingTask._internal_pollster_run',
         polling_work.poll, 'what each pollster does',
         otherwise=('Resources.key', polling_work.key)),
    Hook('ceilometer.polling.manager', 'PollingTask._send_notification',
         polling_work.send, 'which samples are sent'),
    Hook('oslo_messaging.notify.dispatcher',
         'BatchNotificationDispatcher.dispatch', notification_work.take,
         'which messages are taken'),
    Hook('ceilometer.pipeline.base', 'PublisherManager.get',
         notification_work.get, 'what each publisher does'),
)

_installed = False
_active = False


def install() -> None:
    """Follow the daemon at its work, from now on and in all its forks.

    Runs in the main thread, before the daemon imports these modules, or just
    after it.
    """
    global _installed, _active
    _active = True
    if _installed:
        return
    _installed = True
    for hook in HOOKS:
        interpose.when_imported(
            hook.module, hook.name, _while_active(hook.wrapper),
            otherwise=None if hook.otherwise is None else (
                hook.otherwise[0], _while_active(hook.otherwise[1])))
    log_watch.observe_problems(_logged)
    log_watch.observe_logger(broker_watch.DRIVER,
                             broker_watch.logged_by_driver)
    log_watch.observe_logger(broker_watch.NOTIFIER,
                             broker_watch.logged_by_notifier)
    log_watch.observe_logger(coordination_watch.LOGGER,
                             coordination_watch.logged)
    os.register_at_fork(after_in_child=_reset)


def uninstall() -> None:
    """Follow it no more, and forget what was seen."""
    global _active
    _active = False
    _reset()


def _reset() -> None:
    work.reset()
    broker_watch.reset()
    coordination_watch.reset()


def _while_active(wrapper: interpose.Wrapper) -> interpose.Wrapper:
    def call(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        if _active:
            return wrapper(wrapped, instance, args, kwargs)
        return wrapped(*args, **kwargs)
    return call


def _logged(record: logging.LogRecord) -> None:
    """Credit what is logged to the work; runs in the thread that logs."""
    if _active:
        work.logged(record)
        if record.name == polling_work.LOGGER:
            polling_work.logged(record)


def unknown(module: str) -> list[str]:
    """What cannot be told of a module's work, and why; for any thread.

    :param module: full name of a module that the daemon has imported
    """
    found = []
    for hook in HOOKS:
        if hook.module != module:
            continue
        why = interpose.missing.get((hook.module, hook.name))
        if why is None:
            name = hook.name
            if hook.otherwise and name not in work.not_followed:
                name = hook.otherwise[0]
            why = work.not_followed.get(name)
        if why is not None:
            found.append(f'{hook.tells}: {why}')
    return found
