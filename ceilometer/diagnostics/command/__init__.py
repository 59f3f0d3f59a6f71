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

"""The operator's command, a module a verb; this one finds the verb.

Only what the verb needs is imported: ``run`` becomes a daemon, and must not
bring anything along.
"""

from __future__ import annotations

import sys

USAGE = """\
usage: ceilometer-diagnostics [-h] [--version] VERB ...

Diagnostic reports of running Ceilometer daemons.

verbs:
  run DAEMON [ARG ...]   start a daemon, armed to write reports

examples:
  ceilometer-diagnostics run ceilometer-polling
  systemctl kill -s USR1 ceilometer-polling
  journalctl -u ceilometer-polling REPORT=1
"""


def main() -> None:
    """The console script ``ceilometer-diagnostics``.

    Ends the process: 0 for success, 2 for a command line that cannot be, or
    as the daemon ends that ``run`` became.
    """
    verb, *arguments = sys.argv[1:] or ['--help']
    if verb == 'run':
        from ceilometer.diagnostics import run
        run.main(arguments)
    if verb in ('-h', '--help'):
        print(USAGE, end='')
        sys.exit(0)
    if verb == '--version':
        from importlib import metadata
        print('ceilometer-diagnostics',
              metadata.version('ceilometer-diagnostics'))
        sys.exit(0)
    print(f'ceilometer-diagnostics: {verb!r} is no verb: expected run; see '
          'ceilometer-diagnostics --help', file=sys.stderr)
    sys.exit(2)
