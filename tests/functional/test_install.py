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

"""What the source archive has, and what is put where from it."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from tests import tree

TREE = tree.TREE


@pytest.fixture(scope='module')
def archive(tmp_path_factory):
    """The directory into which the source archive was unpacked."""
    directory = tmp_path_factory.mktemp('archive')
    # setuptools writes into the tree that it builds
    source = directory / 'source'
    for name in tree.files():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TREE / name, source / name)
    done = subprocess.run(
        [sys.executable, '-c', 'from setuptools import build_meta; '
         f'build_meta.build_sdist({str(directory)!r})'], cwd=source,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    packed, = directory.glob('*.tar.gz')
    (directory / 'unpacked').mkdir()
    subprocess.run(['tar', '-xzf', str(packed), '-C',
                    str(directory / 'unpacked')], check=True)
    unpacked, = (directory / 'unpacked').iterdir()
    return unpacked


@pytest.fixture(scope='module')
def installed(archive, tmp_path_factory):
    """What is installed below /usr of a root directory, as paths."""
    directory = tmp_path_factory.mktemp('packager')
    source = directory / 'source'
    shutil.copytree(archive, source)
    root = directory / 'root'
    done = subprocess.run(
        # without --ignore-installed pip takes away what is installed here
        [sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps',
         '--disable-pip-version-check', '--ignore-installed',
         '--no-build-isolation', '--no-index',
         '--root', str(root), '--prefix', '/usr', str(source)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    files = {path.relative_to(root) for path in root.rglob('*')
             if path.is_file() and path.suffix != '.pyc'}
    usr = pathlib.Path('usr')
    # nothing below /etc, or anywhere else
    assert {path.parts[0] for path in files} == {'usr'}
    return {str(path.relative_to(usr)) for path in files}


def test_archive_has_the_whole_tree(archive):
    """And nothing else but what setuptools notes down."""
    files = {str(path.relative_to(archive)) for path in archive.rglob('*')
             if path.is_file()}
    noted = {path for path in files
             if path == 'PKG-INFO' or '.egg-info/' in path}
    assert noted
    assert files - noted == set(tree.files())


def test_archive_tests_itself(archive):
    """Tests find all files of the tree that they look at."""
    done = subprocess.run(
        [sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider',
         'tests/unit/test_documentation.py', '-k', 'catalog or code_map'],
        cwd=archive, env={**os.environ, 'SHARED_PYTHONS': ''},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


MANUAL = {'ceilometer-diagnostics.1', 'ceilometer-diagnostics-fields.7',
          'ceilometer-diagnostics-units.7'}


@pytest.mark.any_python
def test_package_has_its_manual_pages(installed):
    """Made as it was built."""
    assert {pathlib.Path(path).name for path in installed
            if '/system_files/man/' in path} == MANUAL


def test_nothing_is_where_it_is_read_by_itself(installed):
    """pip activates nothing: all it installs is packages and the command."""
    site = (f'lib/python{sys.version_info.major}.{sys.version_info.minor}'
            '/site-packages/')
    assert {path for path in installed if not path.startswith(site)} == {
        'bin/ceilometer-diagnostics'}
    files = {path for path in tree.files()
             if path.startswith('ceilometer/diagnostics/system_files/')}
    assert len(files) > 9
    assert {f'{site}{path}' for path in files} <= installed


#: Takes from Python what Sphinx might ask: there is no theme, no oslo.config,
#: and nothing of the project is installed.
ALONE = """
import sys
from importlib import metadata
sys.modules.update(oslo_config=None, openstackdocstheme=None)
metadata.entry_points = lambda **kind: ()
"""


@pytest.fixture(scope='module')
def make(archive, tmp_path_factory):
    """Run make in the unpacked archive; gives what it prints."""
    directory = tmp_path_factory.mktemp('make')
    source = directory / 'source'
    shutil.copytree(archive, source)
    (directory / 'sitecustomize.py').write_text(ALONE)

    def run(*arguments):
        done = subprocess.run(
            ['make', '--no-print-directory', *arguments,
             f'PYTHON={sys.executable}'], cwd=source,
            env={**os.environ, 'PYTHONPATH': str(directory)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


@pytest.mark.parametrize('what', ['units', 'drop-ins'])
def test_make_install_is_for_packages(make, tmp_path, what):
    """All below DESTDIR, without a record, and without a site's packages.

    Sphinx alone makes the manual pages, and has nothing to say.
    """
    told = make('install', f'DESTDIR={tmp_path}/a package', 'PREFIX=/usr',
                f'WHAT={what}')
    assert told.startswith(f'{what}: as the command line says\n')
    files = {path.name: path for path in tmp_path.rglob('*')
             if path.is_file()}
    assert 'installed-files.json' not in files
    assert {'_ceilometer-diagnostics', 'ceilometer-diagnostics',
            'ceilometer-diagnostics.catalog', *MANUAL} < set(files)
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
    source = {path for path in tree.files() if path.startswith('ceilometer/')}
    manual = {path for path in modules if '/system_files/man/' in path}
    assert modules - manual == source | {
        path for path in tree.files()
        if path.startswith('ceilometer_diagnostics')}
    assert {'ceilometer_diagnostics.pth',
            'ceilometer_diagnostics.start'} < modules
    assert all(path.startswith('ceilometer/diagnostics/') for path in source)


def test_the_command_is_the_only_program(installed):
    """Nothing else lands in a directory of programs."""
    assert [path for path in installed if path.startswith('bin/')] == [
        'bin/ceilometer-diagnostics']
