// Products of packed rows: tiles read both sides front to back; included once per instruction set by foreach_target.
//
// Rows are packed in groups. Where a register holds a part of the sixteen partial sums, a group holds all of its first parts,
// then all of its second ones: part by part, for each sixteen places of the width, those of every row of the group one after the
// other, the last ones padded with zeros. A group of activations is as many rows as a tile; one of weights is `kPackedColumns`.
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

// Columns of a packed tile: with `kTileRows` rows its sums and what they are made of fit the registers (16 where two hold the
// partial sums, 32 elsewhere).
constexpr ptrdiff_t kPackedColumns = kParts == 2 ? 4 : 6;

// Tiles that take turns with one group of weights, and the most steps of a turn: what one turn reads of the group stays in the
// first-level cache while the tiles pass.
constexpr int kTurnTiles = 12;
constexpr ptrdiff_t kTurnSteps = 128;

// Puts `rows` rows that follow each other `ldx` floats apart into one group with room for `room` of them.
HWY_INLINE void PackRows(const float *x, ptrdiff_t ldx, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t room,
                         float *HWY_RESTRICT group) {
  const SumTag d;
  const ptrdiff_t whole = width / kSums * kSums;
  const ptrdiff_t part = PackedSteps(width) * room * kLanes;
  for (ptrdiff_t m = 0; m < rows; ++m) {
    const float *row = x + m * ldx;
    float *at = group + m * kLanes;
    for (ptrdiff_t k = 0; k < whole; k += kSums, at += room * kLanes) {
      for (ptrdiff_t p = 0; p < kParts; ++p) hn::Store(hn::LoadU(d, row + k + p * kLanes), d, at + p * part);
    }
    if (whole < width) {
      HWY_ALIGN float tail[kSums] = {};
      std::memcpy(tail, row + whole, static_cast<size_t>(width - whole) * sizeof(float));
      for (ptrdiff_t p = 0; p < kParts; ++p) hn::Store(hn::Load(d, tail + p * kLanes), d, at + p * part);
    }
  }
}

// Some steps of one part of the partial sums, for every tile before the next ones.
struct Turn {
  ptrdiff_t part, first, steps;
  bool last;  // of all
};

// One turn of R packed activations with one group of weights: adds to the sums in `kept`, or, the last time, writes the folded
// sums of `used` columns. Weights that are not packed lie where they are stored, `stride` floats from one column to the next.
template <int R, bool Packed>
HWY_INLINE void PackedTile(const float *HWY_RESTRICT x, const float *HWY_RESTRICT w, ptrdiff_t stride, ptrdiff_t all,
                           Turn turn, float *HWY_RESTRICT kept, ptrdiff_t used, const float *bias, float *HWY_RESTRICT y,
                           ptrdiff_t ldy, Fetch &fetch) {
  constexpr int C = kPackedColumns;
  const SumTag d;
  SumVector sums[R * C];
  float *own = kept + turn.part * R * C * kLanes;
  for (int i = 0; i < R * C; ++i) sums[i] = turn.first == 0 ? hn::Zero(d) : hn::Load(d, own + i * kLanes);
  const float *xs = x + (turn.part * all + turn.first) * R * kLanes;
  const float *ws = Packed ? w + (turn.part * all + turn.first) * C * kLanes : w + turn.first * kSums + turn.part * kLanes;
  const auto step = [&]() HWY_ATTR {
    SumVector rows[R];
    for (int m = 0; m < R; ++m) rows[m] = hn::Load(d, xs + m * kLanes);
    for (int n = 0; n < C; ++n) {
      const SumVector column = Packed ? hn::Load(d, ws + n * kLanes) : hn::LoadU(d, ws + n * stride);
      for (int m = 0; m < R; ++m) sums[m * C + n] = hn::MulAdd(rows[m], column, sums[m * C + n]);
    }
    xs += R * kLanes;
    ws += Packed ? C * kLanes : kSums;
  };
  ptrdiff_t s = 0;
  // What comes next is brought near, a line a step.
  const ptrdiff_t lines = HWY_MIN(turn.steps, fetch.lines);
  for (; s < lines; ++s) {
    __builtin_prefetch(fetch.at, 0, 2);
    fetch.at += 64;
    step();
  }
  fetch.lines -= lines;
  for (; s < turn.steps; ++s) step();
  if (!turn.last) {
    for (int i = 0; i < R * C; ++i) hn::Store(sums[i], d, own + i * kLanes);
    return;
  }
  SumVector parts[kParts][R * C];
  for (int i = 0; i < R * C; ++i) {
    for (ptrdiff_t p = 0; p + 1 < kParts; ++p) parts[p][i] = hn::Load(d, kept + (p * R * C + i) * kLanes);
    parts[kParts - 1][i] = sums[i];
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

// Up to kTurnTiles tiles, whose rows start at `x`, with one group of weights; the number of rows done.
template <bool Packed>
HWY_INLINE ptrdiff_t PackedTiles(const float *x, ptrdiff_t rows, const float *group, ptrdiff_t width, ptrdiff_t used,
                                 const float *bias, float *y, ptrdiff_t ldy, Fetch &fetch) {
  constexpr ptrdiff_t kKept = kParts * kTileRows * kPackedColumns * kLanes;
  HWY_ALIGN float kept[kTurnTiles * kKept];
  ptrdiff_t starts[kTurnTiles + 1] = {0};
  int tiles = 0;
  for (; tiles < kTurnTiles && starts[tiles] < rows; ++tiles) starts[tiles + 1] = starts[tiles] + NextRows(rows - starts[tiles]);
  const ptrdiff_t all = PackedSteps(width);
  for (ptrdiff_t part = 0; part < kParts; ++part) {
    for (ptrdiff_t first = 0; first < all; first += kTurnSteps) {
      const ptrdiff_t steps = HWY_MIN(kTurnSteps, all - first);
      const Turn turn = {part, first, steps, part + 1 == kParts && first + steps == all};
      for (int t = 0; t < tiles; ++t) {
        const float *xs = x + starts[t] * all * kSums;
        float *ys = y + starts[t] * ldy;
        float *own = kept + t * kKept;
        switch (starts[t + 1] - starts[t]) {
          case 1: PackedTile<1, Packed>(xs, group, width, all, turn, own, used, bias, ys, ldy, fetch); break;
          case 2: PackedTile<2, Packed>(xs, group, width, all, turn, own, used, bias, ys, ldy, fetch); break;
          case 3: PackedTile<3, Packed>(xs, group, width, all, turn, own, used, bias, ys, ldy, fetch); break;
          default: PackedTile<kTileRows, Packed>(xs, group, width, all, turn, own, used, bias, ys, ldy, fetch); break;
        }
      }
    }
  }
  return starts[tiles];
}

// y [rows, columns] of packed activations and packed weights, or weights in place: then whole groups of whole steps, and
// registers that hold all partial sums.
template <bool Packed>
HWY_INLINE void PackedProduct(const float *x, ptrdiff_t rows, const float *w, ptrdiff_t columns, ptrdiff_t width,
                              const float *bias, float *y, ptrdiff_t ldy, Fetch fetch) {
  const ptrdiff_t padded = PackedSteps(width) * kSums;
  // A block of activations stays in the second-level cache while all groups of weights pass.
  const ptrdiff_t block = HWY_MAX(kTileRows, (64 * 1024 / padded) / kTileRows * kTileRows);
  for (ptrdiff_t first = 0; first < rows;) {
    ptrdiff_t end = HWY_MIN(rows, first + block);
    // A last row by itself would be in no tile of the packed rows.
    if (rows - end == 1) end = rows;
    for (ptrdiff_t n = 0; n < columns; n += kPackedColumns) {
      const ptrdiff_t used = HWY_MIN(kPackedColumns, columns - n);
      for (ptrdiff_t m = first; m < end;) {
        m += PackedTiles<Packed>(x + m * padded, end - m, w + n * padded, width, used, bias != nullptr ? bias + n : nullptr,
                                 y + m * ldy + n, ldy, fetch);
      }
    }
    first = end;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
