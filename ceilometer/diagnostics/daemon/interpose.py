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

"""Lays functions of ours around those of libraries that the daemon uses.

Nothing is imported for it: it waits until the daemon does.
"""

from __future__ import annotations

from collections.abc import Callable
import logging
import operator
from typing import Any

import wrapt

LOG = logging.getLogger(__name__)

#: Called with the function itself, what it is bound to, its arguments and its
#: keyword arguments.
Wrapper = Callable[[Callable[..., Any], Any, Any, Any], Any]


# What is to be wrapped and waits for release(), with its module; None where
# nothing waits.
_held: list[tuple[str, Callable[[Any], None]]] | None = None

#: What could not be wrapped, and why, by its module and its name.
missing: dict[tuple[str, str], str] = {}


def when_imported(module: str, name: str, wrapper: Wrapper, *,
                  otherwise: tuple[str, Wrapper] | None = None,
                  optional: bool = False) -> None:
    """Wrap a function as soon as its module has been imported.

    Call it in the main thread. The function is wrapped in the thread that
    imports it, which is the daemon's. A library that has no such function is
    logged as a warning, noted in :data:`missing`, and imported as usual.

    :param module: its full name
    :param name: of the function in it, ``Service.__init__``
    :param wrapper: what is called in its place
    :param otherwise: the name of another function, and its wrapper, for
        versions of the library that have no such function
    :param optional: whether such versions are left alone
    """
    def wrap(imported: Any) -> None:
        chosen, function = name, wrapper
        if otherwise is not None and not _has(imported, name):
            chosen, function = otherwise
        if optional and not _has(imported, name):
            return
        try:
            wrapt.wrap_function_wrapper(imported, chosen, function)
        except Exception as error:
            missing[module, name] = f'{module} has no {chosen}'
            LOG.warning('Diagnostics cannot follow %s of %s: %s', chosen,
                        module, error)

    if _held is not None:
        _held.append((module, wrap))
    else:
        wrapt.register_post_import_hook(wrap, module)


def hold() -> None:
    """Wrap nothing until :func:`release`, whatever is imported.

    For the time in which a daemon is imported and calls nothing of what is
    wrapped: what waits for an import is asked at each, of 1,600 modules.
    """
    global _held
    if _held is None:
        _held = []


def release() -> None:
    """Wrap what has been imported since :func:`hold`, and wait for the rest.

    Runs in the main thread. Does nothing where nothing is held.
    """
    global _held
    held, _held = _held or [], None
    for module, wrap in held:
        wrapt.register_post_import_hook(wrap, module)


def _has(module: Any, name: str) -> bool:
    try:
        operator.attrgetter(name)(module)
    except AttributeError:
        return False
    return True
