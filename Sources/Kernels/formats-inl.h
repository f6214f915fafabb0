// Stored formats that are read without decoding whole rows first, one row of a table each; included once per instruction set.
//
// A new one: its blocks in blocks-inl.h (of 256 numbers: blocks-k-inl.h), its name in `strata_blocks`, its row here.
#if defined(STRATA_FORMATS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_FORMATS_INL_H
#undef STRATA_FORMATS_INL_H
#else
#define STRATA_FORMATS_INL_H
#endif

#include <hwy/highway.h>

#include "blocks-inl.h"
#include "blocks-k-inl.h"
#include "include/strata_kernels.h"
#include "pack-inl.h"
#include "stored-inl.h"
#include "transposed-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

// What is done with the rows of a stored format; NULL where another way is taken.
struct RowKernels {
  strata_blocks blocks;
  ptrdiff_t values;                               // a row is a multiple of so many
  decltype(&StoredProduct<BlocksQ80>) multiply;   // a few activations times rows
  decltype(&PackStored<BlocksQ80>) pack;          // rows to a packed group
  decltype(&TransposedProduct<BlocksF32>) multiply_transposed;
  decltype(&PackTransposed<BlocksF32>) pack_transposed;
};

// Blocks of several values, which no matrix that is stored as [in, out] has.
template <class Format>
constexpr RowKernels Blocks(strata_blocks blocks) {
  return {blocks, Format::kValues, &StoredProduct<Format>, &PackStored<Format>, nullptr, nullptr};
}

// Plain numbers stored as [in, out]; registers of fewer than four lanes take decoded rows.
template <class Format>
constexpr RowKernels Transposed(RowKernels row) {
  if constexpr (kLanes >= 4) {
    row.multiply_transposed = &TransposedProduct<Format>;
    row.pack_transposed = &PackTransposed<Format>;
  }
  return row;
}

// By `strata_blocks`.
constexpr RowKernels kRowKernels[] = {
    {strata_blocks_none, 1, nullptr, nullptr, nullptr, nullptr},
    // float32 rows are multiplied where they are.
    Transposed<BlocksF32>({strata_blocks_f32, 1, nullptr, nullptr, nullptr, nullptr}),
    Transposed<BlocksF16>(Blocks<BlocksF16>(strata_blocks_f16)),
    Transposed<BlocksBF16>(Blocks<BlocksBF16>(strata_blocks_bf16)),
    Blocks<BlocksQ80>(strata_blocks_q8_0),
    Blocks<BlocksQ40>(strata_blocks_q4_0),
    Blocks<BlocksQ41>(strata_blocks_q4_1),
    Blocks<BlocksQ50>(strata_blocks_q5_0),
    Blocks<BlocksQ51>(strata_blocks_q5_1),
    Blocks<BlocksQ4K>(strata_blocks_q4_k),
    Blocks<BlocksQ5K>(strata_blocks_q5_k),
    Blocks<BlocksQ6K>(strata_blocks_q6_k),
};

constexpr bool EveryRowInItsPlace() {
  for (int i = 0; i < strata_blocks_count; ++i) {
    if (kRowKernels[i].blocks != i) return false;
  }
  return sizeof kRowKernels / sizeof *kRowKernels == strata_blocks_count;
}
static_assert(EveryRowInItsPlace(), "one row for every name, in their order");

// The row of a matrix; the first one where its format has none.
HWY_INLINE const RowKernels &RowKernelsOf(const strata_matrix &w) {
  return kRowKernels[w.blocks < strata_blocks_count ? w.blocks : strata_blocks_none];
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
