"""The extras of the package: the modules that each brings, and the one sentence that is said where one is missing.

`pyproject.toml` says to pip what this table says to the suite, and a test compares them. Without any extra a server can
be asked, a run gated, compared, scored again and reported.
"""

from collections.abc import Mapping
from importlib.util import find_spec

from harness.errors import UsageError

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "bertscore": ("bert_score",),
    "bitsandbytes": ("bitsandbytes",),
    "codebleu": ("tree_sitter", "tree_sitter_python"),
    "counterexample": ("hypothesis",),
    "hub": ("datasets", "huggingface_hub"),
    "llama-cpp": ("xllamacpp",),
    "local": ("torch", "transformers", "accelerate", "gguf", "huggingface_hub", "safetensors", "tokenizers"),
    "openai": ("openai",),
    "peft": ("peft",),
    "quality": ("bandit", "radon"),
    "ray": ("ray",),
    "vllm": ("vllm",),
}
"""The modules of each extra that the suite itself imports. Libraries of programs that models write are none of them."""


def remedy(extra: str) -> str:
    """The command that brings an extra."""
    return f"pip install 'crosstask[{extra}]'"


def missing(extra: str) -> tuple[str, ...]:
    """The modules of an extra that cannot be imported here; nothing is imported."""
    return tuple(module for module in EXTRAS[extra] if not _is_there(module))


def sentence(subject: str, extra: str, *modules: str) -> str | None:
    """What is said of a subject that needs an extra, or only these modules of it; None where they are there."""
    lacking = [module.replace("_", "-") for module in missing(extra) if not modules or module in modules]
    if not lacking:
        return None
    *others, last = lacking
    packages = f"{', '.join(others)} and {last} are" if others else f"{last} is"
    return f"{subject}: {packages} not installed; expected {remedy(extra)}"


def require(subject: str, extra: str) -> None:
    """Raise UsageError where a module of the extra is missing."""
    lacking = sentence(subject, extra)
    if lacking is not None:
        raise UsageError(lacking)


def _is_there(module: str) -> bool:
    """Whether a module can be imported; a folder of that name beside the user is none, having no code of its own."""
    try:
        spec = find_spec(module)
    except ImportError:
        return False
    except ValueError:  # it is imported, and does not say from where
        return True
    return spec is not None and spec.origin is not None
