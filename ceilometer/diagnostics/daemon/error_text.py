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

"""Texts of errors, without what was being sent.

What a log record says may have a sample or a message in it: of its arguments
only those stay that are names, numbers or exceptions. Ids are taken out when
a report tells of the error (:mod:`.without_ids`). Runs in the thread that logs
or works, and computes on what it is given; raises nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
import logging
from typing import Any

from ceilometer.diagnostics.daemon import shorten
from ceilometer.diagnostics import patterns

#: A longer text is cut; a report tells less of it.
ERROR_CHARS_MAX = 500

#: What takes the place of what is not told.
LEFT_OUT = '…'

# Names of pollsters, meters, services and files are of such characters.
_NAME = patterns.pattern(r'[\w.:/+-]{1,100}\Z')

# Arguments of these names are texts of exceptions.
_ERRORS = frozenset(('err', 'err_str', 'error', 'exc', 'reason'))


def _cut(text: str) -> str:
    if len(text) > ERROR_CHARS_MAX:
        text = shorten.text(text, ERROR_CHARS_MAX - 1).rstrip() + LEFT_OUT
    return text


def of_text(text: str) -> str:
    """The text of an error, not longer than it may be."""
    return shorten.text(text, ERROR_CHARS_MAX)


def of_exception(error: BaseException) -> str:
    """The class and the text of an exception."""
    try:
        text = str(error)
    except BaseException:
        text = ''
    text = shorten.text(text, ERROR_CHARS_MAX).strip()
    name = type(error).__name__
    return _cut(f'{name}: {text}' if text else name)


def kind_of(error: BaseException) -> str:
    """The full name of an exception's class."""
    return f'{type(error).__module__}.{type(error).__qualname__}'


def kind_of_record(record: logging.LogRecord) -> str | None:
    """The full name of the class of a record's exception, or None."""
    error = _exception(record)
    return None if error is None else kind_of(error)


def _exception(record: logging.LogRecord) -> BaseException | None:
    """The exception that a record was logged for, None if it has none."""
    if isinstance(record.exc_info, tuple) and isinstance(
            record.exc_info[1], BaseException):
        return record.exc_info[1]
    args: Any = record.args
    values = args.values() if isinstance(args, Mapping) else args or ()
    for value in values:
        if isinstance(value, BaseException):
            return value
    return None


def of_record(record: logging.LogRecord) -> str:
    """What a record says, without payload.

    That is its exception, if it has one that was caught; else its constant
    part, with those arguments that are names, numbers or exceptions.
    """
    try:
        if isinstance(record.exc_info, tuple) and record.exc_info[1]:
            return of_exception(record.exc_info[1])
        message = str(record.msg)
        args = record.args
        if not args:
            return _cut(message)
        kept: Any
        if isinstance(args, Mapping):
            kept = {key: _argument(value, key in _ERRORS)
                    for key, value in args.items()}
        else:
            kept = tuple(map(_argument, args))
        return _cut(message % kept)
    except Exception:
        # a message that does not fit its arguments
        return _cut(str(record.msg))


def _argument(value: Any, is_error: bool = False) -> Any:
    if isinstance(value, BaseException):
        return of_exception(value)
    if isinstance(value, (int, float)):
        return value
    # translated messages are texts of another type
    if isinstance(value, str) and (is_error or _NAME.match(value)):
        return str(shorten.text(value, ERROR_CHARS_MAX))
    return LEFT_OUT
