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

"""How Sphinx builds this documentation.

Nothing of the project need be installed: a package builds its manual pages in
the tree, with no more than Sphinx. Without the theme the pages look plain, and
without oslo.config the reference of the options says where else to look.
"""

import configparser
from importlib import metadata
from importlib import util
import pathlib
import sys

from docutils import nodes
from docutils.parsers import rst

TREE = pathlib.Path(__file__).resolve().parents[2]
# Behind what is installed.
sys.path.append(str(TREE))

import ceilometer_diagnostics_start  # noqa: E402

ceilometer_diagnostics_start.find_package()

_settings = configparser.ConfigParser()
_settings.read(TREE / 'setup.cfg')
version = release = _settings['metadata']['version']

extensions = ['sphinx.ext.autodoc']


def _can_show_options():
    """Whether oslo.config can be asked for the options of this project."""
    return util.find_spec('oslo_config') is not None and any(
        found.name == 'ceilometer.diagnostics'
        for found in metadata.entry_points(group='oslo.config.opts'))


def _has_theme():
    """Whether the theme does not ask pbr, which does not know us."""
    try:
        return int(metadata.version('openstackdocstheme').split('.')[0]) >= 3
    except metadata.PackageNotFoundError:
        return False


class NoOptions(rst.Directive):
    """Stands in where the options cannot be shown."""

    has_content = True

    def run(self):
        """Say so."""
        return [nodes.paragraph(text=(
            'This documentation was built without oslo.config, or without '
            'ceilometer-diagnostics being installed: run "oslo-config-'
            'generator --namespace ceilometer.diagnostics" to see the '
            'options.'))]


def setup(app):
    """Add what stands in for extensions that are not here."""
    if 'oslo_config.sphinxext' not in extensions:
        app.add_directive('show-options', NoOptions)


if _can_show_options():
    extensions.append('oslo_config.sphinxext')
if _has_theme():
    extensions.append('openstackdocstheme')
    html_theme = 'openstackdocs'
    openstackdocs_repo_name = 'openstack/ceilometer-diagnostics'
    openstackdocs_auto_name = False
    # The theme would ask pbr, which does not know this project.
    openstackdocs_auto_version = False
    openstackdocs_bug_project = 'ceilometer'
    openstackdocs_bug_tag = 'diagnostics'

project = 'ceilometer-diagnostics'
copyright = 'OpenStack Foundation'

exclude_patterns = ['_build']
pygments_style = 'native'
# Output of programs has quotes and dashes that must stay as they are.
smartquotes = False
highlight_language = 'none'

# The signatures of the public functions are types already.
autodoc_typehints = 'signature'
autodoc_member_order = 'bysource'

man_pages = [
    ('cli/ceilometer-diagnostics', 'ceilometer-diagnostics',
     'diagnostic reports of running Ceilometer daemons', '', 1),
    ('reference/journal-fields', 'ceilometer-diagnostics-fields',
     'journal fields of diagnostic reports', '', 7),
    ('reference/units', 'ceilometer-diagnostics-units',
     'units and drop-ins of ceilometer-diagnostics', '', 7),
]
man_make_section_directory = False
manpages_url = 'https://www.freedesktop.org/software/systemd/man/{page}.html'
