"""What the writers of the older families' GGUF files share."""

import gguf
import numpy as np

from parity import common


def in_order(a, heads, groups=1):
    """Rows of a fused projection from groups of heads (queries, a key, a value each) to all queries, all keys, all values."""
    per = heads // groups
    width = a.shape[0] // (groups * (per + 2))
    g = a.reshape(groups, per + 2, width, *a.shape[1:])
    return np.concatenate([part.reshape(-1, *a.shape[1:]) for part in (g[:, :per], g[:, per], g[:, per + 1])])


def writer(architecture, inner, epsilon, change=common.same, more=lambda w, c: None, context=None):
    """A writer of GGUF with layer norms."""
    def write(path, model, tokenizer):
        c = model.config
        name = gguf.MODEL_ARCH_NAMES[architecture]
        w = gguf.GGUFWriter(path, name)
        w.add_name(f"tiny {name}")
        w.add_license("mit")
        w.add_block_count(c.num_hidden_layers)
        w.add_context_length(context or c.max_position_embeddings)
        w.add_embedding_length(c.hidden_size)
        w.add_feed_forward_length(inner)
        w.add_head_count(c.num_attention_heads)
        w.add_layer_norm_eps(epsilon)
        w.add_file_type(gguf.LlamaFileType.ALL_F32)
        more(w, c)
        common.describe_smol(w, tokenizer)
        common.write_tensors(w, model, gguf.get_tensor_name_map(architecture, c.num_hidden_layers), change)
        common.finish(w)
    return write
