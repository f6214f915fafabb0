"""Maps of characters as SentencePiece compiles them (`precompiled_charsmap`)."""

import io
import tempfile
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2


def compiled(rules=None, name=None):
    """The bytes of a map: of rules, text by text, or of SentencePiece's own ones of this name."""
    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        options = {"normalization_rule_name": name}
        if rules is not None:
            path = Path(folder) / "rules.tsv"
            code_points = lambda text: " ".join(f"{ord(c):X}" for c in text)
            path.write_text("".join(f"{code_points(a)}\t{code_points(b)}\n" for a, b in sorted(rules.items())))
            options = {"normalization_rule_tsv": str(path)}
        # The vocabulary is of no interest; maps are compiled when a model is trained.
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["a b c d e", "b c d a e"] * 5), model_writer=model, vocab_size=12, model_type="unigram",
            hard_vocab_limit=False, minloglevel=2, **options)
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto.normalizer_spec.precompiled_charsmap


# Characters that make one with what follows (Grapheme_Cluster_Break=Prepend).
PREPENDED = [
    *range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0xD4E, 0x110BD, 0x110CD, 0x111C2, 0x111C3, 0x1193F, 0x11941, 0x11A3A,
    *range(0x11A84, 0x11A8A), 0x11D46, 0x11F02]
