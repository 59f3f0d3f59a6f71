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

"""Every file says under which license it is."""

from __future__ import annotations

import pathlib
import re

import pytest

from tests import tree

#: Either is enough, near the top.
HEADERS = ('Licensed under the Apache License, Version 2.0',
           'SPDX-License-Identifier: Apache-2.0')

#: What is read before the license is looked for, what has no comments, and
#: lists of names as OpenStack has them.
WITHOUT = re.compile(
    r'LICENSE|\.gitignore|(.*/)?README\.rst|(.*/)?py\.typed|.*\.pth|.*\.start'
    r'|(.*[/-])?requirements\.txt|(.*/)?entry_points\.txt'
    r'|releasenotes/notes/.*'
    r'|packaging/debian/(changelog|copyright|source/format)')


@pytest.mark.parametrize('name', [
    name for name in tree.files() if not WITHOUT.fullmatch(name)])
def test_file_names_its_license(name: str) -> None:
    """Unless it is empty."""
    text = (tree.TREE / name).read_text()
    assert not text or any(
        header in text[:400] for header in HEADERS), name


def test_license_is_the_one_that_is_named() -> None:
    """The text itself is there."""
    text = (tree.TREE / 'LICENSE').read_text()
    assert 'Apache License' in text and 'Version 2.0' in text
    assert pathlib.Path(tree.TREE / 'setup.cfg').read_text().count(
        'license = Apache-2.0') == 1
