// Products of many rows as sums of outer products, a tile of rows by columns at a time; included once per instruction set.
//
// Lanes are columns. A product's sixteen partial sums are taken one after the other, in the order 0 8 4 12 2 10 6 14 1 9 5 13 3
// 11 7 15: so two sums that the tree of `Fold` adds follow each other, and no more than four unfinished sums of a tile wait at
// a time. The result has the bits of `Fold`.
#if defined(STRATA_OUTER_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_OUTER_INL_H
#undef STRATA_OUTER_INL_H
#else
#define STRATA_OUTER_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>

#include "fold-inl.h"
#include "pack-inl.h"
#include "packed.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

// Unfinished sums of one tile and one level of the tree.
constexpr ptrdiff_t kTileSums = kHighTile * kGroup;
constexpr int kLevels = 4;
static_assert(kSums == ptrdiff_t{1} << kLevels, "a tree of halves");

// A product is done in one or several phases, each a part of the turns, so that the packed values of a phase stay in the
// second-level cache. Phases are powers of two: after each, every level of the tree below the phase's own is empty.
struct Phases {
  ptrdiff_t count;  // 1, 2, 4, 8, 16
  int levels;       // of the tree that last from one phase to the next

  // A phase reads about as much of a tile and a group as rows of 2048 do in one.
  explicit HWY_INLINE Phases(ptrdiff_t width) : count(1), levels(0) {
    for (; levels < kLevels && width > 2048 * count; count *= 2) ++levels;
  }
  ptrdiff_t Turns() const { return kSums / count; }
};

// Columns that are packed together: whole groups that leave half of the second-level cache to rows and to prefetched values.
HWY_INLINE ptrdiff_t StripColumns(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t width) {
  const ptrdiff_t groups = HWY_MAX(1, (columns + kGroup - 1) / kGroup);
  const ptrdiff_t slice = TurnSteps(width) * Phases(width).Turns() * kGroup * ptrdiff_t{sizeof(float)};
  // Few rows stay in cache with one group, and what they leave holds the next group's stored bytes.
  const ptrdiff_t most = rows <= kFewTiles * kHighTile ? 1 : HWY_MAX(1, SecondCache() / 20 * 9 / slice);
  const ptrdiff_t strips = (groups + most - 1) / most;
  return (groups + strips - 1) / strips * kGroup;
}

// Sums of a tile and a group that wait for others: those of the levels below a phase's own in `near`, the others in `far`.
struct Waiting {
  float *near, *far;
  int near_levels;
  HWY_INLINE float *Level(int level) const {
    return level < near_levels ? near + level * kTileSums : far + (level - near_levels) * kTileSums;
  }
};

// Where results go: `columns` of the group, and the biases of these unless NULL.
struct Results {
  float *y;
  ptrdiff_t ldy, columns;
  const float *bias;
};

// Turns `first` ..< `end` of R packed rows with one packed group of columns; the last one of all writes the results.
template <int R>
HWY_INLINE void OuterTile(const float *HWY_RESTRICT tile, const float *HWY_RESTRICT group, ptrdiff_t width, ptrdiff_t first,
                          ptrdiff_t end, Waiting waiting, Results results, Fetch &fetch) {
  const SumTag d;
  const ptrdiff_t steps = PackedSteps(width);
  for (ptrdiff_t turn = first; turn < end; ++turn) {
    const float *HWY_RESTRICT a = tile + turn * TurnSteps(width) * R;
    const float *HWY_RESTRICT b = group + turn * TurnSteps(width) * kGroup;
    SumVector sums[R][2];
    STRATA_UNROLLED
    for (int m = 0; m < R; ++m) sums[m][0] = sums[m][1] = hn::Zero(d);
    const auto step = [&]() HWY_ATTR {
      const SumVector lower = hn::Load(d, b), upper = hn::Load(d, b + kLanes);
      STRATA_UNROLLED
      for (int m = 0; m < R; ++m) {
        const SumVector row = hn::Set(d, a[m]);
        sums[m][0] = hn::MulAdd(row, lower, sums[m][0]);
        sums[m][1] = hn::MulAdd(row, upper, sums[m][1]);
      }
      a += R;
      b += kGroup;
    };
    ptrdiff_t s = 0;
    for (; s + 4 <= steps; s += 4) {
      for (ptrdiff_t line = HWY_MIN(fetch.each, fetch.lines); line > 0; --line, --fetch.lines, fetch.at += 64) {
        __builtin_prefetch(fetch.at, 0, 2);
      }
      step();
      step();
      step();
      step();
    }
    for (; s < steps; ++s) step();
    int level = 0;
    for (; (turn >> level & 1) != 0; ++level) {
      const float *other = waiting.Level(level);
      STRATA_UNROLLED
      for (int m = 0; m < R; ++m) {
        sums[m][0] = hn::Add(hn::Load(d, other + m * kGroup), sums[m][0]);
        sums[m][1] = hn::Add(hn::Load(d, other + m * kGroup + kLanes), sums[m][1]);
      }
    }
    if (turn + 1 < kSums) {
      float *own = waiting.Level(level);
      STRATA_UNROLLED
      for (int m = 0; m < R; ++m) {
        hn::Store(sums[m][0], d, own + m * kGroup);
        hn::Store(sums[m][1], d, own + m * kGroup + kLanes);
      }
      continue;
    }
    const auto write = [&](float *y, ptrdiff_t ldy, SumVector lower, SumVector upper) HWY_ATTR {
      STRATA_UNROLLED
      for (int m = 0; m < R; ++m) {
        hn::StoreU(results.bias != nullptr ? hn::Add(sums[m][0], lower) : sums[m][0], d, y + m * ldy);
        hn::StoreU(results.bias != nullptr ? hn::Add(sums[m][1], upper) : sums[m][1], d, y + m * ldy + kLanes);
      }
    };
    if (results.columns == kGroup) {
      const float *bias = results.bias != nullptr ? results.bias : group;
      write(results.y, results.ldy, hn::LoadU(d, bias), hn::LoadU(d, bias + kLanes));
      continue;
    }
    HWY_ALIGN float biases[kGroup] = {}, whole[R * kGroup];
    for (ptrdiff_t n = 0; n < results.columns && results.bias != nullptr; ++n) biases[n] = results.bias[n];
    write(whole, kGroup, hn::Load(d, biases), hn::Load(d, biases + kLanes));
    for (int m = 0; m < R; ++m) {
      for (ptrdiff_t n = 0; n < results.columns; ++n) results.y[m * results.ldy + n] = whole[m * kGroup + n];
    }
  }
}

// The same for any height of a tile.
template <int R = kHighTile>
HWY_INLINE void OuterTileOf(ptrdiff_t rows, const float *tile, const float *group, ptrdiff_t width, ptrdiff_t first,
                            ptrdiff_t end, Waiting waiting, Results results, Fetch &fetch) {
  if constexpr (R > 1) {
    if (rows < R) return OuterTileOf<R - 1>(rows, tile, group, width, first, end, waiting, results, fetch);
  }
  OuterTile<R>(tile, group, width, first, end, waiting, results, fetch);
}

// Floats that wait from one phase to the next during a product of so many columns.
HWY_INLINE ptrdiff_t WaitingFloats(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t width) {
  return Phases(width).levels * Tiles(rows).count * ((columns + kGroup - 1) / kGroup) * kTileSums;
}

// y [rows, columns] of packed rows and packed groups; `far` has space for WaitingFloats, `next` are stored bytes to prefetch
// into the second-level cache.
HWY_INLINE void OuterProduct(const float *x, ptrdiff_t rows, const float *panel, ptrdiff_t columns, ptrdiff_t width,
                             const float *bias, float *y, ptrdiff_t ldy, float *far, Fetch next) {
  const Phases phases(width);
  const Tiles tiles(rows);
  const ptrdiff_t steps = TurnSteps(width), each = PackedFloats(width), turns = phases.Turns();
  const ptrdiff_t groups = (columns + kGroup - 1) / kGroup;
  HWY_ALIGN float near[kLevels * kTileSums];
  // What follows the tiles in cache: the next tile, where not all tiles stay there, and near the end the next stored bytes.
  const bool stay = tiles.count <= kFewTiles;
  const ptrdiff_t passes = HWY_MIN(tiles.count * phases.count, kFewTiles);
  const ptrdiff_t share = (next.lines + passes - 1) / passes;
  ptrdiff_t left = tiles.count * phases.count;
  for (ptrdiff_t phase = 0; phase < phases.count; ++phase) {
    const ptrdiff_t first = phase * turns, end = first + turns;
    for (ptrdiff_t t = 0; t < tiles.count; ++t, --left) {
      const ptrdiff_t start = tiles.Start(t), height = tiles.Start(t + 1) - start;
      Fetch fetch = {};
      if (stay || left <= passes) {
        fetch = {next.at, HWY_MIN(share, next.lines), 0};
        next.at += 64 * fetch.lines;
        next.lines -= fetch.lines;
      } else {
        const ptrdiff_t after = t + 1 < tiles.count ? t + 1 : 0, from = t + 1 < tiles.count ? first : end;
        const ptrdiff_t high = tiles.Start(after + 1) - tiles.Start(after);
        const float *at = x + tiles.Start(after) * each + from * steps * high;
        fetch = {reinterpret_cast<const char *>(at), turns * steps * high / 16, 0};
      }
      fetch.each = fetch.lines / HWY_MAX(1, groups * turns * (steps / 4)) + 1;
      for (ptrdiff_t g = 0; g < groups; ++g) {
        const Waiting waiting = {near, far + (t * groups + g) * phases.levels * kTileSums, kLevels - phases.levels};
        const ptrdiff_t n = g * kGroup;
        OuterTileOf(height, x + start * each, panel + n * each, width, first, end, waiting,
                    {y + start * ldy + n, ldy, HWY_MIN(kGroup, columns - n), bias != nullptr ? bias + n : nullptr}, fetch);
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
