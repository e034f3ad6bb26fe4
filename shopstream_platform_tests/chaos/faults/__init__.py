"""The faults, by name."""

from shopstream_platform_tests.chaos.faults import clock, disk, files, network, signals, together
from shopstream_platform_tests.chaos.faults.fault import Fault

FAULTS: dict[str, Fault] = {
    fault.name: fault for module in (signals, files, disk, clock, together, network) for fault in module.faults()
}
