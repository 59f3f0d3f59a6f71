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

"""Finds the secrets of this process, so that they can be masked anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import os
import sys
from typing import Any

from ceilometer.diagnostics.daemon import process as process_module
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import service_options
from ceilometer.diagnostics.daemon import users
from ceilometer.diagnostics.secrets import redact
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import url_credentials


def redactor(context: section.Context,
             files: bool = True) -> redact.Redactor:
    """What masks all secrets that can be known of.

    :param context: whose options and settings to look at
    :param files: whether to read the configuration files as well, which may
        hang
    """
    secrets = (_found(_of_environment()) | _found(_of_arguments())
               | _found(_of_options(context)))
    if files:
        secrets |= _found(_of_files(context))
    return redact.Redactor(secrets, _found(_ordinary_words(context.daemon)))


def _found(search: Iterable[str]) -> set[str]:
    """What a search finds, up to where it fails.

    That costs no report: masking by name, by place and by form goes on.
    """
    found: set[str] = set()
    with contextlib.suppress(Exception):
        found.update(search)
    return found


def _of_options(context: section.Context) -> Iterator[str]:
    for option in context.options:
        yield from _found(_of_option(option))


def _of_option(option: service_options.Option) -> Iterator[str]:
    secret = option.secret or secret_names.is_secret(option.name)
    for value in _texts(option.value):
        if '://' in value:
            yield from url_credentials.passwords(value)
        elif secret and value != option.default:
            yield value


def _of_files(context: section.Context) -> Iterator[str]:
    # also those that no option of this process has read yet
    for setting in context.settings:
        if '://' in setting.value:
            yield from url_credentials.passwords(setting.value)
        elif secret_names.is_secret(setting.name):
            yield setting.value.strip('\'"')


def _of_environment() -> Iterator[str]:
    # a list, because the daemon may change it meanwhile
    for name in list(os.environ):
        value = os.environ.get(name, '')
        if '://' in value:
            yield from url_credentials.passwords(value)
        elif secret_names.is_secret(name) and not os.path.isabs(value):
            yield value


def _of_arguments() -> Iterator[str]:
    follows = False
    for argument in map(str, sys.argv):
        name, equals, value = argument.partition('=')
        if follows and not argument.startswith('--'):
            yield argument
        elif equals and secret_names.is_secret(name):
            yield value
        yield from url_credentials.passwords(argument)
        follows = (argument.startswith('-') and not equals
                   and secret_names.is_secret(argument))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif value is not None and not isinstance(value, (bool, int, float)):
        yield str(value)


def _ordinary_words(daemon: process_module.Daemon) -> Iterator[str]:
    """Words that a report is full of: masked, it could not be read."""
    yield daemon.service
    yield from ('password', 'secret', 'default', 'public', 'internal',
                'service', 'openstack')
    for name in list(sys.modules):
        yield name.partition('.')[0]
    user = users.names().get(os.getuid())
    if user is not None:
        yield user
