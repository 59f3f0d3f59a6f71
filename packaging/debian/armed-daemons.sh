# SPDX-License-Identifier: Apache-2.0
# Whether a systemd runs that this installation is for.
has_systemd() {
	[ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]
}

# Whether a process writes reports, by a file that it has open for them; or, in
# its first second, will write them.
is_armed() {
	{
		ls -l "/proc/$1/fd" || true
		tr '\0' '\n' <"/proc/$1/environ"
	} 2>/dev/null |
	grep -q -e /memfd:ceilometer-diagnostics-turn \
		-e '^CEILOMETER_DIAGNOSTICS=1$'
}

# Restart each daemon that runs and writes reports. Others, and those that do
# not run, stay as they are.
restart_armed_daemons() {
	systemctl list-units --plain --no-legend \
		'ceilometer-*.service' 'openstack-ceilometer-*.service' |
	while read -r unit _; do
		pid=$(systemctl show --property=MainPID --value "$unit")
		if is_armed "$pid"; then
			deb-systemd-invoke try-restart "$unit" >/dev/null </dev/null || true
		fi
	done
}
