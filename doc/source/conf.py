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

"""How Sphinx builds this documentation."""

from importlib import metadata

extensions = [
    'openstackdocstheme',
    'oslo_config.sphinxext',
    'sphinx.ext.autodoc',
]

project = 'ceilometer-diagnostics'
copyright = 'OpenStack Foundation'

openstackdocs_repo_name = 'openstack/ceilometer-diagnostics'
openstackdocs_auto_name = False
# The theme would ask pbr, which does not know this project.
openstackdocs_auto_version = False
version = release = metadata.version('ceilometer-diagnostics')
openstackdocs_bug_project = 'ceilometer'
openstackdocs_bug_tag = 'diagnostics'

exclude_patterns = ['_build']
html_theme = 'openstackdocs'
pygments_style = 'native'
# Output of programs has quotes and dashes that must stay as they are.
smartquotes = False
highlight_language = 'none'

# The signatures of the public functions are types already.
autodoc_typehints = 'signature'
autodoc_member_order = 'bysource'

man_pages = [(
    'cli/ceilometer-diagnostics', 'ceilometer-diagnostics',
    'diagnostic reports of running Ceilometer daemons', '', 1)]
manpages_url = 'https://www.freedesktop.org/software/systemd/man/{page}.html'
