// Products of packed rows: tiles read both sides front to back; included once per instruction set by foreach_target.
//
// Rows are packed in groups: for each sixteen places of the width, those of every row of the group one after the other, the
// last ones padded with zeros. A group of activations is as many rows as a tile; a group of weights is always six.
#if defined(STRATA_PACKED_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_PACKED_INL_H
#undef STRATA_PACKED_INL_H
#else
#define STRATA_PACKED_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstring>

#include "dot-inl.h"
#include "packed.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

// Puts `rows` rows that follow each other `ldx` floats apart into one group with room for `room` of them.
HWY_INLINE void PackRows(const float *x, ptrdiff_t ldx, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t room,
                         float *HWY_RESTRICT group) {
  const SumTag d;
  const ptrdiff_t whole = width / kSums * kSums;
  for (ptrdiff_t m = 0; m < rows; ++m) {
    const float *row = x + m * ldx;
    float *at = group + m * kSums;
    for (ptrdiff_t k = 0; k < whole; k += kSums, at += room * kSums) {
      for (ptrdiff_t p = 0; p < kSums; p += kLanes) hn::Store(hn::LoadU(d, row + k + p), d, at + p);
    }
    if (whole < width) {
      std::memset(at, 0, kSums * sizeof(float));
      std::memcpy(at, row + whole, static_cast<size_t>(width - whole) * sizeof(float));
    }
  }
}

// R packed activations times one group of weights; the sums of `used` of its six columns are written. Weights that are not
// packed lie where they are stored, `stride` floats from one column to the next.
template <int R, bool Packed>
HWY_INLINE void PackedTile(const float *HWY_RESTRICT x, const float *HWY_RESTRICT w, ptrdiff_t stride, ptrdiff_t steps,
                           ptrdiff_t used, const float *bias, float *HWY_RESTRICT y, ptrdiff_t ldy, Fetch &fetch) {
  constexpr int C = kPackedColumns;
  const SumTag d;
  SumVector parts[kParts][R * C];
  for (ptrdiff_t p = 0; p < kParts; ++p) {
    SumVector sums[R * C];
    for (int i = 0; i < R * C; ++i) sums[i] = hn::Zero(d);
    const float *xs = x + p * kLanes;
    const float *ws = w + p * kLanes;
    const auto step = [&]() HWY_ATTR {
      SumVector rows[R];
      for (int m = 0; m < R; ++m) rows[m] = hn::Load(d, xs + m * kSums);
      for (int n = 0; n < C; ++n) {
        const SumVector column = Packed ? hn::Load(d, ws + n * kSums) : hn::LoadU(d, ws + n * stride);
        for (int m = 0; m < R; ++m) sums[m * C + n] = hn::MulAdd(rows[m], column, sums[m * C + n]);
      }
      xs += R * kSums;
      ws += Packed ? C * kSums : kSums;
    };
    ptrdiff_t s = 0;
    // What comes next is brought near, a line a step.
    const ptrdiff_t lines = p == 0 ? HWY_MIN(steps, fetch.lines) : 0;
    for (; s < lines; ++s) {
      __builtin_prefetch(fetch.at, 0, 2);
      fetch.at += 64;
      step();
    }
    if (p == 0) fetch.lines -= lines;
    for (; s < steps; ++s) step();
    for (int i = 0; i < R * C; ++i) parts[p][i] = sums[i];
  }
  HWY_ALIGN float folded[R * C];
  FoldAll<R * C>(parts, folded);
  for (int m = 0; m < R; ++m) {
    for (ptrdiff_t n = 0; n < used; ++n) {
      const float sum = folded[m * C + n];
      y[m * ldy + n] = bias != nullptr ? sum + bias[n] : sum;
    }
  }
}

// y [rows, columns] of packed activations and packed weights, or weights in place: then whole groups of whole steps.
template <bool Packed>
HWY_INLINE void PackedProduct(const float *x, ptrdiff_t rows, const float *w, ptrdiff_t columns, ptrdiff_t width,
                              const float *bias, float *y, ptrdiff_t ldy, Fetch fetch) {
  const ptrdiff_t steps = PackedSteps(width);
  const ptrdiff_t padded = steps * kSums;
  // A block of activations stays in the second-level cache while all groups of weights pass.
  const ptrdiff_t block = HWY_MAX(kTileRows, (64 * 1024 / padded) / kTileRows * kTileRows);
  for (ptrdiff_t first = 0; first < rows;) {
    ptrdiff_t end = HWY_MIN(rows, first + block);
    // A last row by itself would be in no tile of the packed rows.
    if (rows - end == 1) end = rows;
    for (ptrdiff_t n = 0; n < columns; n += kPackedColumns) {
      const float *group = w + n * padded;
      const ptrdiff_t used = HWY_MIN(kPackedColumns, columns - n);
      const float *own = bias != nullptr ? bias + n : nullptr;
      for (ptrdiff_t m = first; m < end;) {
        const ptrdiff_t taken = NextRows(end - m);
        const float *xs = x + m * padded;
        float *ys = y + m * ldy + n;
        switch (taken) {
          case 1: PackedTile<1, Packed>(xs, group, width, steps, used, own, ys, ldy, fetch); break;
          case 2: PackedTile<2, Packed>(xs, group, width, steps, used, own, ys, ldy, fetch); break;
          case 3: PackedTile<3, Packed>(xs, group, width, steps, used, own, ys, ldy, fetch); break;
          default: PackedTile<kTileRows, Packed>(xs, group, width, steps, used, own, ys, ldy, fetch); break;
        }
        m += taken;
      }
    }
    first = end;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
