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


def main() -> None:
    """The console script ``ceilometer-diagnostics``.

    Ends the process: 0 for success, 1 where nothing matches or something
    failed, 2 for a command line that cannot be, or as the daemon ends that
    ``run`` became.
    """
    if sys.argv[1:2] == ['run']:
        from ceilometer.diagnostics import run
        run.main(sys.argv[2:])
    else:
        import signal

        # a pipe that nobody reads any more ends us, as it does any filter
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        from ceilometer.diagnostics.command import cli
        sys.exit(cli.main(sys.argv[1:]))
