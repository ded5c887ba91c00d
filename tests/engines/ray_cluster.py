"""A Ray cluster on this machine: a head that computes nothing, and two machines of one CPU, each with its processes.

Says its address, and `kill` when it was told so and has killed a machine. Ends with its standard input.
"""

import os
import sys
from pathlib import Path

(Path(os.environ["RAY_TMPDIR"]) / "ray").mkdir(parents=True)  # the cluster writes its address there
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

from ray.cluster_utils import Cluster  # noqa: E402 - it reads the environment

if __name__ == "__main__":
    said, sys.stdout = sys.stdout, sys.stderr
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    machines = [cluster.add_node(num_cpus=1) for _ in range(2)]
    print(cluster.address, file=said, flush=True)
    for line in sys.stdin:
        if line.strip() == "kill":
            cluster.remove_node(machines.pop(), allow_graceful=False)
        print(line.strip(), file=said, flush=True)
    cluster.shutdown()
