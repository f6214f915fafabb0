"""NanoChat: norms without weights, heads that turn the other way, a softcap of logits."""

from transformers import NanoChatConfig, NanoChatForCausalLM

from parity import common


def nanochat():
    """A softcap low enough to matter, biases in attention."""
    config = {"architectures": ["NanoChatForCausalLM"], "model_type": "nanochat", "attention_bias": True, "final_logit_softcapping": 3.0,
              **common.llama_like(head_dim=8, hidden_act="relu2")}
    return common.Fixture("NanoChat", config, common.build(NanoChatForCausalLM, NanoChatConfig, config, 134), common.smol())


FIXTURES = {"nanochat": nanochat}
