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

"""The command, on journal files that are damaged at random."""

from __future__ import annotations

import functools
import pathlib
import tempfile

import hypothesis
from hypothesis import strategies
import pytest

from tests.fuzz import fuzzing
from tests.fuzz import test_command_line
from tests.unit import commands
from tests.unit import journals

VERBS = (
    ('list',), ('list', '--json'), ('show',), ('show', '--json'),
    ('show', '--merge-stacks'), ('diff',), ('stuck', '--all'),
    ('export', '--since=2026-01-01', '--format=json'),
    ('list', commands.IDS[1][:8]), ('list', 'REPORT_SECTION=threads'),
    ('list', 'ceilometer-*'), ('list', '101'))


@functools.cache
def _whole() -> tuple[bytes, list[int]]:
    """A journal file, and where in it is more than room."""
    with tempfile.TemporaryDirectory() as directory:
        commands.fill(pathlib.Path(directory), compress=False)
        data = pathlib.Path(directory, 'test.journal').read_bytes()
    return data, [at for at in range(0, len(data), 8)
                  if data[at:at + 8].strip(b'\0')]


_CHANGES = strategies.lists(strategies.tuples(
    strategies.floats(0, 1, exclude_max=True),
    strategies.integers(0, 64),
    strategies.binary(min_size=1, max_size=64) | strategies.integers(
        1, 200_000).map(bytes)), min_size=1, max_size=6)


@fuzzing.SETTINGS
@hypothesis.given(_CHANGES, strategies.sampled_from(VERBS))
def test_no_file_breaks_a_verb(
        tmp_path_factory: pytest.TempPathFactory,
        changes: list[tuple[float, int, bytes]],
        verb: tuple[str, ...]) -> None:
    """No traceback; a status that is documented; other files are read."""
    data, used = _whole()
    damaged = bytearray(data)
    for share, beside, value in changes:
        at = used[int(share * len(used))] + beside
        damaged[at:at + len(value)] = value
    directory = tmp_path_factory.mktemp('journal')
    (directory / 'damaged.journal').write_bytes(damaged[:len(data)])
    own = journals.make_report(commands.sections(), report_id='fe' * 16)
    journals.write(directory / 'good.journal', journals.entries(
        own, journals.Sender(pid=77), journals.TIME_USEC + 10**10))
    code, out, err = test_command_line.run(
        [f'--directory={directory}', *verb])
    assert code in (0, 1)
    assert 'Traceback' not in err
    # "stuck" ends so where no thread is
    assert out if not code else out or err.startswith(
        'ceilometer-diagnostics: ')
    code, out, _ = test_command_line.run(
        [f'--directory={directory}', 'list', '77'])
    assert code == 0 and 'fefefefefefe' in out
    for path in directory.iterdir():
        path.unlink()
