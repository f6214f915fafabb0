// Products of a few rows with stored blocks decoded in registers; included once per instruction set.
#if defined(STRATA_STORED_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_STORED_INL_H
#undef STRATA_STORED_INL_H
#else
#define STRATA_STORED_INL_H
#endif

#include <hwy/highway.h>

#include "blocks-inl.h"
#include "dot-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

// The least distance of prefetching in stored rows, in bytes: what memory delivers during the decoding of a few rows.
constexpr ptrdiff_t kAhead = 8192;

// y[m, n] = sum_k x[m, k] w[n, k] (+ bias[n]) for R rows of x and C stored rows, in the partial sums of `Tile`.
template <class Format, int R, int C>
HWY_INLINE void StoredTile(const float *HWY_RESTRICT x, ptrdiff_t ldx, const uint8_t *HWY_RESTRICT w, ptrdiff_t row_bytes,
                           ptrdiff_t width, const float *bias, float *HWY_RESTRICT y, ptrdiff_t ldy) {
  const SumTag d;
  SumVector parts[kParts][R * C];
  for (ptrdiff_t p = 0; p < kParts; ++p) {
    for (int i = 0; i < R * C; ++i) parts[p][i] = hn::Zero(d);
  }
  const ptrdiff_t ahead = HWY_MAX(C * row_bytes, kAhead);
  const uint8_t *blocks = w;
  const float *at = x;
  constexpr ptrdiff_t kGroups = Format::kRun / kSums, kRuns = Format::kValues / Format::kRun;
  for (ptrdiff_t k = 0; k < width; k += Format::kValues, blocks += Format::kBytes) {
    typename Format::Head heads[C];
    Format::Head::OpenAll(blocks, row_bytes, heads);
    for (int n = 0; n < C; ++n) {
      // Prefetches the following bytes, because hardware does not prefetch across pages.
      for (ptrdiff_t line = 0; line < Format::kBytes; line += 64) {
        __builtin_prefetch(blocks + n * row_bytes + ahead + line, 0, 2);
      }
    }
    HWY_UNROLL(8)
    for (ptrdiff_t run = 0; run < kRuns; ++run, at += Format::kRun) {
      if constexpr (kParts == 1) {
        // A plain loop over the rows: data that a run shares is computed just before its use.
        SumVector columns[kGroups][C];
        for (int n = 0; n < C; ++n) {
          const uint8_t *block = blocks + n * row_bytes;
          const auto shared = Format::Start(block, heads[n], run);
          for (ptrdiff_t g = 0; g < kGroups; ++g) columns[g][n] = Format::Load(block, shared, run * kGroups + g, 0);
        }
        for (ptrdiff_t g = 0; g < kGroups; ++g) {
          for (int m = 0; m < R; ++m) {
            const SumVector row = hn::LoadU(d, at + m * ldx + g * kSums);
            for (int n = 0; n < C; ++n) parts[0][m * C + n] = hn::MulAdd(row, columns[g][n], parts[0][m * C + n]);
          }
        }
      } else {
        // With few registers, every value is used as soon as it is decoded.
        for (int n = 0; n < C; ++n) {
          const uint8_t *block = blocks + n * row_bytes;
          // The empty statement hides that rows share activations: a compiler would load these once, and so interleave all rows.
          const float *own = at;
          if constexpr (Format::kOneByOne) asm volatile("" : "+r"(own));
          const auto shared = Format::Start(block, heads[n], run);
          for (ptrdiff_t g = 0; g < kGroups; ++g) {
            for (ptrdiff_t p = 0; p < kParts; ++p) {
              const SumVector column = Format::Load(block, shared, run * kGroups + g, p);
              for (int m = 0; m < R; ++m) {
                const SumVector row = hn::LoadU(d, own + m * ldx + g * kSums + p * kLanes);
                parts[p][m * C + n] = hn::MulAdd(row, column, parts[p][m * C + n]);
              }
            }
          }
        }
      }
    }
  }
  HWY_ALIGN float folded[R * C];
  FoldAll<R * C>(parts, folded);
  for (int m = 0; m < R; ++m) {
    for (int n = 0; n < C; ++n) {
      const float sum = folded[m * C + n];
      y[m * ldy + n] = bias != nullptr ? sum + bias[n] : sum;
    }
  }
}

template <class Format, int R>
HWY_INLINE void StoredColumns(const float *x, ptrdiff_t ldx, const uint8_t *w, ptrdiff_t row_bytes, ptrdiff_t count,
                              ptrdiff_t width, const float *bias, float *y, ptrdiff_t ldy) {
  // Several rows at a time, so that their sums are independent of each other and fit the registers.
  constexpr int C = kParts == 1 ? (R <= 4 ? 4 : 2) : R == 1 ? 4 : R == 2 ? 2 : 1;
  ptrdiff_t n = 0;
  for (; n + C <= count; n += C) {
    StoredTile<Format, R, C>(x, ldx, w + n * row_bytes, row_bytes, width, bias ? bias + n : nullptr, y + n, ldy);
  }
  for (; n < count; ++n) {
    StoredTile<Format, R, 1>(x, ldx, w + n * row_bytes, row_bytes, width, bias ? bias + n : nullptr, y + n, ldy);
  }
}

// Rows that are multiplied together.
constexpr int kStoredTogether = kParts == 1 ? 8 : 4;

// y [rows, count] = x [rows, width] times the transpose of `count` stored rows. Many rows are taken in equal parts, and a strip
// of stored rows stays in cache for all of them.
template <class Format>
void StoredProduct(const float *x, ptrdiff_t ldx, ptrdiff_t rows, const uint8_t *w, ptrdiff_t row_bytes, ptrdiff_t count,
                   ptrdiff_t width, const float *bias, float *y, ptrdiff_t ldy) {
  const ptrdiff_t parts = (rows + kStoredTogether - 1) / kStoredTogether;
  const ptrdiff_t strip = parts == 1 ? HWY_MAX(1, count) : 16;
  for (ptrdiff_t n = 0; n < count; n += strip) {
    for (ptrdiff_t part = 0; part < parts; ++part) {
      const ptrdiff_t first = rows * part / parts, taken = rows * (part + 1) / parts - first;
      WithRows<kStoredTogether>(taken, [&](auto number) HWY_ATTR {
        StoredColumns<Format, decltype(number)::value>(x + first * ldx, ldx, w + n * row_bytes, row_bytes,
                                                       HWY_MIN(strip, count - n), width, bias ? bias + n : nullptr,
                                                       y + first * ldy + n, ldy);
      });
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
