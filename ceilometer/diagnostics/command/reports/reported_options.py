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

from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics import contents


def options(whole: parsed.Report) -> list[contents.Option]:
    """All options of a report; none if its section failed."""
    told = section_data.content(whole, contents.Configuration)
    return [] if told is None else told['options']


def changed(whole: parsed.Report) -> list[contents.Option]:
    """The options that differ from their defaults."""
    return [option for option in options(whole) if option['changed']]


def unregistered(whole: parsed.Report) -> list[contents.Unregistered]:
    """What the configuration files set and is no option of the process."""
    told = section_data.content(whole, contents.Configuration)
    return [] if told is None else told['unregistered']


def name(option: contents.Option | contents.Unregistered) -> str:
    """The name of an option with its group: ``[polling] interval``."""
    return f'[{option["group"]}] {option["name"]}'


def shown(option: contents.Option) -> str:
    """The value of an option, or why it has none."""
    return option['error'] or value(option['value'])


def value(given: Any) -> str:
    """A value as a configuration file has it."""
    if isinstance(given, list):
        return ','.join(value(item) for item in given)
    if isinstance(given, dict):
        return ','.join(f'{key}:{value(item)}' for key, item in given.items())
    return '' if given is None else str(given)


def place(option: contents.Option) -> str:
    """Where an option was set: ``file /etc/ceilometer.conf line 3``."""
    words = [word for word in (option['location'], option['detail']) if word]
    if option['line'] is not None:
        words.append(f'line {option["line"]}')
    if option['overrides']:
        words.append('overriding ' + ', '.join(
            f'{place["file"]} line {place["line"]}'
            for place in option['overrides']))
    return ' '.join(words)
