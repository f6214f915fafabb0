// Rows and columns packed for outer products; included once per instruction set by Highway's foreach_target.
//
// Both sides are packed by partial sum, in the order in which `OuterTile` takes the sixteen of them: all steps of the first one,
// then all steps of the second one, with the values of a tile's rows, or of a group's columns, side by side. Places past the
// width are zeros.
#if defined(STRATA_PACK_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_PACK_INL_H
#undef STRATA_PACK_INL_H
#else
#define STRATA_PACK_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "blocks-inl.h"
#include "fold-inl.h"
#include "packed.h"

#ifndef STRATA_UNROLLED
// Before a short loop over registers: sums stay in registers only where no loop is left, which -O2 does not see to by itself.
#define STRATA_UNROLLED _Pragma("clang loop unroll(full)")
#endif

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

// Columns of a group: two registers.
constexpr ptrdiff_t kGroup = 2 * kLanes;
// Rows of the highest tile: its sums, two registers of columns and one value of a row fit 32 registers, or 16.
#if HWY_ARCH_ARM || (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)
constexpr int kHighTile = 14;
#else
constexpr int kHighTile = 6;
#endif

// The turn of partial sum `k`: its four bits reversed.
constexpr ptrdiff_t Turn(ptrdiff_t k) { return ((k & 1) << 3) | ((k & 2) << 1) | ((k & 4) >> 1) | ((k & 8) >> 3); }

// Transposes blocks of four lanes by four vectors.
HWY_INLINE void TransposeBlocks(SumVector *v) {
  const SumTag d;
  if constexpr (kLanes >= 4) {
    STRATA_UNROLLED
    for (ptrdiff_t i = 0; i < kLanes; i += 4) {
      const SumVector even = hn::InterleaveLower(d, v[i], v[i + 2]), odd = hn::InterleaveLower(d, v[i + 1], v[i + 3]);
      const SumVector even_up = hn::InterleaveUpper(d, v[i], v[i + 2]), odd_up = hn::InterleaveUpper(d, v[i + 1], v[i + 3]);
      v[i] = hn::InterleaveLower(d, even, odd);
      v[i + 1] = hn::InterleaveUpper(d, even, odd);
      v[i + 2] = hn::InterleaveLower(d, even_up, odd_up);
      v[i + 3] = hn::InterleaveUpper(d, even_up, odd_up);
    }
  }
}

// Lane j of vector i becomes lane i of vector j.
HWY_INLINE void Transpose(SumVector *v) {
  const SumTag d;
  TransposeBlocks(v);
  // Then whole blocks of four lanes.
  if constexpr (kLanes == 8) {
    STRATA_UNROLLED
    for (ptrdiff_t i = 0; i < 4; ++i) {
      const SumVector lower = hn::ConcatLowerLower(d, v[i + 4], v[i]);
      v[i + 4] = hn::ConcatUpperUpper(d, v[i + 4], v[i]);
      v[i] = lower;
    }
  } else if constexpr (kLanes == 16) {
    const auto even = [](SumVector a, SumVector b) HWY_ATTR { return hn::OddEvenBlocks(hn::SwapAdjacentBlocks(b), a); };
    const auto odd = [](SumVector a, SumVector b) HWY_ATTR { return hn::OddEvenBlocks(b, hn::SwapAdjacentBlocks(a)); };
    STRATA_UNROLLED
    for (ptrdiff_t i = 0; i < 4; ++i) {
      const SumVector even0 = even(v[i], v[i + 4]), odd0 = odd(v[i], v[i + 4]);
      const SumVector even1 = even(v[i + 8], v[i + 12]), odd1 = odd(v[i + 8], v[i + 12]);
      v[i] = hn::ConcatLowerLower(d, even1, even0);
      v[i + 4] = hn::ConcatLowerLower(d, odd1, odd0);
      v[i + 8] = hn::ConcatUpperUpper(d, even1, even0);
      v[i + 12] = hn::ConcatUpperUpper(d, odd1, odd0);
    }
  }
  static_assert(kLanes == 1 || kLanes == 4 || kLanes == 8 || kLanes == 16, "blocks of four lanes, or no vectors");
}

// The transpose of kLanes rows of kLanes floats in memory, `ld` floats apart.
HWY_INLINE void LoadTransposed(const float *at, ptrdiff_t ld, SumVector *v) {
  const SumTag d;
  if constexpr (kLanes == 8) {
    // The halves of two registers are loaded to their places: fewer instructions than to move them.
    const hn::Half<SumTag> half;
    STRATA_UNROLLED
    for (ptrdiff_t i = 0; i < kLanes; ++i) {
      const float *first = at + i % 4 * ld + i / 4 * 4;
      v[i] = hn::Combine(d, hn::LoadU(half, first + 4 * ld), hn::LoadU(half, first));
    }
    TransposeBlocks(v);
  } else {
    STRATA_UNROLLED
    for (ptrdiff_t i = 0; i < kLanes; ++i) v[i] = hn::LoadU(d, at + i * ld);
    Transpose(v);
  }
}

// Stores kLanes columns' values of one step and part: `at` is the step's place in the first turn, turns are `apart` floats apart.
HWY_INLINE void StoreTurns(const SumVector *v, ptrdiff_t part, ptrdiff_t apart, float *HWY_RESTRICT at) {
  const SumTag d;
  STRATA_UNROLLED
  for (ptrdiff_t i = 0; i < kLanes; ++i) hn::Store(v[i], d, at + Turn(part * kLanes + i) * apart);
}

// Decodes and packs `steps` steps of kLanes stored rows, whole blocks; rows from `there` on become zeros.
template <class Format>
HWY_INLINE void PackLanes(const uint8_t *w, ptrdiff_t row_bytes, ptrdiff_t there, ptrdiff_t steps, ptrdiff_t apart,
                          float *HWY_RESTRICT at) {
  const SumTag d;
  if constexpr (Format::kValues == kSums) {
    for (ptrdiff_t s = 0; s < steps; ++s, w += Format::kBytes, at += kGroup) {
      STRATA_UNROLLED
      for (ptrdiff_t p = 0; p < kParts; ++p) {
        SumVector v[kLanes];
        STRATA_UNROLLED
        for (ptrdiff_t n = 0; n < kLanes; ++n) v[n] = n < there ? Format::Load(w + n * row_bytes, {}, 0, p) : hn::Zero(d);
        Transpose(v);
        StoreTurns(v, p, apart, at);
      }
    }
  } else {
    // The values of several blocks of every row go through memory: all of them would not fit the registers.
    constexpr ptrdiff_t kSteps = Format::kValues / kSums, kRunSteps = Format::kRun / kSums, kRuns = Format::kValues / Format::kRun;
    constexpr ptrdiff_t kBlocks = HWY_MAX(1, 256 / Format::kValues);
    HWY_ALIGN float values[kLanes][kBlocks * Format::kValues];
    for (ptrdiff_t n = there; n < kLanes; ++n) std::memset(values[n], 0, sizeof values[n]);
    for (ptrdiff_t done = 0; done < steps; done += kBlocks * kSteps, w += kBlocks * Format::kBytes) {
      const ptrdiff_t blocks = kBlocks == 1 ? 1 : HWY_MIN(kBlocks, (steps - done) / kSteps);
      for (ptrdiff_t n = 0; n < there; ++n) {
        const uint8_t *row = w + n * row_bytes;
        // Blocks of a row, several of which are opened together.
        const auto decode = [&](auto number, ptrdiff_t first) HWY_ATTR {
          constexpr int kNumber = decltype(number)::value;
          const uint8_t *block = row + first * Format::kBytes;
          float *to = values[n] + first * Format::kValues;
          typename Format::Head heads[kNumber];
          Format::Head::OpenAll(block, Format::kBytes, heads);
          for (int b = 0; b < kNumber; ++b, block += Format::kBytes) {
            HWY_UNROLL(8)
            for (ptrdiff_t run = 0; run < kRuns; ++run) {
              const auto shared = Format::Start(block, heads[b], run);
              for (ptrdiff_t s = run * kRunSteps; s < (run + 1) * kRunSteps; ++s) {
                for (ptrdiff_t p = 0; p < kParts; ++p, to += kLanes) hn::Store(Format::Load(block, shared, s, p), d, to);
              }
            }
          }
        };
        ptrdiff_t b = 0;
        if constexpr (kBlocks >= 4) {
          for (; b + 4 <= blocks; b += 4) decode(std::integral_constant<int, 4>(), b);
        }
        for (; b < blocks; ++b) decode(std::integral_constant<int, 1>(), b);
      }
      for (ptrdiff_t s = 0; s < blocks * kSteps; ++s, at += kGroup) {
        STRATA_UNROLLED
        for (ptrdiff_t p = 0; p < kParts; ++p) {
          SumVector v[kLanes];
          LoadTransposed(values[0] + s * kSums + p * kLanes, kBlocks * Format::kValues, v);
          StoreTurns(v, p, apart, at);
        }
      }
    }
  }
}

// How many of kLanes columns from `first` on are there.
constexpr ptrdiff_t There(ptrdiff_t first, ptrdiff_t count) { return HWY_MAX(0, HWY_MIN(kLanes, count - first)); }

// Packs up to kGroup stored rows of whole blocks; missing ones become zeros.
template <class Format>
void PackStored(const uint8_t *w, ptrdiff_t row_bytes, ptrdiff_t count, ptrdiff_t width, float *HWY_RESTRICT group) {
  for (ptrdiff_t first = 0; first < kGroup; first += kLanes) {
    PackLanes<Format>(w + first * row_bytes, row_bytes, There(first, count), width / kSums, TurnSteps(width) * kGroup,
                      group + first);
  }
}

// Packs up to kGroup rows of float32, `ldw` floats apart, of any width; missing ones become zeros.
HWY_INLINE void PackFloats(const float *w, ptrdiff_t ldw, ptrdiff_t count, ptrdiff_t width, float *HWY_RESTRICT group) {
  const ptrdiff_t steps = PackedSteps(width), apart = TurnSteps(width) * kGroup;
  const auto pack = [&](const float *at, ptrdiff_t ld, float *to) HWY_ATTR {
    STRATA_UNROLLED
    for (ptrdiff_t p = 0; p < kParts; ++p) {
      SumVector v[kLanes];
      LoadTransposed(at + p * kLanes, ld, v);
      StoreTurns(v, p, apart, to);
    }
  };
  for (ptrdiff_t first = 0; first < kGroup; first += kLanes) {
    const ptrdiff_t there = There(first, count);
    const float *rows = w + first * ldw;
    const ptrdiff_t whole = there == kLanes ? width / kSums : 0;
    for (ptrdiff_t s = 0; s < whole; ++s) pack(rows + s * kSums, ldw, group + s * kGroup + first);
    for (ptrdiff_t s = whole; s < steps; ++s) {
      HWY_ALIGN float padded[kLanes * kSums] = {};
      for (ptrdiff_t n = 0; n < there; ++n) {
        for (ptrdiff_t k = s * kSums; k < HWY_MIN(width, (s + 1) * kSums); ++k) padded[n * kSums + k % kSums] = rows[n * ldw + k];
      }
      pack(padded, kSums, group + s * kGroup + first);
    }
  }
}

// Distance of prefetching in stored rows: hardware does not prefetch when each row is on another page.
constexpr ptrdiff_t kAheadRows = 16;

// Packs `count` columns of rows stored as [in, out] into groups; missing columns of the last group and places past the width
// become zeros.
template <class Format>
void PackTransposed(const uint8_t *w, ptrdiff_t row_bytes, ptrdiff_t count, ptrdiff_t width, float *HWY_RESTRICT panel) {
  const SumTag d;
  constexpr ptrdiff_t kBytes = Format::kBytes / kSums;
  const ptrdiff_t apart = TurnSteps(width), padded = PackedSteps(width) * kSums;
  for (ptrdiff_t k = 0; k < padded; ++k) {
    const uint8_t *row = w + k * row_bytes;
    for (ptrdiff_t line = 0; k + kAheadRows < width && line < count * kBytes; line += 64) {
      __builtin_prefetch(row + kAheadRows * row_bytes + line, 0, 2);
    }
    float *at = panel + (Turn(k % kSums) * apart + k / kSums) * kGroup;
    for (ptrdiff_t n = 0; n < count; n += kGroup, at += kGroup * PackedFloats(width)) {
      for (ptrdiff_t first = 0; first < kGroup; first += kLanes) {
        const ptrdiff_t there = k < width ? There(first, count - n) : 0;
        if (there == kLanes) {
          hn::Store(Format::Values(d, row + (n + first) * kBytes), d, at + first);
          continue;
        }
        const hn::CappedTag<float, 1> one;
        for (ptrdiff_t i = 0; i < kLanes; ++i) {
          at[first + i] = i < there ? hn::GetLane(Format::Values(one, row + (n + first + i) * kBytes)) : 0;
        }
      }
    }
  }
}

// How rows are cut into tiles of about the same height.
struct Tiles {
  ptrdiff_t rows, count;
  explicit HWY_INLINE Tiles(ptrdiff_t all) : rows(all), count((all + kHighTile - 1) / kHighTile) {}
  HWY_INLINE ptrdiff_t Start(ptrdiff_t tile) const { return rows * tile / count; }
};

// Packs the `rows` rows of one tile, `ldx` floats apart.
HWY_INLINE void PackTile(const float *x, ptrdiff_t ldx, ptrdiff_t rows, ptrdiff_t width, float *HWY_RESTRICT tile) {
  const SumTag d;
  const ptrdiff_t steps = PackedSteps(width), whole = width / kSums, apart = TurnSteps(width) * rows;
  for (ptrdiff_t s = 0; s < steps; ++s) {
    for (ptrdiff_t first = 0; first < rows; first += kLanes) {
      const float *at = x + first * ldx + s * kSums;
      float *to = tile + s * rows + first;
      if (s < whole && s * rows + first + kLanes <= steps * rows) {
        // Lanes without a row of their own are written over by the next step's.
        STRATA_UNROLLED
        for (ptrdiff_t p = 0; p < kParts; ++p) {
          SumVector v[kLanes];
          STRATA_UNROLLED
          for (ptrdiff_t m = 0; m < kLanes; ++m) v[m] = hn::LoadU(d, at + HWY_MIN(m, rows - first - 1) * ldx + p * kLanes);
          Transpose(v);
          STRATA_UNROLLED
          for (ptrdiff_t k = 0; k < kLanes; ++k) hn::StoreU(v[k], d, to + Turn(p * kLanes + k) * apart);
        }
        continue;
      }
      for (ptrdiff_t m = 0; m < HWY_MIN(kLanes, rows - first); ++m) {
        for (ptrdiff_t k = 0; k < kSums; ++k) {
          to[Turn(k) * apart + m] = s * kSums + k < width ? at[m * ldx + k] : 0;
        }
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
