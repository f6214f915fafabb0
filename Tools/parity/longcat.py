"""LongCat Flash: blocks of two attentions and two MLPs, with experts beside the second half. llama.cpp does not run it."""

import torch
from transformers import LongcatFlashConfig, LongcatFlashForCausalLM

from parity import common
from parity.looped import Tap


class Halves(torch.nn.Module):
    """The model with a block for each half of its blocks."""

    def __init__(self, whole):
        super().__init__()
        self.whole, self.device = whole, whole.device
        self.model = torch.nn.Module()
        self.model.layers = torch.nn.ModuleList(Tap() for _ in range(2 * len(whole.model.layers)))
        self.model.norm = whole.model.norm
        for index, layer in enumerate(whole.model.layers):
            self.watch(layer, *self.model.layers[2 * index:2 * index + 2])

    def watch(self, layer, first, second):
        inputs, forward, norm = {}, layer.forward, layer.input_layernorm[1].forward

        def run(hidden_states, *more, **named):
            inputs["first"] = hidden_states
            return second(inputs["first"], forward(hidden_states, *more, **named))

        # Between the halves, the second norm of attention's input reads the stream.
        def middle(hidden_states):
            return norm(first(inputs["first"], hidden_states))
        layer.forward, layer.input_layernorm[1].forward = run, middle

    def forward(self, **inputs):
        return self.whole(**inputs)


def make(seed, **changes):
    told = {"architectures": ["LongcatFlashForCausalLM"], "model_type": "longcat_flash", "hidden_size": 16, "ffn_hidden_size": 16,
            "expert_ffn_hidden_size": 8, "num_attention_heads": 2, "num_layers": 2, "q_lora_rank": 12, "kv_lora_rank": 8,
            "qk_rope_head_dim": 4, "qk_nope_head_dim": 8, "v_head_dim": 6, "head_dim": 4, "n_routed_experts": 3, "zero_expert_num": 2,
            "moe_topk": 3, "routed_scaling_factor": 2.5, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "vocab_size": 288,
            "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2, "rope_theta": 10000.0, **changes}
    model = common.build(LongcatFlashForCausalLM, LongcatFlashConfig, told, seed)
    for name, p in model.named_parameters():
        if name.endswith(("q_b_proj.weight", "kv_b_proj.weight")):
            p.data *= 0.5
    return common.Fixture("LongCat Flash", told, model, common.smol(), shown=Halves)


def longcat_flash():
    """As published: experts that pass their input, a correction of their choice."""
    return make(711)


def longcat_flash_plain():
    """Biases, no experts that pass their input, positions stretched by YaRN, another activation, a tied head."""
    return make(712, attention_bias=True, zero_expert_num=0, n_routed_experts=4, moe_topk=2, hidden_act="gelu",
                tie_word_embeddings=True, rope_scaling={
                    "type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 32, "beta_slow": 1,
                    "mscale": 1.0, "mscale_all_dim": 1.0})


FIXTURES = {"longcat-flash": longcat_flash, "longcat-flash-plain": longcat_flash_plain}
