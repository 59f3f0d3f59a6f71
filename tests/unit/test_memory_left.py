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

"""Whether a whole report might take the last memory, by what the kernel says.
"""

from __future__ import annotations

import pytest

from ceilometer.diagnostics.daemon import memory_left

MIB = 1024 * 1024


@pytest.fixture
def kernel(tmp_path):
    """Files as the kernel has them; a function that makes control groups."""
    (tmp_path / 'proc').mkdir()

    def make(line, **groups):
        (tmp_path / 'proc' / 'cgroup').write_text(line + '\n')
        for path, files in groups.items():
            directory = tmp_path / 'cgroup' / path.replace('__', '/')
            directory.mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                (directory / name.replace('__', '.')).write_text(f'{text}\n')
        return memory_left.shortage(tmp_path / 'proc', tmp_path / 'cgroup')

    return make


def version_2(most, used, cached=0, processes=1, high='max'):
    """The files of a control group."""
    return {'memory__max': most, 'memory__current': used,
            'memory__high': high,
            'memory__stat': f'anon {used}\ninactive_file {cached}\n'
            'active_file 0',
            'cgroup__procs': '\n'.join(map(str, range(1, processes + 1)))}


def test_memory_of_the_unit_is_used_up(kernel):
    """The limit is named, and what is left."""
    assert kernel('0::/x.service', x__service={}) is None
    assert kernel('0::/s/x', s__x=version_2(100 * MIB, 99 * MIB)) == (
        'only 1.0 MiB of memory are left (memory.max of /s/x)')


def test_what_the_kernel_takes_back_is_left(kernel):
    """Files that were read do not count."""
    assert kernel('0::/x', x=version_2(
        100 * MIB, 99 * MIB, cached=50 * MIB)) is None


def test_each_process_of_the_unit_needs_memory(kernel):
    """All of them may be asked at once."""
    assert kernel('0::/x', x=version_2(100 * MIB, 80 * MIB)) is None
    assert kernel('0::/x', x=version_2(
        100 * MIB, 80 * MIB, processes=9)) is not None


def test_limit_that_may_not_be_asked_for(kernel, monkeypatch):
    """A filter of system calls in the unit costs no report."""
    def forbidden(number):
        raise PermissionError(1, 'Operation not permitted')

    monkeypatch.setattr(memory_left.resource, 'getrlimit', forbidden)
    assert kernel('0::/x', x={}) is None


def test_memory_high_counts(kernel):
    """There, the kernel slows the unit down."""
    assert 'memory.high' in kernel('0::/x', x=version_2(
        'max', 80 * MIB, high=81 * MIB))


def test_limit_of_a_group_above_counts(kernel):
    """That of a slice, say."""
    told = kernel('0::/s/x', s__x=version_2('max', 10 * MIB),
                  s=version_2(100 * MIB, 99 * MIB))
    assert told.endswith('(memory.max of /s)')


def test_first_version_of_control_groups(kernel):
    """It calls them otherwise."""
    assert kernel('4:cpu,memory:/x', memory__x={
        'memory__limit_in_bytes': 100 * MIB,
        'memory__usage_in_bytes': 99 * MIB,
        'memory__stat': 'total_inactive_file 0'}).endswith(
            '(memory.limit_in_bytes of /memory/x)')


def test_no_limit(kernel):
    """What cannot be read limits nothing."""
    assert kernel('') is None
    assert kernel('0::/x', x=version_2('max', 99 * MIB)) is None
    assert kernel('0::/x', x={'memory__current': 'what'}) is None
