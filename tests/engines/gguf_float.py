"""The weights of a GGUF file as float32 in another one: what a library computes without quantised arithmetic."""

from pathlib import Path

import gguf


def in_float32(source: Path, target: Path) -> Path:
    """Write `source` with every tensor dequantised, and all its metadata, to `target`."""
    reader = gguf.GGUFReader(source)
    own = {"general.architecture", "general.file_type", "general.quantization_version"}
    writer = gguf.GGUFWriter(target, reader.fields["general.architecture"].contents())
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name in own:
            continue
        kind = field.types[0]
        writer.add_key_value(
            name, field.contents(), kind, field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        )
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type).astype("float32")
        writer.add_tensor(tensor.name, values.reshape([int(size) for size in reversed(tensor.shape)]))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target
