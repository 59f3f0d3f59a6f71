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

"""Points in time are read as systemd's tools read them."""

from __future__ import annotations

import datetime
import subprocess

import pytest

from ceilometer.diagnostics.command import times

NOW = datetime.datetime(2026, 11, 22, 8, 0, tzinfo=datetime.timezone.utc)
NOW_USEC = 1795334400 * 1_000_000


@pytest.mark.parametrize(('text', 'seconds'), [
    ('now', 0), ('-2h', -7200), ('+5min', 300), ('2h 30m ago', -9000),
    ('-1.5h', -5400), ('1w ago', -604800), ('+3', 3), ('-1month', -2629800),
    ('@1795334400', 0), ('@1795334400.5', 0.5),
    ('2026-11-22 08:00:00 UTC', 0), ('2026-11-22 07:59 UTC', -60),
    ('Sun 2026-11-22 08:00:00 UTC', 0), ('2026-11-22T08:00:00Z', 0),
    ('2026-11-22 08:00:00.25 UTC', 0.25), ('2026-11-22 UTC', -28800),
    ('07:00 UTC', -3600), ('2026-11-22 09:00:00+01:00', 0),
    ('2026-11-22T13:30:00+0530', 0), ('2026-11-22 03:00 -05', 0),
    ('2026-11-22 09:00:00 Europe/Berlin', 0),
    ('Sun 2026-11-22 03:00:00 America/New_York', 0),
])
def test_parse(text: str, seconds: float) -> None:
    """Stamps, spans and words all come to microseconds."""
    assert times.parse(text, NOW) - NOW_USEC == seconds * 1_000_000


def test_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a zone it is local time, and days begin at midnight here."""
    monkeypatch.setenv('TZ', 'Asia/Tokyo')
    times.datetime.datetime.now()
    import time
    time.tzset()
    try:
        assert times.parse('2026-11-22 17:00:00', NOW) == NOW_USEC
        assert times.parse('today', NOW) == NOW_USEC - 17 * 3600 * 1_000_000
        assert times.show(NOW_USEC) == 'Sun 2026-11-22 17:00:00 JST'
        # what is printed can be given
        assert times.parse('Sun 2026-11-22 17:00:00 JST', NOW) == NOW_USEC
        assert times.show(NOW_USEC, utc=True) == 'Sun 2026-11-22 08:00:00 UTC'
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize('text', [
    '', ' ', 'soon', '2026-13-01', '25:00', '2026-11-22 08:00:00 Mars', '-',
    '-2parsecs', '@', '@now', 'ago', '1 year', '+', '-h', '2026',
    '99999999999 years ago', '1e5', 'Mon 2026-11-22 08:00:00 UTC',
    '2026-11-22 08:00 ../etc/passwd', '2026-11-22 08:00 +99:00'])
def test_what_is_no_time(text: str) -> None:
    """It is refused, with what was given in the message."""
    with pytest.raises(ValueError, match='invalid time'):
        times.parse(text, NOW)


@pytest.mark.parametrize('text', [
    '2026-11-22 08:00:00 UTC', '2026-11-22', '@1795334400',
    'yesterday', 'Sun 2026-11-22 10:11:12'])
def test_systemd_agrees(text: str) -> None:
    """systemd-analyze reads the same."""
    done = subprocess.run(['systemd-analyze', 'timestamp', '--', text],
                          stdout=subprocess.PIPE, text=True, check=True)
    told = dict(line.strip().split(': ', 1)
                for line in done.stdout.splitlines() if ': ' in line)
    assert told['UNIX seconds'] == f'@{times.parse(text) // 1_000_000}'


@pytest.mark.parametrize(('usec', 'text'), [
    (5, '5us'), (1500, '1.5ms'), (2_500_000, '2.5s'),
    (61_000_000, '1min 1s'), (7_265_000_000, '2h 1min'),
    (200_000_000_000, '2d 7h')])
def test_show_span(usec: int, text: str) -> None:
    """Lengths of time have the two largest units."""
    assert times.show_span(usec) == text


def test_show_size() -> None:
    """Sizes are those of coredumpctl."""
    assert [times.show_size(size) for size in (0, 1023, 1536, 5 * 2**20)] == [
        '0B', '1023B', '1.5K', '5.0M']


def test_show_absurd_time() -> None:
    """A time that no calendar has is shown as it is."""
    assert times.show(10**18) == f'@{10**18}us'
