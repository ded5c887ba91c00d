"""The options of the engine `ray`: the cluster, and the replicas on it."""

from harness.engines.options import Option

RAY_ADDRESS = Option(
    "ray-address",
    "the Ray cluster: `HOST:PORT` of its head, or `auto` (default), the one that this machine is part of",
    "ADDRESS",
    default="auto",
    manifest="never",
    changes_answers=False,
)
RAY_ENGINE = Option(
    "ray-engine",
    "what the replicas of `ray` are: `transformers` (default), `vllm`, `scripted`",
    choices=("transformers", "vllm", "scripted"),
    default="transformers",
    manifest="chosen",
    changes_answers=False,  # the identity is that of the replicas' engine
)
RAY_REPLICAS = Option(
    "ray-replicas",
    "how many replicas `ray` asks its cluster for (default 1)",
    "N",
    "number",
    default=1,
    manifest="never",
    changes_answers=False,
)
RAY_CPUS = Option(
    "ray-cpus",
    "the CPUs of a replica of `ray`, and the threads it computes with (default 1)",
    "N",
    "number",
    default=1,
    manifest="never",
    changes_answers=False,
)
RAY_WAIT = Option(
    "ray-wait",
    "seconds in which a cluster must have room for the first replica (default 60; more where it adds machines)",
    "SECONDS",
    "number",
    default=60,
    manifest="never",
    changes_answers=False,
)
OWN = (RAY_ADDRESS, RAY_ENGINE, RAY_REPLICAS, RAY_CPUS, RAY_WAIT)
