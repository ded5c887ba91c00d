from types import SimpleNamespace


def LoRARequest(  # noqa: N802 - vLLM's name
    name, number, path
):
    return SimpleNamespace(lora_name=name, lora_int_id=number, lora_path=path)
