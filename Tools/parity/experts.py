"""What fixtures of mixtures share: one tensor for all experts of a layer, as llama.cpp has it."""

import numpy as np


def stacked(count, rename=lambda name: name):
    """A change of tensors that stacks the experts of a layer; `rename` gives the names that gguf knows."""
    experts = {}

    def change(name, a):
        name = rename(name)
        if ".experts." not in name or not name.split(".experts.")[1][0].isdigit():
            return {name: a}
        layer, _, rest = name.partition(".experts.")
        expert, which, _ = rest.split(".")
        found = experts.setdefault((layer, which), {})
        found[int(expert)] = a
        if len(found) < count:
            return {}
        return {f"{layer}.experts.{which}.weight": np.stack([found[i] for i in range(len(found))])}
    return change


def describe(writer, count, used, inner=None, shared=None, shared_inner=None, dense=None, scale=None, norm=None, gating=None):
    """The keys of a mixture in GGUF."""
    writer.add_expert_count(count)
    writer.add_expert_used_count(used)
    for value, add in ((inner, writer.add_expert_feed_forward_length), (shared, writer.add_expert_shared_count),
                       (shared_inner, writer.add_expert_shared_feed_forward_length),
                       (dense, writer.add_leading_dense_block_count), (scale, writer.add_expert_weights_scale),
                       (norm, writer.add_expert_weights_norm), (gating, writer.add_expert_gating_func)):
        if value is not None:
            add(value)
