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

"""Asks the libraries in use which options there are, and which are secret.

A process registers the options of what it has used so far. What else stands
in its files is told by the libraries themselves: by the functions that
oslo.config's generator of samples asks too (entry points
``oslo.config.opts``), and by the plugins of keystoneauth.

Only libraries are asked that the daemon has imported, because an environment
may have the whole of OpenStack in it. What is imported for it are their
modules of options, which hold nothing else. Runs in the thread beside the
reporter's, with its time limit and under the import gate, and only where a
file has a setting that is not registered.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import sys
from typing import Any

from ceilometer.diagnostics.daemon import entry_points


class Installed:
    """What the installed libraries say of their options.

    :ivar options: whether an option is secret, by group and name
    :ivar plugin_options: the same by name, of plugins of keystoneauth: their
        groups are those that name a plugin
    """

    def __init__(self) -> None:
        self.options: dict[tuple[str, str], bool] = {}
        self.plugin_options: dict[str, bool] = {}

    def is_secret(self, group: str, name: str,
                  plugin: bool) -> bool | None:
        """Whether an option is secret; None if no library has it.

        :param group: the option's group
        :param name: its name, with underscores
        :param plugin: whether its group names a plugin of keystoneauth
        """
        said = self.options.get((group, name))
        if plugin:
            by_plugin = self.plugin_options.get(name)
            if by_plugin is not None:
                return said or by_plugin
        return said


#: Settings that name a plugin of keystoneauth for their group.
PLUGIN_SETTINGS = frozenset(('auth_type', 'auth_plugin', 'auth_section'))

# What libraries call their modules of options, which import nothing heavy.
_OF_OPTIONS = frozenset(('opts', '_opts', '_options', '_list_opts'))

# What lists the options of keystoneauth's plugins as well, and of those that
# oslo.config reads settings from elsewhere with. Both look for plugins in all
# that is installed, which takes longer than the whole report; the latter stand
# in a group of any name.
_OF_ALL_PLUGINS = frozenset(('list_keystoneauth_opts',))
_OF_ALL_SOURCES = frozenset(('oslo_config._list_opts',))

# Whose plugins are asked, and where those stand that import nothing heavy.
_PLUGIN_LIBRARY = 'keystoneauth1.loading'

_answer: Installed | None = None


def ask() -> Installed:
    """Ask all of them, once in a process.

    :returns: what they say; those that fail say nothing
    """
    global _answer
    if _answer is None:
        answer = Installed()
        for group, option in _of_libraries():
            # what is called an option may be anything
            with contextlib.suppress(Exception):
                _note(answer.options, _places(group, option), option)
        for option in _of_plugins():
            with contextlib.suppress(Exception):
                _note(answer.plugin_options, _names(option), option)
        _answer = answer
    return _answer


def _note(options: dict[Any, bool], keys: Iterable[Any], option: Any) -> None:
    """Note what is said; of several that differ, secret counts."""
    for key in keys:
        options[key] = options.get(key, False) or bool(
            getattr(option, 'secret', False))


def _places(group: str, option: Any) -> Iterator[tuple[str, str]]:
    """Groups and names of an option, old ones as well."""
    for name in _names(option):
        yield group, name
    for old in getattr(option, 'deprecated_opts', None) or ():
        yield old.group or group, _underscored(old.name or option.name)


def _names(option: Any) -> Iterator[str]:
    yield _underscored(str(option.dest))
    yield _underscored(str(option.name))


def _underscored(name: str) -> str:
    return name.replace('-', '_')


def _of_libraries() -> Iterator[tuple[str, Any]]:
    for entry_point in entry_points.of('oslo.config.opts'):
        if (not _is_in_use(entry_point.module)
                or entry_point.attr in _OF_ALL_PLUGINS
                or entry_point.module in _OF_ALL_SOURCES):
            continue
        # whatever a library of others raises when it is asked
        with contextlib.suppress(Exception, SystemExit):
            found = [(getattr(group, 'name', group) or 'DEFAULT', option)
                     for group, options in entry_point.load()()
                     for option in options]
            yield from ((str(group), option) for group, option in found)


def _is_in_use(module: str) -> bool:
    """Whether a module is imported, or is the options of a library that is."""
    library, _, rest = module.partition('.')
    # We are a part of Ceilometer, whose options import all that it is made of.
    return module in sys.modules or (
        library in sys.modules and rest in _OF_OPTIONS
        and library != 'ceilometer')


def _of_plugins() -> Iterator[Any]:
    if _PLUGIN_LIBRARY not in sys.modules:
        return
    for get in ('get_session_conf_options', 'get_adapter_conf_options',
                'get_auth_common_conf_options'):
        with contextlib.suppress(Exception, SystemExit):
            from keystoneauth1 import loading
            yield from getattr(loading, get)()
    for entry_point in entry_points.of('keystoneauth1.plugin'):
        if (not entry_point.module.startswith(f'{_PLUGIN_LIBRARY}.')
                and entry_point.module not in sys.modules):
            continue
        with contextlib.suppress(Exception, SystemExit):
            loader = entry_point.load()()
            yield from list(loader.get_options())
