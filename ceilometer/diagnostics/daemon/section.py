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

"""What a kind of section is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import installed_options
from ceilometer.diagnostics.daemon import process as process_module
from ceilometer.diagnostics.daemon import service_options
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics.secrets import secret_names


class Context:
    """What sections are given to collect from.

    Not made of functools.cached_property: until Python 3.12 that holds a lock
    which all instances share, and a fork meanwhile would leave it locked for
    ever in the new process.

    :param daemon: the process to tell of
    :ivar snapshots: what each kind's ``snapshot`` returned, or the exception
        it raised, by the name of the kind
    """

    def __init__(self, daemon: process_module.Daemon) -> None:
        self.daemon = daemon
        self.snapshots: dict[str, Any] = {}
        self._options: list[service_options.Option] | None = None
        self._settings: list[service_options.Setting] | None = None
        self._unregistered: list[service_options.Setting] | None = None
        self._plugin_groups: set[str] | None = None
        #: what the installed libraries say of their options; None if they
        #: were not asked
        self.installed: installed_options.Installed | None = None
        #: secrets that can be known without waiting, and words that are none;
        #: None if they were not looked for
        self.secrets_at_once: tuple[set[str], set[str]] | None = None

    @property
    def options(self) -> list[service_options.Option]:
        """The options of the service, read once for each report."""
        if self._options is None:
            conf = self.daemon.conf
            self._options = [] if conf is None else (
                service_options.read_again(conf))
        return self._options

    @property
    def options_are_known(self) -> bool:
        """Whether they have been read."""
        return self._options is not None

    @property
    def files(self) -> list[str]:
        """The configuration files of the service."""
        conf = self.daemon.conf
        return [] if conf is None else service_options.files(conf)

    @property
    def settings(self) -> list[service_options.Setting]:
        """What stands in these files, read once for each report."""
        if self._settings is None:
            self._settings = service_options.settings(self.files)
        return self._settings

    @property
    def unregistered(self) -> list[service_options.Setting]:
        """The settings that no option of the service reads."""
        if self._unregistered is None:
            names = service_options.keys(self.options)
            self._unregistered = [
                setting for setting in self.settings
                if service_options.key(
                    setting.group, setting.name) not in names]
        return self._unregistered

    def is_secret(self, setting: service_options.Setting) -> bool | None:
        """Whether a setting is secret; None if nobody says so or not.

        :param setting: one that no option reads
        """
        if self.installed is None:
            return None
        if self._plugin_groups is None:
            self._plugin_groups = {
                other.group for other in self.settings
                if other.name in installed_options.PLUGIN_SETTINGS} | {
                option.group for option in self.options
                if option.name in installed_options.PLUGIN_SETTINGS}
        said = self.installed.is_secret(
            setting.group, setting.name, setting.group in self._plugin_groups)
        # some libraries forget to say so
        return bool(said or secret_names.is_password(setting.name)) if (
            said is not None) else None

    def snapshot(self, name: str) -> Any:
        """The snapshot of a kind.

        :param name: name of the kind
        :raises Exception: what taking the snapshot raised
        """
        snapshot = self.snapshots[name]
        if isinstance(snapshot, Exception):
            raise snapshot
        return snapshot


class Content(named_tuple.NamedTuple):
    """What a section holds, before secrets are taken out.

    :ivar data: what JSON can hold, or None
    :ivar text: for people, None to have it rendered from the data
    :ivar findings: what somebody else's section says is unusual, see
        :func:`ceilometer.diagnostics.findings.foreign`; None if it cannot say
    """

    data: Any = None
    text: str | None = None
    findings: list[Any] | None = None


def _no_text(data: Any) -> str:
    return ''


class Kind(named_tuple.NamedTuple):
    """A kind of section.

    :ivar name: ``green-threads``
    :ivar title: ``Green threads``
    :ivar collect: from the live process to the content; may raise
    :ivar render: from the data, each text of which has been escaped to one
        line and is without secrets, to the text for people
    :ivar own: whether it is one of ours
    :ivar findings: from the same data as ``render`` to what is unusual in
        them; None for a section that cannot tell. What it raises costs only
        the findings. They stand above the text
    :ivar load: imports what ``collect`` needs, None if that is there; no
        process is forked meanwhile
    :ivar steady: whether its data seldom change from one report to the next;
        what was made of them is kept then
    :ivar snapshot: copies to plain data what must be seen all at once, before
        any section is collected; quick, because the daemon may be held up
    :ivar measure: begins, in its snapshot, what takes time and ``collect``
        ends; once all snapshots have been taken, and holds up nobody
    :ivar wait_left: how long ``collect`` would wait for that, seconds; None
        for a kind that waits for nothing
    :ivar instant: whether ``collect`` looks at nothing but this process, its
        objects and what the kernel tells of it. Such sections are collected
        while another would wait
    """

    name: str
    title: str
    collect: Callable[[Context], Content]
    render: Callable[[Any], str] = _no_text
    snapshot: Callable[[], Any] | None = None
    measure: Callable[[Any], None] | None = None
    own: bool = True
    load: Callable[[], None] | None = None
    findings: Callable[[Any], list[contents.Finding]] | None = None
    steady: bool = False
    wait_left: Callable[[Any], float] | None = None
    instant: bool = False
