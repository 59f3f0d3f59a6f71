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

"""Puts into a system what its own programs read, and takes it away again.

For the verb ``install-system``: units, drop-ins, the catalog, completions of
shells and manual pages. They travel in ``system_files`` of the package, as
data that nobody reads by itself. Needs the standard library only: in the tree
that a package is built from, nothing is installed.
"""
