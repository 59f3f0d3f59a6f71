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

"""Section ``configuration``: the options of the service, as it sees them."""

from __future__ import annotations

from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import option_origins
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import service_options
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import pauses
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import url_credentials

#: A longer value is cut in the text, and whole in the data.
VALUE_CHARS_MAX = 2000


# what counts more than a file
_OVERRIDING = (contents.SET_IN_FILE, contents.SET_ON_COMMAND_LINE,
               contents.SET_IN_ENVIRONMENT, contents.SET_BY_PROGRAM)


def collect(context: section.Context) -> section.Content:
    """Read every option of the service's own ConfigOpts."""
    if context.daemon.conf is None:
        data: contents.Configuration = {
            'known': False, 'files': [], 'options': [], 'unregistered': []}
        return section.Content(data=data)
    files = context.files
    data = {
        'known': True,
        'files': files,
        'options': _describe_all(context, files),
        # misspelled; or of a library that this process has not used yet
        'unregistered': [
            {'group': setting.group, 'name': setting.name,
             'value': _show_unregistered(setting, context),
             'detail': setting.file, 'line': setting.line,
             'secret': context.is_secret(setting) is not False,
             'of_library': context.is_secret(setting) is not None}
            for setting in context.unregistered],
    }
    return section.Content(data=data)


class _Described(named_tuple.NamedTuple):
    """What was told of options, and all that it depends on."""

    options: list[service_options.Option]
    settings: list[service_options.Setting]
    files: list[str]
    told: list[contents.Option]


# by the report before
_described: _Described | None = None


def _describe_all(context: section.Context,
                  files: list[str]) -> list[contents.Option]:
    global _described
    options, settings = context.options, context.settings
    before = _described
    if (before is not None and before.options is options
            and before.settings == settings and before.files == files):
        return before.told
    origins = option_origins.Origins(settings, files)
    told = [_describe(option, origins) for option in options]
    _described = _Described(options, settings, files, told)
    return told


def _show_unregistered(setting: service_options.Setting,
                       context: section.Context) -> str:
    secret = context.is_secret(setting)
    if secret is False or not setting.value:
        return setting.value
    # nobody has said that it is none: not even where it leads is shown
    return str(_mask(setting.value)) if secret else secret_names.MASK


def _describe(option: service_options.Option,
              origins: option_origins.Origins) -> contents.Option:
    pauses.pause()
    places = origins.of(option.names)
    described: contents.Option = {
        'group': option.group,
        'name': option.name,
        'value': _show(option.value),
        'changed': option.changed,
        'location': option.location,
        'detail': option.detail,
        'line': None,
        'overrides': [],
        'error': option.error,
        'secret': option.secret or secret_names.is_password(option.name),
    }
    if option.error and (option.secret
                         or secret_names.is_secret(option.name)):
        # it may tell the value that was wrong
        described['error'] = 'has no valid value'
    if described['secret']:
        described['value'] = _mask(option.value)
    elif option.changed:
        described['default'] = _show(option.default)
    if option.location == contents.SET_IN_FILE and places:
        described['detail'] = places[-1].file
        described['line'] = places.pop().line
    if option.location in _OVERRIDING and not option.multi:
        described['overrides'] = [{'file': place.file, 'line': place.line}
                                  for place in places]
    return described


def _show(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_show(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _show(item) for key, item in value.items()}
    return str(value)


def _mask(value: Any) -> Any:
    if value is None or value == '' or isinstance(value, bool):
        return value
    if isinstance(value, (list, tuple)):
        return [_mask(item) for item in value]
    return url_credentials.mask_secret(str(value))


def find(data: contents.Configuration) -> list[contents.Finding]:
    """The options that have no valid value.

    :param data: masked and escaped
    """
    return [findings.finding(
        'option-invalid', f'option [{option["group"]}] {option["name"]}: '
        f'{option["error"]}', option=f'[{option["group"]}] {option["name"]}')
        for option in data['options'] if option['error']]


def render(data: contents.Configuration) -> str:
    """What differs from the default first, then the others by group."""
    if not data['known']:
        return ('Not known: the service has not read its configuration yet, '
                'or this process does not need it.')
    changed = [option for option in data['options'] if option['changed']]
    lines = [f'Files: {", ".join(data["files"]) or "none"}',
             f'Options: {len(data["options"])}; different from their '
             f'default: {len(changed)}']
    for option in changed:
        lines.append(f'  [{option["group"]}] {_assignment(option)}'
                     f'{_origin(option)}')
        if option.get('default') not in (None, '', []):
            lines.append(f'      default: {_value(option["default"])}')
    for of_library, head in (
            (False, 'Set in the files, but unknown to this process '
             '(misspelled, or not used yet):'),
            (True, 'Set in the files, for libraries that this process has not '
             'used yet:')):
        own = [option for option in data['unregistered']
               if option.get('of_library', False) is of_library]
        if own:
            lines += ['', head]
            lines += [f'  [{option["group"]}] {option["name"]} = '
                      f'{option["value"]}    ({option["detail"]} line '
                      f'{option["line"]})' for option in own]
    lines += ['', 'All other options:']
    by_group: dict[str, list[str]] = {}
    for option in data['options']:
        # what differs has been told above
        if option['changed']:
            continue
        pauses.pause()
        origin = ('' if option['location'] == contents.SET_NOWHERE
                  else _origin(option))
        by_group.setdefault(option['group'], []).append(
            f'{_assignment(option)}{origin}')
    # those of many clients are the same
    groups: dict[tuple[str, ...], list[str]] = {}
    for group, told in by_group.items():
        groups.setdefault(tuple(told), []).append(group)
    for same, names in groups.items():
        lines += ['', *(f'[{name}]' for name in names), *same]
    return '\n'.join(lines)


def _assignment(option: contents.Option) -> str:
    if option['error']:
        return f'{option["name"]}: {option["error"]}'
    return f'{option["name"]} = {_value(option["value"])}'


def _value(value: Any) -> str:
    if isinstance(value, list):
        text = ','.join(_value(item) for item in value)
    elif isinstance(value, dict):
        text = ','.join(f'{key}:{_value(item)}'
                        for key, item in value.items())
    else:
        text = str(value)
    if len(text) > VALUE_CHARS_MAX:
        cut = len(text) - VALUE_CHARS_MAX
        text = f'{text[:VALUE_CHARS_MAX]}[… {cut} characters cut]'
    return text


def _origin(option: contents.Option) -> str:
    words = {contents.SET_BY_PROGRAM: 'set by the program',
             contents.SET_ON_COMMAND_LINE: 'set on the command line',
             contents.SET_IN_ENVIRONMENT: 'set in the environment',
             contents.SET_NOWHERE: 'default',
             }.get(option['location'], 'set in')
    if option['detail']:
        if option['location'] == contents.SET_IN_ENVIRONMENT:
            words += f' by {option["detail"]}'
        else:
            words += f' {option["detail"]}'
        if option['line'] is not None:
            words += f' line {option["line"]}'
    if option['overrides']:
        words += '; overrides ' + ', '.join(
            f'{place["file"]} line {place["line"]}'
            for place in option['overrides'])
    return f'    ({words})'
