"""Inkling 2: means of the states of earlier blocks, bounds of lengths, sinks of each query, capped experts; blocks that run several times."""

import copy
from types import SimpleNamespace

import torch
from transformers import Inkling2ForCausalLM, Inkling2LoopForCausalLM, Inkling2LoopTextConfig, Inkling2TextConfig

from parity import common, gemma3n, inkling
from parity.hunyuan4 import Language


class Shown(torch.nn.Module):
    """A model whose blocks, one for each run, answer one state: what the head reads of the stream and of the states that were kept."""

    def __init__(self, whole):
        super().__init__()
        self.whole, self.device, self.config = whole, whole.device, whole.config
        c = whole.config
        runs = getattr(c, "total_num_hidden_layers", c.num_hidden_layers)
        self.model = SimpleNamespace(layers=torch.nn.ModuleList(gemma3n.Told() for _ in range(runs)), norm=whole.model.norm)

    def forward(self, input_ids, use_cache=False, logits_to_keep=0):
        read, states = self.whole.model.final_input, []

        def watch(block, args, out):
            stream, kept = args[0], args[1]
            if not states:
                states.append(read(kept, stream)[0].clone())
            if block.is_block_boundary:
                kept = torch.cat([kept, stream.unsqueeze(-2)], dim=-2)
            states.append(read(kept, out)[0].clone())
        hooks = [layer.register_forward_hook(watch) for layer in self.whole.model.layers]
        try:
            own = self.whole(input_ids=input_ids, use_cache=False).logits
        finally:
            for hook in hooks:
                hook.remove()
        assert len(states) == len(self.model.layers) + 1
        for block, state in zip(self.model.layers, states[1:]):
            block.state = state
        state = states[0]
        for block in self.model.layers:
            state = block(state)
        logits = self.whole.lm_head(self.model.norm(state))
        cap = self.config.final_logit_softcapping
        logits = torch.tanh(logits / cap) * cap
        if state is states[-1]:
            assert torch.allclose(logits, own, rtol=0, atol=1e-5), (logits - own).abs().max()
        return SimpleNamespace(logits=logits)


def numbers(name, p, rng):
    """Queries that prefer some states, weights of tokens that do not disappear beside others."""
    if name.endswith("query"):
        return 0.5 * rng.standard_normal(tuple(p.shape))
    if "message_gate" in name:
        return 0.6 / p.shape[-1] ** 0.5 * rng.standard_normal(tuple(p.shape))
    return 0.4 * rng.standard_normal(tuple(p.shape)) if name.endswith("static_weight") else None


def config(**changes):
    """Bounds and caps that act."""
    return inkling.config(**{
        "log_scaling_n_floor": 6, "log_scaling_alpha": 0.3, "conv_kernel_size": 3, "qk_l2_clip_threshold": 2.5, "rel_l2_clip_threshold": 1.5,
        "mlp_gate_softcap": 1.5, "mlp_up_softcap": 2.0, "final_logit_softcapping": 8.0, "route_scale": 1.0, **changes})


def made(settings, seed, original=True):
    looped = settings["model_type"] == "inkling2_loop_text"
    model_class, config_class = (Inkling2LoopForCausalLM, Inkling2LoopTextConfig) if looped else (Inkling2ForCausalLM, Inkling2TextConfig)
    settings = {"architectures": [model_class.__name__], **settings}
    model = common.build(model_class, config_class, copy.deepcopy(settings), seed)
    return common.Fixture("Inkling 2", settings, inkling.made(model, seed, numbers), common.smol(), shown=Shown, original=original)


def inkling2():
    """The names of published files, as transformers saves it: a window in the first and last of four blocks, two of which make a sum."""
    return made({"model_type": "inkling2_text", **config(
        num_hidden_layers=4, n_layers_per_attn_res_block=2, layer_types=["hybrid_sliding", "hybrid", "hybrid", "hybrid_sliding"])}, 811)


def inkling2_memory():
    """The names in memory, other names of settings, another function of scores, a first block without a window, sums of three blocks."""
    settings = {"model_type": "inkling2_text", **config(
        num_hidden_layers=4, n_layers_per_attn_res_block=3, layer_types=["hybrid", "hybrid_sliding", "hybrid", "hybrid_sliding"],
        scoring_func="sqrtsoftplus", hidden_act="gelu", sconv_kernel_size=2, sliding_window=4, num_local_experts=3,
        intermediate_size=8, routed_scaling_factor=1.5, vocab_size=288, unpadded_vocab_size=288)}
    for key in ("moe_intermediate_size", "sliding_window_size", "n_routed_experts", "conv_kernel_size", "route_scale"):
        del settings[key]
    settings["model_max_length"] = settings.pop("max_position_embeddings")
    return made(settings, 812, original=False)


LOOP = {"num_hidden_layers": 4, "n_layers_per_attn_res_block": 1, "layer_types": ["hybrid_sliding", "hybrid_sliding", "hybrid", "hybrid_sliding"]}


def inkling2_loop():
    """Two passes through blocks in the middle, of which each begins a sum; the settings of the loop as published, under published names."""
    settings = {"model_type": "inkling2_loop_text", **config(**LOOP, loop_config={
        "core_start": 1, "core_end": 3, "num_passes": 2, "gate_rank": 3})}
    return made(settings, 820)


def inkling2_loop_memory():
    """Three passes through the end of the network; names in memory."""
    settings = {"model_type": "inkling2_loop_text", **config(
        num_hidden_layers=3, n_layers_per_attn_res_block=1, layer_types=["hybrid", "hybrid_sliding", "hybrid"],
        loop_layer_index_start=1, loop_layer_index_end=3, loop_num_passes=3, loop_gate_rank=2, n_routed_experts=3)}
    # Of many seeds, one whose numbers grow little from pass to pass: with most others float32 is 1e-4 away from float64.
    return made(settings, 847, original=False)


class Part(Language):
    """The language part with its head, whose logits are capped."""

    def forward(self, input_ids, **more):
        answer, cap = super().forward(input_ids, **more), self.config.final_logit_softcapping
        answer.logits = torch.tanh(answer.logits / cap) * cap
        return answer


def inkling2_wrapped():
    """The language part of a multimodal model under published names; with a cache, transformers rounds otherwise."""
    part = {"model_type": "inkling2_text", **config(
        num_hidden_layers=2, n_layers_per_attn_res_block=1, layer_types=["hybrid_sliding", "hybrid"], use_cache=False)}
    settings, wrapper = inkling.whole(
        "inkling2", part, "Inkling2ForConditionalGeneration", 815, numbers, vision_config={
            "patch_size": 2, "projection_hidden_dim": 8, "posemb_grid_size": 2, "text_hidden_size": 12})
    return common.Fixture("Inkling 2", settings, Part(wrapper), common.smol(), shown=Shown, wrapper=wrapper)


FIXTURES = {"inkling2": inkling2, "inkling2-memory": inkling2_memory, "inkling2-loop": inkling2_loop,
            "inkling2-loop-memory": inkling2_loop_memory, "inkling2-wrapped": inkling2_wrapped}
