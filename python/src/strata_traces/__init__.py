"""Traces of language-model lenses: write them from transformers, nnsight or vLLM, read them, show figures of a gallery.

`strata gather` and `{traces: DIR}` in a spec make galleries of the files; docs/trace-format.md of Strata describes them.
The functions that run models are in `strata_traces.transformers`, which needs torch and transformers.
"""

from .gallery import Figure, Gallery
from .states import States, read_states, write_states
from .summary import Summary
from .trace import Trace, TraceError, read, read_folder, write_folder

__all__ = [
    "Figure", "Gallery", "States", "Summary", "Trace", "TraceError", "read", "read_folder", "read_states", "write_folder",
    "write_states",
]
