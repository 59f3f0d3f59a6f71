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

"""The options of a report, from the data of its section ``configuration``."""

from __future__ import annotations

from typing import Any

from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics import report

#: An option as the section has it; any of its keys may be missing.
Option = dict[str, Any]


def options(whole: report.Report) -> list[Option]:
    """All options of a report; none if its section failed."""
    return _listed(whole, 'options')


def changed(whole: report.Report) -> list[Option]:
    """The options that differ from their defaults."""
    return [option for option in options(whole) if option.get('changed')]


def unregistered(whole: report.Report) -> list[Option]:
    """What the configuration files set and is no option of the process."""
    return _listed(whole, 'unregistered')


def _listed(whole: report.Report, key: str) -> list[Option]:
    return section_data.dicts(
        section_data.data(whole, 'configuration').get(key))


def name(option: Option) -> str:
    """The name of an option with its group: ``[polling] interval``."""
    return f'[{option.get("group")}] {option.get("name")}'


def shown(option: Option) -> str:
    """The value of an option, or why it has none."""
    return str(option.get('error') or value(option.get('value')))


def value(given: Any) -> str:
    """A value as a configuration file has it."""
    if isinstance(given, list):
        return ','.join(value(item) for item in given)
    if isinstance(given, dict):
        return ','.join(f'{key}:{value(item)}' for key, item in given.items())
    return '' if given is None else str(given)


def place(option: Option) -> str:
    """Where an option was set: ``file /etc/ceilometer.conf line 3``."""
    words = [str(word) for word in (
        option.get('location'), option.get('detail')) if word]
    if option.get('line') is not None:
        words.append(f'line {option["line"]}')
    return ' '.join(words)
