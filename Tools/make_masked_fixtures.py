"""Makes the tiny masked models of Tests/Fixtures/masked and what transformers computes from them.

    python Tools/make_masked_fixtures.py [--adapters] [NAME...]

Each is a randomly initialised encoder with a head for masked tokens and its own small tokenizer, as a Hugging Face folder (hf/).
expected.json holds token ids, the masked positions, the tokens that the model puts there, and the lens at these positions. Some have
a LoRA adapter (adapter/), saved by peft, and adapter.json holds the same of the model with it; `--adapters`
makes these alone. The tokenizers of BERT differ in every run. Needs peft==0.21.2 and sentencepiece
besides Tools/requirements.txt.
"""

import json
import shutil
import sys
import tempfile
from types import SimpleNamespace

import numpy as np
import sentencepiece
import torch
import transformers
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (AutoTokenizer, BertConfig, BertForMaskedLM, BigBirdConfig, BigBirdForMaskedLM, Data2VecTextConfig,
                          Data2VecTextForMaskedLM, DistilBertConfig, DistilBertForMaskedLM, ElectraConfig, ElectraForMaskedLM, ErnieConfig,
                          ErnieForMaskedLM, MegatronBertConfig, MegatronBertForMaskedLM, RemBertConfig, RemBertForMaskedLM, RobertaConfig,
                          RobertaForMaskedLM, RobertaPreLayerNormConfig, RobertaPreLayerNormForMaskedLM, RoCBertConfig, RoCBertForMaskedLM,
                          RoFormerConfig, RoFormerForMaskedLM, XLMRobertaConfig, XLMRobertaForMaskedLM, XLMRobertaXLConfig,
                          XLMRobertaXLForMaskedLM, XLMWithLMHeadModel, XmodConfig, XmodForMaskedLM, logging)

import lens_reference as lens
import make_adapter_fixtures as adapters
import make_sentencepiece_fixtures as sentences
import tiny_tokenizers as tiny
from parity import common, xlm as xlm_parts

ROOT = common.ROOT.parent / "masked"
SIZE = 128


class Masked(torch.nn.Module):
    """A masked model with the interface that the reference of the lens takes: blocks, and logits of every position."""

    def __init__(self, whole):
        super().__init__()
        # XLM has no modules that are its blocks.
        whole = xlm_parts.Shown(whole) if isinstance(whole, XLMWithLMHeadModel) else whole
        self.whole = whole
        self.model = SimpleNamespace(layers=lens.blocks_of(whole))
        if lens.final_norm(whole) is not None:
            self.model.norm = lens.final_norm(whole)

    @property
    def device(self):
        return self.whole.device

    def forward(self, input_ids, use_cache=False):
        return self.whole(input_ids=input_ids)


def words():
    """BERT's kind of tokenizer."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.train_from_iterator(tiny.CORPUS, trainers.WordPieceTrainer(vocab_size=SIZE, show_progress=False, special_tokens=special))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    assert tokenizer.get_vocab_size() == SIZE, tokenizer.get_vocab_size()
    return tokenizer


def save_words(name):
    def save(folder, tokenizer):
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        tiny.write(folder / "tokenizer_config.json", {
            "tokenizer_class": name, "do_lower_case": True, "strip_accents": None, "tokenize_chinese_chars": True,
            "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"})
    return save


def bytes_of_roberta():
    """RoBERTa's kind of tokenizer; the mask takes the space before it."""
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = tiny.byte_level(288, special, digits=False, specials_first=True)
    tokenizer.add_special_tokens([AddedToken("<mask>", special=True, lstrip=True, normalized=False)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer


def save_bytes(folder, tokenizer):
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    tiny.write(folder / "tokenizer_config.json", {
        "tokenizer_class": "RobertaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>",
        "unk_token": "<unk>", "pad_token": "<pad>", "add_prefix_space": False, "mask_token": {
            "__type": "AddedToken", "content": "<mask>", "lstrip": True, "normalized": False, "rstrip": False, "single_word": False}})


def save_pieces(folder, model):
    """A SentencePiece model without a tokenizer.json, as XLM-R was published."""
    (folder / "sentencepiece.bpe.model").write_bytes(model)
    tiny.write(folder / "tokenizer_config.json", {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 512})


def config(**changes):
    """A config.json in the hub's spelling."""
    return {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "initializer_range": 0.02, "layer_norm_eps": 1e-5,
            "max_position_embeddings": 48, "type_vocab_size": 2, "vocab_size": SIZE, "pad_token_id": 0, **changes}


def build(model_class, config_class, told, seed):
    model = common.build(model_class, config_class, told, seed)
    rng = np.random.default_rng(seed + 1)
    for name, p in model.named_parameters():
        if p.dim() == 1 and name.endswith("weight"):  # norms under any name
            p.data = torch.from_numpy((np.round((1 + 0.35 * rng.standard_normal(p.shape)) * 1024) / 1024).astype(np.float32))
    return model


def bert():
    """An activation that the head has, too, and a head that is the table of tokens."""
    told = {"architectures": ["BertForMaskedLM"], "model_type": "bert", "position_embedding_type": "absolute",
            **config(hidden_act="relu", gradient_checkpointing=False)}
    return "BERT", told, build(BertForMaskedLM, BertConfig, told, 701), words(), save_words("BertTokenizer")


def bert_untied():
    """A head of its own, and one kind of segment."""
    told = {"architectures": ["BertForMaskedLM"], "model_type": "bert",
            **config(tie_word_embeddings=False, num_attention_heads=2, type_vocab_size=1)}
    return "BERT", told, build(BertForMaskedLM, BertConfig, told, 702), words(), save_words("BertTokenizer")


def roberta():
    """Positions behind the padding token's, and the head's own activation."""
    told = {"architectures": ["RobertaForMaskedLM"], "model_type": "roberta",
            **config(hidden_act="gelu_new", vocab_size=289, pad_token_id=1, type_vocab_size=1, bos_token_id=0, eos_token_id=2)}
    return "RoBERTa", told, build(RobertaForMaskedLM, RobertaConfig, told, 703), bytes_of_roberta(), save_bytes


def xlm_roberta():
    """RoBERTa's network with the tokens of SentencePiece."""
    with tempfile.TemporaryDirectory() as folder:
        pieces = sentences.train(model_type="unigram", vocab_size=260, normalization_rule_tsv=sentences.rules(folder))
    size = len(sentencepiece.SentencePieceProcessor(model_proto=pieces)) + 2
    told = {"architectures": ["XLMRobertaForMaskedLM"], "model_type": "xlm-roberta",
            **config(vocab_size=size, pad_token_id=1, type_vocab_size=1, bos_token_id=0, eos_token_id=2, output_past=True)}
    return "RoBERTa", told, build(XLMRobertaForMaskedLM, XLMRobertaConfig, told, 705), pieces, save_pieces


def distilbert():
    """Names of its own, and no segments."""
    told = {"architectures": ["DistilBertForMaskedLM"], "model_type": "distilbert", "activation": "gelu", "attention_dropout": 0.1,
            "dim": 16, "dropout": 0.1, "hidden_dim": 24, "initializer_range": 0.02, "max_position_embeddings": 48, "n_heads": 4,
            "n_layers": 2, "pad_token_id": 0, "qa_dropout": 0.1, "seq_classif_dropout": 0.2, "sinusoidal_pos_embds": False,
            "vocab_size": SIZE}
    return "DistilBERT", told, build(DistilBertForMaskedLM, DistilBertConfig, told, 704), words(), save_words("DistilBertTokenizer")


def like_bert(family, kind, model_class, config_class, seed, **changes):
    told = {"architectures": [model_class.__name__], "model_type": kind, **config(**changes)}
    return family, told, build(model_class, config_class, told, seed), words(), save_words("BertTokenizer")


def like_roberta(family, kind, model_class, config_class, seed, **changes):
    told = {"architectures": [model_class.__name__], "model_type": kind,
            **config(**{"vocab_size": 289, "pad_token_id": 1, "type_vocab_size": 1, "bos_token_id": 0, "eos_token_id": 2, **changes})}
    return family, told, build(model_class, config_class, told, seed), bytes_of_roberta(), save_bytes


def ernie():
    """Every token gets the vector of the first task, too."""
    return like_bert("ERNIE", "ernie", ErnieForMaskedLM, ErnieConfig, 706, use_task_id=True, task_type_vocab_size=3)


def megatron_bert():
    """Norms before every part, a final one, and none of the embedding."""
    return like_bert("Megatron-BERT", "megatron-bert", MegatronBertForMaskedLM, MegatronBertConfig, 707)


def electra():
    """The generator: embeddings and a head of another width."""
    return like_bert("ELECTRA", "electra", ElectraForMaskedLM, ElectraConfig, 708, embedding_size=12, hidden_act="gelu_new",
                     summary_type="first", summary_use_proj=True, summary_activation="gelu", summary_last_dropout=0.1)


def rembert():
    """Three widths, and a head of its own."""
    return like_bert("RemBERT", "rembert", RemBertForMaskedLM, RemBertConfig, 709, input_embedding_size=20, output_embedding_size=12,
                     classifier_dropout_prob=0.1)


def roformer():
    """Queries and keys turn; the table of angles is stored."""
    return like_bert("RoFormer", "roformer", RoFormerForMaskedLM, RoFormerConfig, 710, rotary_value=False, embedding_size=16)


def data2vec_text():
    return like_roberta("Data2Vec Text", "data2vec-text", Data2VecTextForMaskedLM, Data2VecTextConfig, 711)


def roberta_prelayernorm():
    return like_roberta("RoBERTa-PreLayerNorm", "roberta-prelayernorm", RobertaPreLayerNormForMaskedLM, RobertaPreLayerNormConfig, 2004)


def xlm_roberta_xl():
    return like_roberta("XLM-R XL", "xlm-roberta-xl", XLMRobertaXLForMaskedLM, XLMRobertaXLConfig, 713, tie_word_embeddings=False)


def xmod():
    """A part for each of two languages, of which the second is the default, with the MLP's norm before and behind it."""
    return like_roberta("X-MOD", "xmod", XmodForMaskedLM, XmodConfig, 714, languages=["en_XX", "de_DE"], default_language="de_DE",
                        pre_norm=False, adapter_reduction_factor=2, adapter_layer_norm=False, adapter_reuse_layer_norm=True,
                        ln_before_adapter=True)


def xmod_norms():
    """Norms before every part, one of the languages' part itself, which is added to the stream without it."""
    return like_roberta("X-MOD", "xmod", XmodForMaskedLM, XmodConfig, 715, languages=["en_XX", "de_DE"], default_language="en_XX",
                        pre_norm=True, adapter_reduction_factor=4, adapter_layer_norm=True, adapter_reuse_layer_norm=False,
                        ln_before_adapter=False, hidden_act="relu")


def roc_bert():
    """Shape and pronunciation of no character stand behind every token."""
    return like_bert("RoCBert", "roc_bert", RoCBertForMaskedLM, RoCBertConfig, 716, shape_embed_dim=6, shape_vocab_size=9,
                     pronunciation_embed_dim=5, pronunciation_vocab_size=7, enable_shape=True, enable_pronunciation=True, concat_input=True)


def roc_bert_sums():
    """Shapes and pronunciations would be added to tokens, were there any."""
    return like_bert("RoCBert", "roc_bert", RoCBertForMaskedLM, RoCBertConfig, 717, shape_embed_dim=16, shape_vocab_size=9,
                     pronunciation_embed_dim=16, pronunciation_vocab_size=7, concat_input=False, hidden_act="relu")


def big_bird():
    """Texts so short that attention in blocks is whole."""
    return like_bert("BigBird", "big_bird", BigBirdForMaskedLM, BigBirdConfig, 718, attention_type="block_sparse", block_size=4,
                     num_random_blocks=2, use_bias=True, rescale_embeddings=False, hidden_act="gelu_new", bos_token_id=2, eos_token_id=3,
                     sep_token_id=3)


def xlm():
    """Vectors of languages are stored, and no language is given."""
    told = xlm_parts.settings(vocab_size=SIZE, n_words=SIZE, bos_index=2, eos_index=3, pad_index=0, unk_index=1, mask_index=4,
                              bos_token_id=2, eos_token_id=3, pad_token_id=0)
    return "XLM", told, xlm_parts.build(told, 719), words(), save_words("BertTokenizer")


FIXTURES = {"xmod": xmod, "xmod-norms": xmod_norms, "roc-bert": roc_bert, "roc-bert-sums": roc_bert_sums, "big-bird": big_bird, "xlm": xlm,
            "ernie": ernie, "megatron-bert": megatron_bert, "electra": electra, "rembert": rembert, "roformer": roformer,
            "data2vec-text": data2vec_text, "roberta-prelayernorm": roberta_prelayernorm, "xlm-roberta-xl": xlm_roberta_xl,
            "bert": bert, "bert-untied": bert_untied, "roberta": roberta, "xlm-roberta": xlm_roberta, "distilbert": distilbert}
# Options of adapters; the head of a masked model takes none.
REFUSED = "bert-untied"
ADAPTERS = {
    "bert": {"target_modules": "all-linear"},
    "bert-untied": {"target_modules": ["query", "value", "decoder"]},
    "roberta": {"target_modules": "all-linear", "use_rslora": True},
    "distilbert": {"target_modules": "all-linear"},
    "xmod": {"target_modules": ["query", "key", "value", "dense"]},
    "roc-bert": {"target_modules": "all-linear"},
    "xlm": {"target_modules": "all-linear"},
}
TEXTS = ["The keys to the {} are in the city of {}.", "{} café, the nurse and the doctor\nin the land", "in the {}"]


def expect(model, tokenizer, text):
    ids = tokenizer(text)["input_ids"]
    masks = [i for i, t in enumerate(ids) if t == tokenizer.mask_token_id]
    raw, logits = lens.states(model, ids)
    lens.check_last_row(model, raw, logits)
    targets = [int(np.argmax(logits[i].numpy())) for i in masks]
    entry = {"text": text, "ids": ids, "masks": masks, "targets": targets,
             "logits": [lens.number(x) for x in logits[masks[-1]].tolist()]}
    for name, norm in (("normed", True), ("raw", False)):
        measured = lens.measure(model, raw, targets, masks, norm, common.TOP, common.TOLERANCE)
        kept = ["rank", "above", "below", "logprob", "entropy", "kl"] + (["top_ids", "top_logits"] if norm else [])
        entry[name] = {key: measured[key] for key in kept}
    return entry


def make_adapter(name):
    """Saves an adapter of the matrices that the options name, and what the model in the folder computes with it."""
    folder = ROOT / name
    shutil.rmtree(folder / "adapter", ignore_errors=True)
    kind = getattr(transformers, json.loads((folder / "hf" / "config.json").read_text())["architectures"][0])
    read = lambda: kind.from_pretrained(folder / "hf", dtype=torch.float32, attn_implementation="eager").eval()
    peft = adapters.get_peft_model(read(), adapters.LoraConfig(r=3, lora_alpha=5, lora_dropout=0.1, **ADAPTERS[name]))
    adapters.randomise(peft, 801 + list(ADAPTERS).index(name))
    peft.save_pretrained(folder / "adapter")
    adapters.tidy(folder / "adapter", f"tiny/{name}")
    if name == REFUSED:
        return
    plain, model = read(), adapters.PeftModel.from_pretrained(read(), folder / "adapter").eval().get_base_model()
    tokenizer = AutoTokenizer.from_pretrained(folder / "hf")
    texts = [text.replace("{}", tokenizer.mask_token) for text in TEXTS]
    ids = torch.tensor([tokenizer(texts[0])["input_ids"]])
    change = (model(ids).logits - plain(ids).logits).abs().max().item()
    assert change > 0.05, change
    print(f"{name}: the adapter changes logits by {change:.3g} at most")
    architecture = json.loads((folder / "expected.json").read_text())["architecture"]
    write_expected(folder / "adapter.json", architecture, Masked(model), tokenizer, texts)


def write_expected(path, architecture, model, tokenizer, texts):
    lens.write_json(path, {
        "architecture": architecture, "versions": lens.versions(), "tolerance": common.TOLERANCE,
        "raw_tolerance": common.TOLERANCE, "top": common.TOP, "prompts": [expect(model, tokenizer, text) for text in texts]})


def make(name):
    architecture, told, whole, tokenizer, save = FIXTURES[name]()
    folder = ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "hf").mkdir(parents=True)
    save_file({k: v.contiguous() for k, v in common.hub_tensors(whole).items()}, folder / "hf" / "model.safetensors",
              metadata={"format": "pt"})
    (folder / "hf" / "config.json").write_text(json.dumps(told, indent=1) + "\n")
    save(folder / "hf", tokenizer)
    loaded = AutoTokenizer.from_pretrained(folder / "hf")
    read = lambda kind: type(whole).from_pretrained(folder / "hf", dtype=torch.float32, attn_implementation=kind).eval()
    # Some of the older classes have no other implementation of attention.
    eager, sdpa = Masked(read("eager")), Masked(read("sdpa" if whole._supports_sdpa else "eager"))
    texts = [text.replace("{}", loaded.mask_token) for text in TEXTS]
    for text in texts:
        ids = torch.tensor([loaded(text)["input_ids"]])
        with torch.no_grad():
            one, two = eager(ids).logits, sdpa(ids).logits
        print(f"{name}: eager and sdpa differ by {((one - two).abs().max() / one.abs().max()).item():.1e} of the largest logit")
    write_expected(folder / "expected.json", architecture, eager, loaded, texts)
    for f in sorted(folder.rglob("*")):
        if f.is_file():
            assert f.stat().st_size <= 100_000, f
            print(f"{f.stat().st_size:8d} {f.relative_to(ROOT)}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    only = "--adapters" in sys.argv[1:]
    for name in [n for n in sys.argv[1:] if n != "--adapters"] or FIXTURES:
        if not only:
            make(name)
        if name in ADAPTERS:
            make_adapter(name)
