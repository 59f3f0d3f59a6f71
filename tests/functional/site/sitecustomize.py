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

"""Leads a child process of the tests to the test's own journald.

Python imports a module of this name at start. Where the test has named a
socket, it takes the place of the system's, whatever program is started.
"""

import os

if os.environ.get('TEST_JOURNAL_SOCKET'):
    import ceilometer_diagnostics_start

    ceilometer_diagnostics_start.find_package()
    from ceilometer.diagnostics.daemon import journal

    journal.SOCKET_PATH = os.environ['TEST_JOURNAL_SOCKET']
