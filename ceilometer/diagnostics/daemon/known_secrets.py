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
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import pauses
from ceilometer.diagnostics.secrets import known_values
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import mask
from ceilometer.diagnostics.secrets import recognizers
from ceilometer.diagnostics.secrets import redact
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import url_credentials


#: A report begins with what can be known at once, and goes on with the files.
REDACTORS_MAX = 2

_redactors: dict[frozenset[str], redact.Redactor] = {}

#: So many texts in which no secret was found are remembered.
REMEMBERED_TEXTS_MAX = 2000

# With whether they are secret. Each report looks at all values of options, of
# which few change.
_without_secrets: set[tuple[str, bool]] = set()


def redactor(context: section.Context,
             files: bool = True) -> redact.Redactor:
    """What masks all secrets that can be known of.

    :param context: whose options and settings to look at
    :param files: whether to read the configuration files as well, which may
        hang
    """
    secrets, ordinary = _at_once(context)
    if files:
        # a set of its own: those without files may be asked for again
        secrets = secrets | _found(_of_files(context))
    return _of_before(known_values.looked_for(secrets, ordinary))


def _of_before(secrets: frozenset[str]) -> redact.Redactor:
    """What masked these secrets before: it knows most texts already."""
    found = _redactors.get(secrets)
    if found is None:
        if len(_redactors) >= REDACTORS_MAX:
            _redactors.clear()
        found = _redactors[secrets] = redact.Redactor(secrets)
    return found


def rest() -> None:
    """Forget what need not be kept until the next report; it has ended."""
    for found in list(_redactors.values()):
        found.rest()


def _at_once(context: section.Context) -> tuple[set[str], set[str]]:
    """What needs no files: secrets, and words that are none.

    Looked for once a report, which asks for them twice; again where the
    options could not be read.
    """
    if context.secrets_at_once is not None:
        return context.secrets_at_once
    found = (_found(_of_environment()) | _found(_of_arguments())
             | _found(_of_options(context)),
             _found(_ordinary_words(context.daemon)))
    if context.options_are_known:
        context.secrets_at_once = found
    return found


def _found(search: Iterable[str]) -> set[str]:
    """What a search finds, up to where it fails.

    That costs no report: masking by name, by place and by form goes on.
    """
    found: set[str] = set()
    with contextlib.suppress(Exception):
        found.update(search)
    return found


class _Searched(named_tuple.NamedTuple):
    """Options that were searched, and those of them that held secrets."""

    options: list[service_options.Option]
    with_secrets: list[service_options.Option]


# of the report before, which had the same list if nothing has changed
_searched: _Searched | None = None


def _of_options(context: section.Context) -> Iterator[str]:
    global _searched
    options = to_search = context.options
    before = _searched
    if before is not None and before.options is options:
        to_search = before.with_secrets
    with_secrets = []
    for option in to_search:
        pauses.pause()
        # what oslo.config was told outvotes the name
        secret = option.secret or secret_names.is_password(option.name)
        found = _found(_of_value(
            option.value, secret and option.value != option.default))
        if found:
            with_secrets.append(option)
            yield from found
    _searched = _Searched(options, with_secrets)


def _of_value(value: Any, secret: bool, key: str = '') -> Iterator[str]:
    """The secrets of a value, which may be nested, as they are masked in it.
    """
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _of_value(item, secret, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _of_value(
                item, secret or secret_names.is_secret(str(name)), str(name))
    elif value is not None and not isinstance(value, (bool, int, float)):
        yield from _of_text(str(value), secret)


def _of_text(value: str, secret: bool) -> Iterator[str]:
    """The secrets of one text: what is masked where it stands."""
    if (value, secret) in _without_secrets:
        return
    has_any = False
    for one in _search(value, secret):
        has_any = True
        yield one
    # a text with a secret is not kept
    if not has_any and len(value) <= mask.REMEMBERED_CHARS_MAX:
        if len(_without_secrets) >= REMEMBERED_TEXTS_MAX:
            _without_secrets.clear()
        _without_secrets.add((value, secret))


def _search(value: str, secret: bool) -> Iterator[str]:
    yield from recognizers.values(value)
    if not secret or looks.says_none(value):
        return
    for start, end in url_credentials.secret_spans(value):
        yield from recognizers.forms(value[start:end])
    # oslo.cache's backend_argument: password:S
    name, colon, rest = value.partition(':')
    if colon and secret_names.says(name):
        yield rest


def _of_files(context: section.Context) -> Iterator[str]:
    # also those that no option of this process has read yet
    registered = {
        service_options.key(*name): (
            option.secret or secret_names.is_password(option.name))
        for option in context.options for name in option.names}
    for setting in context.settings:
        secret = registered.get(service_options.key(
            setting.group, setting.name))
        if secret is None:
            secret = context.is_secret(setting)
        for value in (setting.value, *setting.others):
            yield from _found(_of_text(value, secret or secret is None and (
                _is_secret(setting.name, value) or looks.of_random(value))))


def _is_secret(name: str, value: str) -> bool:
    """Whether a value is secret by its name, and by how it looks."""
    says = secret_names.says(name)
    if secret_names.is_directory(name, value):
        return False
    return says is secret_names.Says.SECRET or (
        says is secret_names.Says.PERHAPS and looks.of_credential(value))


def _of_environment() -> Iterator[str]:
    # a list, because the daemon may change it meanwhile
    for name in list(os.environ):
        value = os.environ.get(name, '')
        yield from _found(_of_text(value, _is_secret(name, value)))


def _of_arguments() -> Iterator[str]:
    follows = False
    for argument in map(str, sys.argv):
        name, equals, value = argument.partition('=')
        if follows and not argument.startswith('--'):
            yield from _of_text(argument, True)
        elif equals:
            yield from _of_text(value, _is_secret(name, value))
        yield from recognizers.values(argument)
        follows = (argument.startswith('-') and not equals
                   and secret_names.is_secret(argument))


def _ordinary_words(daemon: process_module.Daemon) -> Iterator[str]:
    """Words that a report is full of: masked, it could not be read."""
    yield daemon.service
    yield from ('password', 'secret', 'default', 'public', 'internal',
                'service', 'openstack')
    yield from (name for name in list(sys.modules) if '.' not in name)
    user = users.names().get(os.getuid())
    if user is not None:
        yield user
