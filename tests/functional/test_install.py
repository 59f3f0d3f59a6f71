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

"""What a packager's command puts where."""

import pathlib
import shutil
import subprocess
import sys

import pytest

TREE = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def installed(tmp_path_factory):
    """What is installed below /usr of a root directory, as paths."""
    directory = tmp_path_factory.mktemp('packager')
    # setuptools writes into the tree that it builds
    source = directory / 'source'
    shutil.copytree(TREE, source, ignore=shutil.ignore_patterns(
        '.*', 'build', 'doc', '__pycache__', '*.egg-info'))
    root = directory / 'root'
    done = subprocess.run(
        # without --ignore-installed pip takes away what is installed here
        [sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps',
         '--disable-pip-version-check', '--ignore-installed',
         '--root', str(root), '--prefix', '/usr', str(source)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    files = {path.relative_to(root) for path in root.rglob('*')
             if path.is_file() and path.suffix != '.pyc'}
    usr = pathlib.Path('usr')
    # nothing below /etc, or anywhere else
    assert {path.parts[0] for path in files} == {'usr'}
    return {str(path.relative_to(usr)) for path in files}


def test_nothing_is_where_it_is_read_by_itself(installed):
    """pip activates nothing: all it installs is packages and the command."""
    site = (f'lib/python{sys.version_info.major}.{sys.version_info.minor}'
            '/site-packages/')
    assert {path for path in installed if not path.startswith(site)} == {
        'bin/ceilometer-diagnostics'}
    files = {str(path.relative_to(TREE)) for path in (
        TREE / 'ceilometer/diagnostics/system_files').rglob('*')
        if path.is_file()}
    assert len(files) > 9
    assert {f'{site}{path}' for path in files} <= installed


@pytest.mark.parametrize('what', ['units', 'drop-ins'])
def test_make_install_is_for_packages(tmp_path, what):
    """All below DESTDIR, without a record, and without a site's packages."""
    done = subprocess.run(
        ['make', '--no-print-directory', '-C', str(TREE), 'install',
         f'DESTDIR={tmp_path}/a package', 'PREFIX=/usr', f'WHAT={what}',
         f'PYTHON={sys.executable}'],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith(f'{what}: as the command line says\n')
    files = {path.name: path for path in tmp_path.rglob('*')
             if path.is_file()}
    assert 'installed-files.json' not in files
    assert {'_ceilometer-diagnostics', 'ceilometer-diagnostics',
            'ceilometer-diagnostics.catalog'} < set(files)
    if what == 'units':
        assert ' /usr/bin/ceilometer-polling\n' in files[
            'ceilometer-polling.service'].read_text()
    else:
        assert '50-diagnostics.conf' in files


def test_package_is_whole_and_overwrites_nothing_of_ceilometers(installed):
    """Every module, and none that Ceilometer has."""
    site = (f'lib/python{sys.version_info.major}.{sys.version_info.minor}'
            '/site-packages/')
    modules = {path.removeprefix(site) for path in installed
               if path.startswith(f'{site}ceilometer')
               and '.dist-info/' not in path}
    source = {str(path.relative_to(TREE))
              for path in (TREE / 'ceilometer').rglob('*')
              if path.is_file() and '__pycache__' not in path.parts}
    assert modules == source | {
        path.name for path in TREE.glob('ceilometer_diagnostics*')
        if path.is_file()}
    assert {'ceilometer_diagnostics.pth',
            'ceilometer_diagnostics.start'} < modules
    assert all(path.startswith('ceilometer/diagnostics/') for path in source)


def test_the_command_is_the_only_program(installed):
    """Nothing else lands in a directory of programs."""
    assert [path for path in installed if path.startswith('bin/')] == [
        'bin/ceilometer-diagnostics']
