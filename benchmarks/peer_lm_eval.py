"""lm-evaluation-harness's half of `vs_lm_eval.py`: runs in its own environment, without this package.

    python peer_lm_eval.py '{"model": DIR, "data": DIR, "tasks": ["boolq"], ...}' OUT.json

Tasks are lm-eval's own definitions; only the place of their rows is changed. Written to OUT.json: the
requests it built, its answers, and the seconds of each repeat, without loading and scoring.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TASKS = {
    "truthfulqa_mc1": ("truthfulqa/truthfulqa_mc1", "truthfulqa/truthful_qa/multiple_choice", ("validation",)),
    "truthfulqa_mc2": ("truthfulqa/truthfulqa_mc2", "truthfulqa/truthful_qa/multiple_choice", ("validation",)),
    "boolq": ("super_glue/boolq/default", "aps/super_glue/boolq", ("validation",)),
    "winogrande": ("winogrande/default", "allenai/winogrande/winogrande_xl", ("validation",)),
    "gsm8k": ("gsm8k/gsm8k", "openai/gsm8k/main", ("train", "test")),
    "mgsm_direct_en": ("mgsm/direct/mgsm_direct_en", "juletxara/mgsm/en", ("test",)),
}
"""lm-eval's file of each task, the mirror's folder of its rows, the splits read."""


def built(task: str, job: dict[str, Any]) -> list[Any]:
    """The instances of one task over the first `cases` rows of the mirror."""
    import lm_eval
    from lm_eval.tasks import TaskManager

    file, folder, splits = TASKS[task]
    files = {split: str(Path(job["data"]) / folder / f"{split}.jsonl.gz") for split in splits}
    shipped = Path(lm_eval.__file__).parent / "tasks" / f"{file}.yaml"
    redirect = {"include": str(shipped), "task": task, "dataset_path": "json", "dataset_name": None}
    redirect |= {"dataset_kwargs": {"data_files": files}, "training_split": "train" if "train" in splits else None}
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        # JSON is YAML.
        json.dump(redirect, config)
        config.flush()
        (made,) = TaskManager().load([config.name])["tasks"].values()
    made.set_config(key="num_fewshot", value=job["shots"])
    made.build_all_requests(limit=job["cases"], rank=0, world_size=1)
    for instance in made.instances:
        if instance.request_type == "generate_until":
            context, options = instance.args
            instance.arguments = (context, {**options, "max_gen_toks": job["max_tokens"]})
    return made.instances


def main() -> None:
    """Load, answer every repeat, write what was asked, answered and measured."""
    job = json.loads(sys.argv[1])
    import torch

    torch.set_num_threads(job["threads"])
    started = time.perf_counter()
    from lm_eval.models.huggingface import HFLM

    model = HFLM(pretrained=job["model"], device="cpu", dtype="float32", batch_size=job["batch"])
    load = time.perf_counter() - started
    instances = [instance for task in job["tasks"] for instance in built(task, job)]
    answer = getattr(model, instances[0].request_type)
    seconds = []
    for _ in range(job["repeats"]):
        started = time.perf_counter()
        answers = answer(instances)
        seconds.append(time.perf_counter() - started)
    result = {
        "kind": instances[0].request_type,
        "requests": [instance.args for instance in instances],
        "answers": answers,
        "seconds": seconds,
        "load": load,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    Path(sys.argv[2]).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
