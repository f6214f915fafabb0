"""Gemma 3n: several streams that blocks predict and correct, a way around attention, gates of which few stay open, inputs of layers."""

from types import SimpleNamespace

import gguf
import numpy as np
import torch
from transformers import Gemma3nForCausalLM, Gemma3nTextConfig

import tiny_tokenizers as tiny
from parity import common
from parity.gemma3 import described


class Told(torch.nn.Module):
    """A block that answers a state which was computed before."""

    def __init__(self):
        super().__init__()
        self.state = None

    def forward(self, state):
        return self.state if self.state.shape == state.shape else state


def state_of(answer):
    """What a block answers first: some answer what they have chosen behind it."""
    return answer[0] if isinstance(answer, tuple) else answer


class Shown(torch.nn.Module):
    """A Gemma 3n whose blocks answer one state: what the head reads of all streams, as the model itself reads those of the last block."""

    def __init__(self, whole):
        super().__init__()
        self.whole = whole
        blocks = torch.nn.ModuleList(Told() for _ in whole.model.layers)
        self.model = SimpleNamespace(layers=blocks, norm=whole.model.norm)
        self.device = whole.device

    def read_out(self, streams):
        """The average of the streams, all as large as the first one."""
        target = streams[0].pow(2).mean(-1, keepdim=True).sqrt()
        read = [streams[0]]
        for project, stream in zip(self.whole.model.altup_unembed_projections, streams[1:]):
            own = project(stream)
            read.append(own * target / own.pow(2).mean(-1, keepdim=True).clamp(min=1e-5).sqrt())
        return torch.stack(read).mean(0)

    def forward(self, input_ids, use_cache=False, logits_to_keep=0):
        captured = []
        layers = self.whole.model.layers
        hooks = [layers[0].register_forward_pre_hook(lambda m, args: captured.append(args[0].clone()))]
        hooks += [layer.register_forward_hook(lambda m, args, out: captured.append(state_of(out).clone())) for layer in layers]
        try:
            own = self.whole(input_ids=input_ids, use_cache=False).logits
        finally:
            for hook in hooks:
                hook.remove()
        states = [self.read_out(streams) for streams in captured]
        for block, state in zip(self.model.layers, states[1:]):
            block.state = state
        state = states[0]
        for block in self.model.layers:
            state = block(state)
        logits = self.whole.lm_head(self.model.norm(state))
        cap = getattr(self.whole.config, "final_logit_softcapping", None)
        logits = logits if cap is None else torch.tanh(logits / cap) * cap
        if state is states[-1]:
            assert torch.allclose(logits, own, rtol=0, atol=1e-5), (logits - own).abs().max()
        return SimpleNamespace(logits=logits)


def write_gguf(path, model, tokenizer):
    """After Gemma3NModel of convert_hf_to_gguf.py."""
    c = model.config
    w = described(path, c, "gemma3n")
    w.add_altup_active_idx(c.altup_active_idx)
    w.add_altup_num_inputs(c.altup_num_inputs)
    w.add_embedding_length_per_layer_input(c.hidden_size_per_layer_input)
    w.add_shared_kv_layers(c.num_kv_shared_layers)
    normal = torch.distributions.normal.Normal(0, 1)
    w.add_activation_sparsity_scale([normal.icdf(torch.tensor(s, dtype=torch.float32)).item() for s in c.activation_sparsity_pattern])
    w.add_sliding_window_pattern([kind == "sliding_attention" for kind in c.layer_types])
    tiny.describe_gemma(w, tokenizer)
    stacks = {}

    def change(name, a):
        for part in ("altup_projections", "altup_unembed_projections"):
            if f"{part}." in name:
                parts = stacks.setdefault(part, [])
                parts.append(a)
                return {f"model.{part}.weight": np.stack(parts)} if len(parts) == c.altup_num_inputs - 1 else {}
        if name.endswith("correct_output_scale"):
            return {f"{name}.weight": a}
        return {name: a}

    common.write_tensors(w, model, gguf.get_tensor_name_map(gguf.MODEL_ARCH.GEMMA3N, c.num_hidden_layers), change)
    common.finish(w)


def config(**changes):
    return {"architectures": ["Gemma3nForCausalLM"], "model_type": "gemma3n_text", "hidden_activation": "gelu_pytorch_tanh",
            "hidden_size": 16, "intermediate_size": [16] * 4, "num_hidden_layers": 4, "num_attention_heads": 4,
            "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 64, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
            "rope_local_base_freq": 10000.0, "rope_scaling": None, "sliding_window": 5, "attention_bias": False,
            "layer_types": ["sliding_attention", "full_attention"] * 2, "final_logit_softcapping": 30.0,
            "activation_sparsity_pattern": [0.95, 0.5, 0.0, 0.0], "altup_active_idx": 0, "altup_coef_clip": 120.0,
            "altup_correct_scale": True, "altup_num_inputs": 4, "laurel_rank": 5, "num_kv_shared_layers": 2,
            "hidden_size_per_layer_input": 3, "vocab_size": 320, "vocab_size_per_layer_input": 320, "tie_word_embeddings": True,
            "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0, **changes}


def made(settings, seed):
    """The model; the scales of corrections are around one, coefficients small enough that streams stay apart."""
    model = common.build(Gemma3nForCausalLM, Gemma3nTextConfig, settings, seed)
    rng = np.random.default_rng(seed)
    for layer in model.model.layers:
        altup = layer.altup
        scale = 1 + 0.2 * rng.standard_normal(settings["hidden_size"])
        altup.correct_output_scale.data = torch.from_numpy((np.round(scale * 1024) / 1024).astype(np.float32))
        altup.modality_router.weight.data *= 4
    model.model.embed_tokens.weight.data /= 4
    return model


def gemma3n():
    """As E2B: four streams, the upper layers use keys and values of lower ones, gates closed in the lower layers."""
    settings = config()
    return common.Fixture("Gemma 3n", settings, made(settings, 224), tiny.pieces(320), tiny.save_gemma_files, write_gguf, shown=Shown)


def gemma3n_options():
    """What only a config.json can say: another active stream, unscaled corrections, widths by layer, a smaller table of inputs."""
    settings = config(altup_active_idx=2, altup_num_inputs=3, altup_correct_scale=False, intermediate_size=[12, 20, 16], num_hidden_layers=3,
                      num_kv_shared_layers=0, layer_types=["full_attention", "sliding_attention", "sliding_attention"],
                      activation_sparsity_pattern=[0.0, 0.2, 0.999], vocab_size_per_layer_input=200, attention_bias=True,
                      rope_parameters={"full_attention": {"rope_theta": 5000.0, "rope_type": "linear", "factor": 2.0},
                                       "sliding_attention": {"rope_theta": 300.0, "rope_type": "default"}})
    for key in ("rope_theta", "rope_local_base_freq", "rope_scaling"):
        del settings[key]
    return common.Fixture("Gemma 3n", settings, made(settings, 222), tiny.pieces(320), tiny.save_gemma_files, shown=Shown)


FIXTURES = {"gemma3n": gemma3n, "gemma3n-options": gemma3n_options}
