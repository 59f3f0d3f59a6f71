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

"""The files of the project, as git or a source archive has them."""

from __future__ import annotations

import pathlib
import subprocess

TREE = pathlib.Path(__file__).resolve().parents[1]


def files() -> list[str]:
    """The files that belong to the project, by their paths in it.

    In an unpacked source archive there is no git: the archive has a list.
    """
    if (TREE / '.git').exists():
        return subprocess.run(
            ['git', '-c', 'safe.directory=*', 'ls-files'], cwd=TREE,
            capture_output=True, text=True, check=True).stdout.splitlines()
    listed, = TREE.glob('*.egg-info/SOURCES.txt')
    return [path for path in listed.read_text().splitlines()
            if '.egg-info/' not in path]
