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

"""What the system tests stand on: beds, and the cache they are kept in."""

from __future__ import annotations

import os
import pathlib

import pytest

from tests.system import beds
from tests.system import construction

DAY_SECONDS = 24 * 60 * 60


@pytest.fixture
def cache(tmp_path: pathlib.Path,
          monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A cache of its own."""
    monkeypatch.setattr(construction, 'CACHE', tmp_path / 'cache')
    return tmp_path / 'cache'


def write(path: pathlib.Path, text: str) -> None:
    """Fill a directory."""
    (path / 'made').write_text(text)


def build(text: str) -> pathlib.Path:
    """What the cache gives, built with a text if it has to be built."""
    return construction.cached(
        'root', 'key', lambda path: write(path, text),
        days_max=7)


def age(path: pathlib.Path) -> None:
    """Make a directory of the cache eight days older."""
    then = path.stat().st_mtime - 8 * DAY_SECONDS
    os.utime(path, (then, then))


def test_what_is_cached_is_built_once(cache: pathlib.Path) -> None:
    """Nobody waits for it again."""
    assert build('first') == build('second')
    assert (build('third') / 'made').read_text() == 'first'


def test_what_is_old_is_built_anew(cache: pathlib.Path) -> None:
    """And has then no age."""
    age(build('first'))
    assert (build('second') / 'made').read_text() == 'second'
    assert (build('third') / 'made').read_text() == 'second'


def test_what_a_machine_stands_on_stays(cache: pathlib.Path) -> None:
    """However old it is, until the machine is gone."""
    found = build('first')
    age(found)
    holding = construction.hold(found)
    assert (build('second') / 'made').read_text() == 'first'
    os.close(holding)
    assert (build('third') / 'made').read_text() == 'third'


def test_what_cannot_be_built_is_not_kept(cache: pathlib.Path) -> None:
    """Half a directory is never taken for a whole one."""
    def fail(path: pathlib.Path) -> None:
        (path / 'made').write_text('half')
        raise construction.MachineError('no network')

    with pytest.raises(construction.MachineError, match='no network'):
        construction.cached('root', 'key', fail)
    assert [path.name for path in build('whole').iterdir()] == ['made']
    assert (build('again') / 'made').read_text() == 'whole'


def test_failing_step_is_told_with_its_output() -> None:
    """The command, how it ended, and what it printed."""
    with pytest.raises(construction.MachineError,
                       match=r'^sh -c .* exited with 3:\noops'):
        construction.call(['sh', '-c', 'echo oops >&2; exit 3'])


def test_the_environment_names_the_bed(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it, that is the host; one that is not there is an error."""
    monkeypatch.delenv(beds.VARIABLE, raising=False)
    assert beds.chosen() == beds.HOST
    monkeypatch.setenv(beds.VARIABLE, 'debian-testing')
    assert beds.chosen() == 'debian-testing'
    monkeypatch.setenv(beds.VARIABLE, 'debian-1')
    with pytest.raises(construction.MachineError, match='host, debian-12'):
        beds.chosen()
