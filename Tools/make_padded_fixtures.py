"""Makes Tests/Fixtures/weights/padded.gguf: the tiny Qwen2 with five more rows of the head, as llama.cpp's converter writes rows that belong to
no token: entries `[PADn]` of the type "unused" at the end of the vocabulary.

    python Tools/make_padded_fixtures.py

The rows are the first row times 50 and -50 in turns, so that each would beat every token if it took part.
"""

from pathlib import Path

import gguf
import numpy as np

FIXTURES = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
MORE = 5


def main():
    reader = gguf.GGUFReader(FIXTURES / "models" / "qwen2" / "qwen2.gguf")
    out = FIXTURES / "weights" / "padded.gguf"
    writer = gguf.GGUFWriter(out, reader.fields["general.architecture"].contents())
    count = len(reader.fields["tokenizer.ggml.tokens"].contents())
    more = {
        "tokenizer.ggml.tokens": [f"[PAD{count + i}]" for i in range(MORE)],
        "tokenizer.ggml.token_type": [int(gguf.TokenType.UNUSED)] * MORE,
        "tokenizer.ggml.scores": [-1000.0] * MORE,
    }
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture": continue
        kind, value = field.types[0], field.contents()
        if kind == gguf.GGUFValueType.ARRAY: writer.add_array(name, value + more.get(name, []))
        else: writer.add_key_value(name, value + MORE if name.endswith(".vocab_size") else value, kind)
    names = [tensor.name for tensor in reader.tensors]
    for tensor in reader.tensors:
        data = np.array(tensor.data)
        if tensor.name == ("output.weight" if "output.weight" in names else "token_embd.weight") or tensor.name == "token_embd.weight":
            loud = data[:1] * np.float32(50)
            data = np.concatenate([data, *(loud if i % 2 == 0 else -loud for i in range(MORE))])
        writer.add_tensor(tensor.name, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(out.name, out.stat().st_size)


if __name__ == "__main__":
    main()
