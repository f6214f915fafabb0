// Products of packed rows: tiles read both sides front to back; included once per instruction set by foreach_target.
//
// Rows are packed in groups: for each sixteen places of the width, those of every row of the group one after the other, the last
// ones padded with zeros. A group of activations is as many rows as a tile; one of weights is `kPackedColumns`. Where a register
// holds a part of the sixteen partial sums, each part is packed by itself: all first parts of a group of weights, then all
// second ones; all first parts of all groups of activations, then all second ones.
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

// Tiles that take turns with one group of weights at most; one more where the last rows of a block are cut evenly.
constexpr int kTurnTiles = 24;
constexpr int kMostTiles = kTurnTiles + 1;
// Steps of a turn at most: what it reads of the group stays in the first-level cache while the tiles pass.
constexpr ptrdiff_t kTurnSteps = 128;
// Steps at a time where rows are wider than that: what a block and a strip have in them share the second-level cache.
constexpr ptrdiff_t kChunkSteps = 100;

constexpr ptrdiff_t ChunkSteps(ptrdiff_t steps) { return steps <= kTurnSteps ? steps : kChunkSteps; }

// How a product is cut: the second-level cache holds a strip of weights, a block of activations and, on the way, the stored bytes
// of the next strip.
struct Cut {
  ptrdiff_t strip;  // columns, whole groups
  ptrdiff_t block;  // rows, whole tiles
};

HWY_INLINE Cut CutOf(ptrdiff_t rows, ptrdiff_t width) {
  const ptrdiff_t steps = PackedSteps(width);
  const ptrdiff_t wide = ChunkSteps(steps) * kSums;
  const bool chunked = wide < steps * kSums;
  // Activations that stay all the time leave the weights little room; others pass once for every strip, so that it is high.
  const bool stay = !chunked && rows * wide <= 80 * 1024 && rows <= kTurnTiles * kTileRows;
  const ptrdiff_t strip = (stay ? 16 : chunked ? 48 : 64) * 1024 / wide / kPackedColumns * kPackedColumns;
  const ptrdiff_t block = HWY_MIN(kTurnTiles, stay ? kTurnTiles : 40 * 1024 / wide / kTileRows) * kTileRows;
  return {HWY_MAX(kPackedColumns, strip), HWY_MAX(kTileRows, block)};
}

// Sums that are kept between turns: of one tile, and of a product of `columns` columns at most.
constexpr ptrdiff_t kKept = kParts * kTileRows * kPackedColumns * kLanes;
HWY_INLINE ptrdiff_t KeptFloats(ptrdiff_t columns, ptrdiff_t width) {
  const ptrdiff_t steps = PackedSteps(width);
  const ptrdiff_t groups = ChunkSteps(steps) < steps ? (columns + kPackedColumns - 1) / kPackedColumns : 1;
  return groups * kMostTiles * kKept;
}

// Puts `rows` rows that follow each other `ldx` floats apart into one group with room for `room` of them; `part` floats from
// one part to the next.
HWY_INLINE void PackRows(const float *x, ptrdiff_t ldx, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t room, ptrdiff_t part,
                         float *HWY_RESTRICT group) {
  const SumTag d;
  const ptrdiff_t whole = width / kSums * kSums;
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
  const float *xs = x + turn.first * R * kLanes;
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

// A block of activations, cut into tiles.
struct Tiles {
  ptrdiff_t starts[kMostTiles + 1] = {0};
  int count = 0;

  explicit HWY_INLINE Tiles(ptrdiff_t rows) {
    for (; starts[count] < rows; ++count) starts[count + 1] = starts[count] + NextRows(rows - starts[count]);
  }
};

// One turn of every tile with one group of weights.
template <bool Packed>
HWY_INLINE void PackedTurn(const float *x, const Tiles &tiles, const float *group, ptrdiff_t width, Turn turn, float *kept,
                           ptrdiff_t used, const float *bias, float *y, ptrdiff_t ldy, Fetch &fetch) {
  const ptrdiff_t all = PackedSteps(width);
  for (int t = 0; t < tiles.count; ++t, kept += kKept) {
    const ptrdiff_t start = tiles.starts[t];
    const float *xs = x + start * all * kLanes;
    float *ys = y + start * ldy;
    switch (tiles.starts[t + 1] - start) {
      case 1: PackedTile<1, Packed>(xs, group, width, all, turn, kept, used, bias, ys, ldy, fetch); break;
      case 2: PackedTile<2, Packed>(xs, group, width, all, turn, kept, used, bias, ys, ldy, fetch); break;
      case 3: PackedTile<3, Packed>(xs, group, width, all, turn, kept, used, bias, ys, ldy, fetch); break;
      default: PackedTile<kTileRows, Packed>(xs, group, width, all, turn, kept, used, bias, ys, ldy, fetch); break;
    }
  }
}

// y [rows, columns] of packed activations and packed weights, or weights in place: then whole groups of whole steps, and
// registers that hold all partial sums. `kept` has room for KeptFloats.
template <bool Packed>
HWY_INLINE void PackedProduct(const float *x, ptrdiff_t rows, ptrdiff_t block, const float *w, ptrdiff_t columns,
                              ptrdiff_t width, const float *bias, float *y, ptrdiff_t ldy, float *kept, Fetch fetch) {
  const ptrdiff_t all = PackedSteps(width);
  const ptrdiff_t chunk = ChunkSteps(all);
  for (ptrdiff_t first = 0; first < rows;) {
    ptrdiff_t end = HWY_MIN(rows, first + block);
    // A last row by itself would be in no tile of the packed rows.
    if (rows - end == 1) end = rows;
    const Tiles tiles(end - first);
    for (ptrdiff_t step = 0; step < all; step += chunk) {
      const ptrdiff_t steps = HWY_MIN(chunk, all - step);
      for (ptrdiff_t n = 0; n < columns; n += kPackedColumns) {
        float *own = chunk < all ? kept + n / kPackedColumns * (kMostTiles * kKept) : kept;
        for (ptrdiff_t part = 0; part < kParts; ++part) {
          const Turn turn = {part, step, steps, part + 1 == kParts && step + steps == all};
          PackedTurn<Packed>(x + (part * rows + first) * all * kLanes, tiles, w + n * all * kSums, width, turn, own,
                             HWY_MIN(kPackedColumns, columns - n), bias != nullptr ? bias + n : nullptr, y + first * ldy + n,
                             ldy, fetch);
        }
      }
    }
    first = end;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
