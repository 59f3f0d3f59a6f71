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

"""libvirt in a machine: its daemon, with a domain that costs nothing.

libvirt's own test driver simulates the domain inside of libvirtd. Ceilometer
talks to libvirtd as it does on a real host, through the socket for reading.
"""

from __future__ import annotations

from tests.system import beds
from tests.system import machine as machines
from tests.system import unpacked

PACKAGES = ('libvirt-daemon', 'python3-libvirt')
# Some releases have a libvirtd.service as well, with more than is needed.
UNIT = 'hypervisor'
SOCKET = '/run/libvirt/libvirt-sock-ro'
NODE = '/etc/ceilometer/libvirt-node.xml'
MODULES = '/usr/lib/python3/dist-packages'

#: What Ceilometer needs to know. libvirt has clients of the test driver talk
#: to a daemon of their own unless they name a socket.
CONFIG = f"""\
[DEFAULT]
libvirt_uri = test+unix://{NODE}?socket={SOCKET}
[compute]
instance_discovery_method = libvirt_metadata
"""

DOMAIN_ID = '4f0f2f5c-6f0a-4a39-9d0d-6b7d1f6b5a01'

# As Nova describes its instances.
DOMAIN = f"""\
<node>
  <domain type="test">
    <name>instance-00000001</name>
    <uuid>{DOMAIN_ID}</uuid>
    <metadata>
      <nova:instance
          xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1">
        <nova:name>one</nova:name>
        <nova:flavor name="m1.tiny" id="1">
          <nova:extraSpecs/>
          <nova:memory>512</nova:memory><nova:disk>1</nova:disk>
          <nova:swap>0</nova:swap><nova:ephemeral>0</nova:ephemeral>
          <nova:vcpus>1</nova:vcpus>
        </nova:flavor>
        <nova:owner>
          <nova:user uuid="2c0f4f5d6a7b48c99d0e1f2a3b4c5d6e">user</nova:user>
          <nova:project
            uuid="3d1a5b6c7e8f49d0a1b2c3d4e5f60718">project</nova:project>
        </nova:owner>
      </nova:instance>
    </metadata>
    <memory>524288</memory><vcpu>1</vcpu>
    <os><type>hvm</type></os>
    <devices>
      <disk type="file" device="disk">
        <source file="/var/lib/libvirt/one"/><target dev="vda" bus="virtio"/>
      </disk>
      <interface type="network">
        <mac address="52:54:00:00:00:01"/>
        <source network="default"/><target dev="testnet0"/>
      </interface>
    </devices>
  </domain>
  <network><name>default</name><bridge name="virbr9"/></network>
</node>
"""

# Root may do everything and everybody may read, as on Debian and RDO. There a
# group may do everything, too: nothing shall depend on it. polkit, which could
# say otherwise, is not in the machine.
DAEMON = """\
unix_sock_rw_perms = "0700"
unix_sock_ro_perms = "0777"
auth_unix_rw = "none"
auth_unix_ro = "none"
"""

# What the packages' own scripts would do.
SETTLE = """
systemd-sysusers --inline 'u libvirt-qemu - "QEMU"' 'g kvm -'
"""


class Hypervisor:
    """A libvirtd with one domain, which has run since it started.

    :param machine: the machine, which gets its packages if it has none
    :raises construction.MachineError: if they cannot be had
    """

    def __init__(self, machine: machines.Machine) -> None:
        self._machine = machine
        bed = beds.BEDS[beds.chosen()]
        built = unpacked.build('hypervisor', PACKAGES, bed.root(bed.build()))
        unpacked.install(built, machine.path('/'))
        # Only Debian's own interpreter looks where Debian's packages are.
        self._modules = [
            f'{machine.packages}/{path.name}' for path in (
                built / MODULES.lstrip('/')).glob('libvirt*')
            if path.is_file()]
        machine.run(['sh', '-euc', SETTLE])
        for path in self._modules:
            machine.run(['cp', f'{MODULES}/{path.rpartition("/")[2]}', path])
        machine.write_file('/etc/libvirt/libvirtd.conf', DAEMON)
        machine.write_file(NODE, DOMAIN)
        machine.run(['systemd-run', f'--unit={UNIT}',
                     '--service-type=notify', '/usr/sbin/libvirtd'])

    def stop(self) -> None:
        """Stop libvirtd; Ceilometer's interpreter has no libvirt again."""
        self._machine.systemctl('stop', UNIT)
        self._machine.run(['rm', '-f', NODE, *self._modules])
