"""Makes examples/data/first-jacobian-lens.pt: the Jacobian lens of the model in models/first, fitted by fit_jacobian_lens.py.

    python Tools/make_first_lens.py

The prompts are documents of first_model_text.py, put together to texts of about 100 tokens, with a seed that its training did not use.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import first_model_text

TOOLS = Path(__file__).resolve().parent
MODEL = TOOLS.parent / "models" / "first"


def prompts(count, seed=2026):
    """Texts of several documents each, at least 400 characters."""
    texts, text = [], ""
    for document in first_model_text.documents(40 * count, seed):
        text += ("\n" if text else "") + document.strip("\n")
        if len(text) >= 400:
            texts.append(text)
            text = ""
        if len(texts) == count:
            break
    return texts


if __name__ == "__main__":
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("".join(text.replace("\n", "\\n") + "\n" for text in prompts(100)))
        file.flush()
        subprocess.run(
            [sys.executable, TOOLS / "fit_jacobian_lens.py", "fit", "--model", MODEL, "--prompts", file.name, "--save", "10",
             "--batch", "64", "-o", TOOLS.parent / "examples/data/first-jacobian-lens.pt"], check=True)
