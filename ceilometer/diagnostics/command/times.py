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

"""Points in time as systemd.time(7) writes them, to and from microseconds."""

from __future__ import annotations

import datetime
import re
import time

_USEC = 1_000_000
_USEC_MAX = 2 ** 62

_UNITS = {
    **dict.fromkeys(('usec', 'us', 'µs', 'μs'), 1),
    **dict.fromkeys(('msec', 'ms'), 1000),
    **dict.fromkeys(('seconds', 'second', 'sec', 's'), _USEC),
    **dict.fromkeys(('minutes', 'minute', 'min', 'm'), 60 * _USEC),
    **dict.fromkeys(('hours', 'hour', 'hr', 'h'), 3600 * _USEC),
    **dict.fromkeys(('days', 'day', 'd'), 86400 * _USEC),
    **dict.fromkeys(('weeks', 'week', 'w'), 7 * 86400 * _USEC),
    # a twelfth of a year of 365.25 days, as systemd has it
    **dict.fromkeys(('months', 'month', 'M'), 2_629_800 * _USEC),
    **dict.fromkeys(('years', 'year', 'y'), 31_557_600 * _USEC),
}
_SPAN_PART = re.compile(r'\s*(\d+(?:\.\d+)?)\s*([a-zA-Zµμ]*)')
_STAMP = re.compile(
    r'(?:(?P<day>mon|tue|wed|thu|fri|sat|sun)[a-z]*[ ,]+)?'
    r'(?:(?P<date>\d{4}-\d{1,2}-\d{1,2})(?:[ T]|$))?'
    r'(?:(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?))?'
    r'(?:\s*(?P<utc>UTC|Z)|\s*(?P<offset>[+-]\d{2}(?::?\d{2})?)'
    r'|\s+(?P<zone>[a-z][\w/+-]*))?', re.IGNORECASE | re.ASCII)
_WEEK = ('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')
_DAYS = {'today': 0, 'yesterday': -1, 'tomorrow': 1}


def parse(text: str, now: datetime.datetime | None = None) -> int:
    """Read a point in time.

    :param text: ``2026-11-22 08:00:00``, a date or a time alone, ``now``,
        ``today``, ``yesterday``, ``tomorrow``, ``-2h`` or ``2h ago``,
        ``+5min``, ``@1795334400``; local time unless it ends in ``UTC``, an
        offset such as ``+01:00``, or a name such as ``Europe/Berlin``
    :param now: the time it is; for tests
    :returns: microseconds since the epoch
    :raises ValueError: it is none of these
    """
    now = now or datetime.datetime.now(datetime.timezone.utc)
    try:
        usec = _parse(text.strip(), now)
        if abs(usec) < _USEC_MAX:
            return usec
    except (ValueError, OverflowError):
        pass
    raise ValueError(f'invalid time {text!r}: expected a time as in '
                     'systemd.time(7), such as "2026-11-22 08:00:00", '
                     '"yesterday" or "-2h"')


def _parse(words: str, now: datetime.datetime) -> int:
    if words == 'now':
        return _usec(now)
    if words in _DAYS:
        local = now.astimezone()
        day = local.date() + datetime.timedelta(days=_DAYS[words])
        return _usec(datetime.datetime(
            day.year, day.month, day.day).astimezone())
    if words.startswith('@'):
        return int(float(words[1:]) * _USEC)
    if words.startswith(('-', '+')):
        sign = -1 if words[0] == '-' else 1
        return _usec(now) + sign * _span(words[1:])
    if words.endswith(' ago'):
        return _usec(now) - _span(words[:-len(' ago')])
    return _stamp(words, now)


def _stamp(words: str, now: datetime.datetime) -> int:
    match = _STAMP.fullmatch(words)
    if match is None or not (match['date'] or match['time']):
        raise ValueError(words)
    zone = _zone(match)
    if match['date']:
        year, month, day = map(int, match['date'].split('-'))
    else:
        today = now.astimezone(zone)
        year, month, day = today.year, today.month, today.day
    hour, minute, second = 0, 0, 0.0
    if match['time']:
        parts = match['time'].split(':')
        hour, minute = int(parts[0]), int(parts[1])
        second = float(parts[2]) if len(parts) > 2 else 0.0
    if match['day'] and match['date'] and match['day'].lower() != _WEEK[
            datetime.date(year, month, day).weekday()]:
        raise ValueError(words)
    when = datetime.datetime(
        year, month, day, hour, minute, int(second),
        round(second % 1 * _USEC), zone)
    return _usec(when if zone else when.astimezone())


def _zone(match: re.Match[str]) -> datetime.tzinfo | None:
    """The time zone that a time names, None for the local one."""
    if match['utc']:
        return datetime.timezone.utc
    if match['offset']:
        digits = match['offset'].replace(':', '').ljust(5, '0')
        minutes = int(digits[1:3]) * 60 + int(digits[3:])
        return datetime.timezone(datetime.timedelta(
            minutes=-minutes if digits[0] == '-' else minutes))
    if match['zone'] is None or match['zone'] in time.tzname:
        return None
    # seldom needed
    import zoneinfo
    try:
        return zoneinfo.ZoneInfo(match['zone'])
    except (KeyError, OSError) as error:
        raise ValueError(match['zone']) from error


def _span(words: str) -> int:
    total = 0.0
    at = 0
    words = words.strip()
    while at < len(words):
        match = _SPAN_PART.match(words, at)
        unit = match and (match[2] or 's')
        if match is None or unit not in _UNITS:
            raise ValueError(words)
        total += float(match[1]) * _UNITS[unit]
        at = match.end()
    if not words:
        raise ValueError(words)
    return int(total)


def _usec(when: datetime.datetime) -> int:
    # in whole numbers: a float has not digits enough
    since = when.astimezone(datetime.timezone.utc) - datetime.datetime(
        1970, 1, 1, tzinfo=datetime.timezone.utc)
    return since // datetime.timedelta(microseconds=1)


def show(usec: int, utc: bool = False) -> str:
    """A point in time for people, as systemd's tools show it.

    :param usec: microseconds since the epoch
    :param utc: in UTC, not in local time
    """
    try:
        when = datetime.datetime.fromtimestamp(
            usec / _USEC, datetime.timezone.utc)
        if not utc:
            when = when.astimezone()
        # weekdays in English, whatever the locale
        day = ('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[
            when.weekday()]
        return f'{day} {when:%Y-%m-%d %H:%M:%S %Z}'
    except (ValueError, OverflowError, OSError):
        return f'@{usec}us'


def show_span(usec: int) -> str:
    """A length of time for people: ``1h 2min``, ``5.3s``, ``12ms``."""
    if usec < 1000:
        return f'{usec}us'
    if usec < _USEC:
        return f'{usec / 1000:.3g}ms'
    if usec < 60 * _USEC:
        return f'{usec / _USEC:.3g}s'
    seconds = usec // _USEC
    words = []
    for name, size in (('d', 86400), ('h', 3600), ('min', 60), ('s', 1)):
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f'{count}{name}')
    return ' '.join(words[:2])


def show_size(size_bytes: int) -> str:
    """A size for people, as coredumpctl shows it: ``48.1K``."""
    size = float(size_bytes)
    for unit in ('B', 'K', 'M', 'G'):
        if size < 1024 or unit == 'G':
            return f'{size:.0f}B' if unit == 'B' else f'{size:.1f}{unit}'
        size /= 1024
    raise AssertionError
