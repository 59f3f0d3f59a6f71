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

"""Where files set options, and what overrides what.

oslo.config tells for each group the last file that has it, though the option
may stand in another one: so the files themselves are asked. Runs in a thread
that collects; raises nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from ceilometer.diagnostics.daemon import service_options


class Origins:
    """The places where options are set.

    :param settings: what stands in the files
    :param files: the files, in the order of reading
    """

    def __init__(self, settings: Iterable[service_options.Setting],
                 files: Iterable[str]) -> None:
        # one that is read twice counts where it is read last
        self._rank = {path: rank for rank, path in enumerate(files)}
        self._settings: dict[tuple[str, str],
                             list[service_options.Setting]] = {}
        for setting in settings:
            self._settings.setdefault(service_options.key(
                setting.group, setting.name), []).append(setting)

    def of(self, names: Iterable[tuple[str, str]],
           ) -> list[service_options.Setting]:
        """Where an option is set; the last one is the one that counts.

        :param names: groups and names that a file may have for it, the
            present one first
        """
        keys = dict.fromkeys(service_options.key(*name) for name in names)
        found = [(self._rank.get(setting.file, -1), -number, setting)
                 for number, key in enumerate(keys)
                 for setting in self._settings.get(key, ())]
        return [setting for _, _, setting in sorted(
            found, key=lambda place: place[:2])]
