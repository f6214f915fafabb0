"""What the fixtures of families with recurrent layers share: GGUF names and shapes after llama.cpp's conversion/mamba.py and qwen.py."""

import numpy as np


def tame(model):
    """Halves what the mixers read, so that random states stay as small as those of trained models."""
    for name, p in model.named_parameters():
        if name.endswith(("in_proj.weight", "conv1d.weight", "x_proj.weight")):
            p.data *= 0.5
    return model


def rates(a):
    """Decays as GGUF holds them; rounded once, as the program computes them from a folder."""
    return (-np.exp(a.astype(np.float64))).astype(np.float32)


def mamba2(name, a, groups):
    """A tensor of a Mamba 2 mixer as llama.cpp's converter leaves it; nil for another tensor."""
    stem, _, leaf = name.rpartition(".")
    if leaf == "A_log":
        return {name: rates(a)[:, None]}
    if leaf == "D":
        return {name: a[:, None]}
    if leaf == "dt_bias":
        return {f"{stem}.dt_proj.bias": a}
    if stem.endswith(".conv1d") and leaf == "weight":
        return {name: a[:, 0]}
    if stem.endswith((".mixer.norm", ".mamba.norm")):
        return {name: a.reshape(groups, -1)}
    return None


def describe(writer, kernel, inner, states, steps, groups=None):
    """The keys of a recurrent layer."""
    writer.add_ssm_conv_kernel(kernel)
    writer.add_ssm_inner_size(inner)
    writer.add_ssm_state_size(states)
    writer.add_ssm_time_step_rank(steps)
    if groups is not None:
        writer.add_ssm_group_count(groups)
