"""Replicas of another engine on a Ray cluster: Ray places them, starts them again, and asks for machines.

options    what the user may choose          cluster   the connection to a cluster, and what it has room for
replica    what runs on a machine there      remote    a replica as an engine process of this machine
likeness   what must be alike there          engine    leases a window to the replicas

The replicas are `transformers` or `vllm`, and `scripted` for trying a cluster without a model.
"""

from collections.abc import Mapping
from dataclasses import replace

from harness.engines import Engine
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineDescriptor
from harness.engines.descriptor import EngineSpec
from harness.engines.descriptor import Prepared
from harness.engines.options import DEVICE
from harness.engines.ray.options import OWN
from harness.engines.ray.options import RAY_ADDRESS
from harness.engines.ray.options import RAY_CPUS
from harness.engines.ray.options import RAY_ENGINE
from harness.engines.ray.options import RAY_REPLICAS
from harness.engines.scripted import ENGINE as SCRIPTED
from harness.engines.transformers import ENGINE as TRANSFORMERS
from harness.engines.vllm import ENGINE as VLLM
from harness.engines.vllm.arguments import PIPELINE_PARALLEL_SIZE
from harness.engines.vllm.arguments import TENSOR_PARALLEL_SIZE
from harness.errors import UsageError
from harness.extras import require
from harness.models import Card
from harness.models import Identity
from harness.models.cards import DEFAULT

INNER: Mapping[str, EngineDescriptor] = {"scripted": SCRIPTED, "transformers": TRANSFORMERS, "vllm": VLLM}
"""What a replica can be."""
DEVICES = ("auto", "cpu", "cuda")
"""The kinds of devices: which one of a kind a replica gets is Ray's to say."""


def prepare(card: Card, choice: Choice) -> Prepared:
    """What the replicas' engine prepares; raises ModelError or UsageError where a replica cannot be had as chosen.

    Replicas of an engine that runs as several processes anywhere have its identity. One that does not, as vLLM, keeps
    the answers of its replicas apart: what shares a pass depends on the leases, and can change a near-tie.
    """
    name = choice[RAY_ENGINE]
    inner = INNER[name]
    _check(choice, inner)
    if inner.extra is not None and choice.python is None:
        require(f"--ray-engine {name}", inner.extra)
    options = {option.name: choice[option] for option in inner.options}
    prepared = inner.prepare(card, Choice(name, inner, options, choice.chat_template, choice.python, elsewhere=True))
    device = prepared.settings.device
    identity = prepared.identity if inner.several else Identity({**prepared.identity.facts, "replicas": choice.engine})
    return replace(
        prepared,
        settings=replace(prepared.settings, engine=choice.engine),
        identity=identity,
        own_process=True,
        devices=(),
        replicas=choice[RAY_REPLICAS],
        findings={
            "engine": dict(prepared.findings),
            "gpus": choice[TENSOR_PARALLEL_SIZE] * choice[PIPELINE_PARALLEL_SIZE] if device == "cuda" else 0,
            "libraries": dict(prepared.identity.facts["libraries"]),
        },
    )


def _check(choice: Choice, inner: EngineDescriptor) -> None:
    for option in (RAY_REPLICAS, RAY_CPUS):
        if choice[option] == 0:
            raise UsageError(f"--{option.name}: found 0; expected 1 or more")
    if "://" in choice[RAY_ADDRESS]:
        raise UsageError(
            f"--ray-address {choice[RAY_ADDRESS]}: found a server for clients of Ray; "
            "expected HOST:PORT of a head, on a machine of its cluster"
        )
    if choice[DEVICE] not in DEVICES:
        raise UsageError(f"--device {choice[DEVICE]}: Ray gives each replica its devices; expected auto, cpu or cuda")
    for option in choice.descriptor.options:
        if option not in (*inner.options, *OWN) and choice[option] != option.default:
            takers = " or ".join(sorted(name for name, other in INNER.items() if option in other.options))
            raise UsageError(f"--{option.name}: found --ray-engine {choice[RAY_ENGINE]}; expected {takers}")


def open_engine(spec: EngineSpec) -> Engine:
    """The engine with its first replica loaded."""
    from harness.engines.ray.engine import RayEngine

    return RayEngine(spec)


ENGINE = EngineDescriptor(
    open_engine,
    prepare,
    models=(DEFAULT,),
    options=tuple(dict.fromkeys((*OWN, *TRANSFORMERS.options, *VLLM.options, *SCRIPTED.options))),
    extra="ray",
    notes=lambda choice: INNER[choice[RAY_ENGINE]].notes(choice),
)
