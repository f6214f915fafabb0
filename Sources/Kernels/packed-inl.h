// Products of packed rows: tiles read both sides front to back; included once per instruction set by foreach_target.
//
// Rows are packed in groups: for each sixteen places of the width, those of every row of the group one after the other, the last
// ones padded with zeros. A group of activations is as many rows as a tile; one of weights is `kPackedColumns`. Where a register
// holds a part of the sixteen partial sums, each part is packed by itself: all first parts of a group of weights, then all
// second ones; all first parts of all groups of activations, then all second ones. Activations that are wider than a chunk
// are packed chunk after chunk, so that data used together is adjacent.
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

#ifndef STRATA_UNROLLED
// Before a short loop over registers: sums stay in registers only where no loop is left, which -O2 does not see to by itself.
#define STRATA_UNROLLED _Pragma("clang loop unroll(full)")
#endif

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

// Columns of a packed tile: with `kTileRows` rows its sums and their operands fit the registers (16 registers when two hold
// the partial sums, else 32).
constexpr ptrdiff_t kPackedColumns = kParts == 2 ? 4 : 6;

// The most tiles that take turns with one group of weights; one more when the last rows of a block are cut evenly.
constexpr int kTurnTiles = 24;
constexpr int kMostTiles = kTurnTiles + 1;
// The most steps of a turn: the part of the group that it reads fills less than half of a first-level cache.
constexpr ptrdiff_t kTurnSteps = 20 * 1024 / (kPackedColumns * kLanes * ptrdiff_t{sizeof(float)});
// Steps at a time when rows are wider than `kWholeSteps`: a block's and a strip's data for these steps share the
// second-level cache.
constexpr ptrdiff_t kWholeSteps = 128;
constexpr ptrdiff_t kChunkSteps = 100;

constexpr ptrdiff_t ChunkSteps(ptrdiff_t steps) { return steps <= kWholeSteps ? steps : kChunkSteps; }

// Turns of about the same length that make up a chunk.
constexpr ptrdiff_t TurnSteps(ptrdiff_t chunk) {
  const ptrdiff_t turns = (chunk + kTurnSteps - 1) / kTurnSteps;
  return turns > 1 ? (chunk + turns - 1) / turns : chunk;
}

// How a product is cut: the second-level cache holds a strip of weights, a block of activations and the prefetched stored
// bytes of the next strip.
struct Cut {
  ptrdiff_t strip;  // columns, whole groups
  ptrdiff_t block;  // rows, whole tiles
};

HWY_INLINE Cut CutOf(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t width) {
  const ptrdiff_t steps = PackedSteps(width);
  const ptrdiff_t wide = ChunkSteps(steps) * kSums;
  const bool chunked = wide < steps * kSums;
  const ptrdiff_t room = SecondCache() / ptrdiff_t{sizeof(float)};
  // Activations that stay in cache leave little space for weights; others are read once for every strip, so strips are high.
  const bool stay = !chunked && rows * wide <= room / 8 * 5 && rows <= kTurnTiles * kTileRows;
  // Rows of several chunks are read again for every block.
  const ptrdiff_t high = chunked ? HWY_MAX(48 * 1024 / wide, room / 20 * 9 / (steps * kSums)) : room / (stay ? 8 : 3) / wide;
  const ptrdiff_t most = HWY_MAX(1, high / kPackedColumns);
  // Strips of about the same height.
  const ptrdiff_t groups = HWY_MAX(1, (columns + kPackedColumns - 1) / kPackedColumns);
  const ptrdiff_t strips = (groups + most - 1) / most;
  const ptrdiff_t block = HWY_MIN(kTurnTiles, stay ? kTurnTiles : 40 * 1024 / wide / kTileRows) * kTileRows;
  return {(groups + strips - 1) / strips * kPackedColumns, HWY_MAX(kTileRows, block)};
}

// The number of sums kept between turns: for one tile, and for a product of at most `columns` columns.
constexpr ptrdiff_t kKept = kParts * kTileRows * kPackedColumns * kLanes;
HWY_INLINE ptrdiff_t KeptFloats(ptrdiff_t columns, ptrdiff_t width) {
  const ptrdiff_t steps = PackedSteps(width);
  const ptrdiff_t groups = ChunkSteps(steps) < steps ? (columns + kPackedColumns - 1) / kPackedColumns : 1;
  return groups * kMostTiles * kKept;
}

// Packs `rows` rows, `ldx` floats apart, into one group with space for `room` rows; parts are `part` floats apart.
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

// Steps that are computed for all columns of a strip before the next ones.
struct Chunk {
  ptrdiff_t first, steps;
};

// Some steps of a chunk, one part of the partial sums, for every tile before the next ones.
struct Turn {
  ptrdiff_t part, first, steps;
  Chunk chunk;
  bool last;  // of all
};

// What is prefetched during a product: the weights that follow it, and the activations that it needs next.
struct Fetches {
  Fetch weights, activations;
};

// One turn of R packed activations, from its first step on, with one group of weights: adds to the sums in `kept`, or, the last
// time, writes the folded sums of `used` columns. Weights that are not packed lie where they are stored, `stride` floats from one column to the next.
template <int R, bool Packed>
HWY_INLINE void PackedTile(const float *HWY_RESTRICT xs, const float *HWY_RESTRICT w, ptrdiff_t stride, ptrdiff_t all,
                           Turn turn, float *HWY_RESTRICT kept, ptrdiff_t used, const float *bias, float *HWY_RESTRICT y,
                           ptrdiff_t ldy, Fetches &fetches) {
  constexpr int C = kPackedColumns;
  const SumTag d;
  SumVector sums[R * C];
  float *own = kept + turn.part * R * C * kLanes;
  STRATA_UNROLLED
  for (int i = 0; i < R * C; ++i) sums[i] = turn.first == 0 ? hn::Zero(d) : hn::Load(d, own + i * kLanes);
  const float *ws = Packed ? w + (turn.part * all + turn.first) * C * kLanes : w + turn.first * kSums + turn.part * kLanes;
  const auto step = [&]() HWY_ATTR {
    SumVector rows[R];
    STRATA_UNROLLED
    for (int m = 0; m < R; ++m) rows[m] = hn::Load(d, xs + m * kLanes);
    STRATA_UNROLLED
    for (int n = 0; n < C; ++n) {
      const SumVector column = Packed ? hn::Load(d, ws + n * kLanes) : hn::LoadU(d, ws + n * stride);
      STRATA_UNROLLED
      for (int m = 0; m < R; ++m) sums[m * C + n] = hn::MulAdd(rows[m], column, sums[m * C + n]);
    }
    xs += R * kLanes;
    ws += Packed ? C * kLanes : kSums;
  };
  ptrdiff_t s = 0;
  // At most one line per step.
  for (Fetch *fetch : {&fetches.weights, &fetches.activations}) {
    const ptrdiff_t lines = HWY_MIN(HWY_MIN(turn.steps - s, fetch->each), fetch->lines);
    const char *at = fetch->at;
    for (const ptrdiff_t end = s + lines; s < end; ++s) {
      __builtin_prefetch(at, 0, 2);
      at += 64;
      step();
    }
    fetch->at = at;
    fetch->lines -= lines;
  }
  for (; s < turn.steps; ++s) step();
  if (!turn.last) {
    STRATA_UNROLLED
    for (int i = 0; i < R * C; ++i) hn::Store(sums[i], d, own + i * kLanes);
    return;
  }
  SumVector parts[kParts][R * C];
  STRATA_UNROLLED
  for (int i = 0; i < R * C; ++i) {
    STRATA_UNROLLED
    for (ptrdiff_t p = 0; p + 1 < kParts; ++p) parts[p][i] = hn::Load(d, kept + (p * R * C + i) * kLanes);
    parts[kParts - 1][i] = sums[i];
  }
  HWY_ALIGN float folded[R * C];
  FoldAll<R * C>(parts, folded);
  HWY_ALIGN float biases[C] = {};
  if (bias != nullptr) std::memcpy(biases, bias, static_cast<size_t>(used) * sizeof(float));
  const auto write = [&](ptrdiff_t columns) HWY_ATTR {
    for (int m = 0; m < R; ++m) {
      for (ptrdiff_t n = 0; n < columns; ++n) y[m * ldy + n] = bias != nullptr ? folded[m * C + n] + biases[n] : folded[m * C + n];
    }
  };
  // Nearly always all columns: a constant for the compiler.
  used == C ? write(C) : write(used);
}

// A block of activations, cut into tiles.
struct Tiles {
  ptrdiff_t starts[kMostTiles + 1] = {0};
  int count = 0;

  explicit HWY_INLINE Tiles(ptrdiff_t rows) {
    for (; starts[count] < rows; ++count) starts[count + 1] = starts[count] + NextRows(rows - starts[count]);
  }
};

// One turn of every tile with one group of weights; `x` are the first tile's activations of the chunk.
template <bool Packed>
HWY_INLINE void PackedTurn(const float *x, const Tiles &tiles, const float *group, ptrdiff_t width, Turn turn, float *kept,
                           ptrdiff_t used, const float *bias, float *y, ptrdiff_t ldy, Fetches &fetches) {
  const ptrdiff_t all = PackedSteps(width);
  for (int t = 0; t < tiles.count; ++t, kept += kKept) {
    const ptrdiff_t start = tiles.starts[t], rows = tiles.starts[t + 1] - start;
    const float *xs = x + (start * turn.chunk.steps + rows * (turn.first - turn.chunk.first)) * kLanes;
    float *ys = y + start * ldy;
    switch (rows) {
      case 1: PackedTile<1, Packed>(xs, group, width, all, turn, kept, used, bias, ys, ldy, fetches); break;
      case 2: PackedTile<2, Packed>(xs, group, width, all, turn, kept, used, bias, ys, ldy, fetches); break;
      case 3: PackedTile<3, Packed>(xs, group, width, all, turn, kept, used, bias, ys, ldy, fetches); break;
      default: PackedTile<kTileRows, Packed>(xs, group, width, all, turn, kept, used, bias, ys, ldy, fetches); break;
    }
  }
}

// A single last row would not be a tile of the packed rows.
HWY_INLINE ptrdiff_t BlockEnd(ptrdiff_t first, ptrdiff_t block, ptrdiff_t rows) {
  return rows - first <= block + 1 ? rows : first + block;
}

// y [rows, columns] of packed activations and packed weights, or weights in place: then whole groups of whole steps, and
// registers that hold all partial sums. `kept` has space for KeptFloats; `next` are weights to prefetch.
template <bool Packed>
HWY_INLINE void PackedProduct(const float *x, ptrdiff_t rows, ptrdiff_t block, const float *w, ptrdiff_t columns,
                              ptrdiff_t width, const float *bias, float *y, ptrdiff_t ldy, float *kept, Fetch next) {
  const ptrdiff_t all = PackedSteps(width);
  const ptrdiff_t wide = HWY_MIN(ChunkSteps(all), all);
  const ptrdiff_t turns = TurnSteps(wide);
  const ptrdiff_t groups = (columns + kPackedColumns - 1) / kPackedColumns;
  // The same number of lines for every turn of a tile: more at once would delay the tiles' own reads.
  const ptrdiff_t tile_turns = (rows + kTileRows - 1) / kTileRows * groups * kParts * ((all + turns - 1) / turns);
  Fetches fetches = {next, {}};
  fetches.weights.each = next.lines / HWY_MAX(1, tile_turns) + 1;
  for (ptrdiff_t first = 0, end; first < rows; first = end) {
    end = BlockEnd(first, block, rows);
    const Tiles tiles(end - first);
    for (Chunk chunk = {0, 0}; chunk.first < all; chunk.first += chunk.steps) {
      chunk.steps = HWY_MIN(wide, all - chunk.first);
      const auto packed = [&](Chunk own, ptrdiff_t row, ptrdiff_t part) HWY_ATTR {
        return x + (part * rows * all + rows * own.first + row * own.steps) * kLanes;
      };
      if (block < rows) {
        // The next chunk, or the first one of the next block.
        const bool same = chunk.first + chunk.steps < all;
        const Chunk after = same ? Chunk{chunk.first + chunk.steps, HWY_MIN(wide, all - chunk.first - chunk.steps)} : Chunk{0, wide};
        const ptrdiff_t row = same ? first : end, stop = same || end == rows ? end : BlockEnd(end, block, rows);
        fetches.activations.at = reinterpret_cast<const char *>(packed(after, row, 0));
        fetches.activations.lines = (stop - row) * after.steps * kLanes * ptrdiff_t{sizeof(float)} / 64;
        fetches.activations.each = fetches.activations.lines / (tiles.count * groups * ((chunk.steps + turns - 1) / turns)) + 1;
      }
      for (ptrdiff_t n = 0; n < columns; n += kPackedColumns) {
        float *own = wide < all ? kept + n / kPackedColumns * (kMostTiles * kKept) : kept;
        for (ptrdiff_t part = 0; part < kParts; ++part) {
          for (ptrdiff_t s = 0; s < chunk.steps; s += turns) {
            const ptrdiff_t taken = HWY_MIN(turns, chunk.steps - s);
            const Turn turn = {part, chunk.first + s, taken, chunk, part + 1 == kParts && chunk.first + s + taken == all};
            PackedTurn<Packed>(packed(chunk, first, part), tiles, w + n * all * kSums, width, turn, own,
                               HWY_MIN(kPackedColumns, columns - n), bias != nullptr ? bias + n : nullptr, y + first * ldy + n,
                               ldy, fetches);
          }
        }
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
