"""What a program may use. CPU time decides; wall time is there for programs that sleep."""

from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from harness.core import TimeLimit


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one program with all it starts: seconds, bytes, counts.

    A benchmark's own limit takes the place of `least_cpu` and `times`. The address space of each process is bounded by
    `memory` and `reserved` together, from its size at the start: threads reserve 8 MiB each for their stack, allocators
    reserve arenas, and none of it is memory until it is touched.

    Attributes:
        cpu: CPU seconds where no reference solution was measured.
        least_cpu: CPU seconds that a program may take beside `times` the reference's.
        times: How many times the reference's CPU time a program may take.
        call: CPU seconds of one call by a benchmark's own limit; 0 where one may take as much as all together.
        ahead: Whether calls are sent ahead of the last answer; each one's time is told for certain where they are not.
        import_cpu: Further CPU seconds of a program that imports packages.
        wall_times: How many times its CPU seconds a program may take by the clock.
        wall_constant: Further seconds by the clock.
        compile_cpu: CPU seconds of a compiler.
        memory: Resident bytes of the tree beyond what it began with.
        most_memory: The most bytes that a reference can earn a program.
        memory_times: How many times the reference's memory a program may take, where that is more than `memory`.
        reserved: Bytes of address space of each process beyond `memory`.
        output: Bytes of output, at which a program is ended.
        kept: Bytes of output that are stored.
        disk: Bytes of files.
        files: Number of files.
        processes: Number of processes and threads.
        descriptors: Number of open descriptors of a process.
    """

    cpu: float = 5.0
    least_cpu: float = 1.0
    times: float = 5.0
    call: float = 0.0
    ahead: bool = True
    import_cpu: float = 5.0
    wall_times: float = 3.0
    wall_constant: float = 10.0
    compile_cpu: float = 30.0
    memory: int = 1 << 30
    most_memory: int = 4 << 30
    memory_times: float = 2.0
    reserved: int = 7 << 26
    output: int = 16 << 20
    kept: int = 64 << 10
    disk: int = 64 << 20
    files: int = 4096
    processes: int = 64
    descriptors: int = 512

    @property
    def wall(self) -> float:
        """The wall limit of a program, in seconds."""
        return self.wall_times * self.cpu + self.wall_constant

    def for_reference(self) -> "Limits":
        """What the reference itself may use, being trusted more: ten times the time, the most memory."""
        return replace(self, cpu=10 * self.cpu, memory=max(self.memory, self.most_memory))

    def scaled(self, cpu: float, memory: int) -> "Limits":
        """The same with the CPU time (s) and the memory (bytes) scaled from the reference solution's own."""
        wanted = min(int(self.memory_times * memory), max(self.memory, self.most_memory))
        return replace(self, cpu=self.least_cpu + self.times * cpu, memory=max(self.memory, wanted))

    def of(self, time: TimeLimit, slowest: float) -> "Limits":
        """The same with a benchmark's own limit; `slowest` is the CPU time (s) of the reference's slowest call."""
        return replace(self, cpu=time.whole, call=max(time.call, time.times * slowest))

    def with_imports(self) -> "Limits":
        """The same for a program that imports packages."""
        return replace(self, cpu=self.cpu + self.import_cpu)

    def message(self, *, address_space: bool) -> dict[str, Any]:
        """What a fork server is told; without `address_space` only resident memory is bounded, for node and java."""
        return {
            **asdict(self),
            "wall": self.wall,
            "cpu_hard": int(self.cpu + self.compile_cpu) + 2 if not address_space else int(self.cpu) + 2,
            "address_space": self.memory + self.reserved if address_space else 0,
        }
