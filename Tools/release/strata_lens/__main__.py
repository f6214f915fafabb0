"""python -m strata_lens: the same as strata."""

from strata_lens import main

main()
