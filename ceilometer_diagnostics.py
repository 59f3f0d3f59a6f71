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

"""Starts ``ceilometer-diagnostics``, wherever it is installed.

``run`` becomes a daemon, and all other verbs are the operator's command. Only
what the one needs is imported.
"""

# Not signal: it takes milliseconds to import, in which ^C has a traceback.
import _signal  # type: ignore[import-not-found,unused-ignore]
import os
import sys


def main() -> None:
    """The console script.

    Ends the process as the daemon ends that ``run`` became, or as
    :func:`ceilometer.diagnostics.command.main` does.
    """
    if sys.argv[1:2] != ['run'] and (
            _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler):
        # ^C while all that is imported: no traceback
        _signal.signal(_signal.SIGINT, lambda number, frame: os._exit(130))
    # not before: what ^C does there is a traceback
    import ceilometer_diagnostics_start
    ceilometer_diagnostics_start.find_package()
    if sys.argv[1:2] == ['run']:
        from ceilometer.diagnostics import run
        run.main(sys.argv[2:])
    else:
        from ceilometer.diagnostics import command
        command.main()


if __name__ == '__main__':
    main()
