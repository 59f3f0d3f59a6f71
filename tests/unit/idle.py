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

"""A real process that does nothing, for what looks at others in /proc."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import pathlib
import subprocess
import sys

from tests import waiting


@contextlib.contextmanager
def process() -> Iterator[int]:
    """Start one; it is ended at the end.

    It has begun, and waits: one that starts may be kept by the kernel, which
    reads its program, and is told from one that hangs by that.

    :returns: its process id
    """
    with subprocess.Popen(
            [sys.executable, '-c', 'print(flush=True); input()'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline()
            stat = pathlib.Path(f'/proc/{child.pid}/stat')
            waiting.until(
                lambda: stat.read_text().rpartition(')')[2].split()[0] == 'S',
                'the process waits')
            yield child.pid
        finally:
            child.kill()
