// Products with weights stored as [in, out] (Conv1D of GPT-2), read along their rows; included once per instruction set.
#if defined(STRATA_TRANSPOSED_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_TRANSPOSED_INL_H
#undef STRATA_TRANSPOSED_INL_H
#else
#define STRATA_TRANSPOSED_INL_H
#endif

#include <hwy/highway.h>

#include "blocks-inl.h"
#include "dot-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

// Sums of R rows that are kept during a pass over stored rows, sixteen per column: they fill half of a small first-level
// cache.
template <int R>
constexpr ptrdiff_t kKeptColumns = 256 / R / kSums * kSums;

// Stored rows that follow each other in the same partial sum and are added at once.
constexpr int kJoined = 4;
constexpr ptrdiff_t kJoinedRows = kJoined * kSums;

// Adds the products of R values and `G` stored rows to one of the partial sums of `groups` times sixteen columns; `sums` of
// one row are `apart` floats from those of the next. Rows `ahead` bytes further on are prefetched.
template <class Format, int R, int G>
HWY_INLINE void AddRows(const float *x, ptrdiff_t ldx, const uint8_t *w, ptrdiff_t row_bytes, ptrdiff_t ahead, ptrdiff_t groups,
                        float *HWY_RESTRICT sums, ptrdiff_t apart) {
  const SumTag d;
  SumVector by[R][G];
  for (int m = 0; m < R; ++m) {
    for (int g = 0; g < G; ++g) by[m][g] = hn::Set(d, x[m * ldx + g * kSums]);
  }
  for (ptrdiff_t i = 0; i < groups; ++i) {
    for (int g = 0; g < G; ++g) __builtin_prefetch(w + g * kSums * row_bytes + ahead + i * Format::kBytes, 0, 2);
    for (ptrdiff_t p = 0; p < kParts; ++p) {
      SumVector values[G];
      for (int g = 0; g < G; ++g) values[g] = Format::Load(w + g * kSums * row_bytes + i * Format::kBytes, {}, 0, p);
      for (int m = 0; m < R; ++m) {
        float *at = sums + m * apart + i * kSums + p * kLanes;
        SumVector sum = hn::Load(d, at);
        for (int g = 0; g < G; ++g) sum = hn::MulAdd(by[m][g], values[g], sum);
        hn::Store(sum, d, at);
      }
    }
  }
}

// y[m, n] = sum_k x[m, k] w[k, n] (+ bias[n]) for R rows of x and `count` columns, whole groups of sixteen. A column's product
// is added in the same sixteen partial sums and folded by the same tree as along a stored row.
template <class Format, int R>
void TransposedColumns(const float *x, ptrdiff_t ldx, const uint8_t *w, ptrdiff_t row_bytes, ptrdiff_t count, ptrdiff_t width,
                       const float *bias, float *y, ptrdiff_t ldy) {
  constexpr ptrdiff_t C = kKeptColumns<R>;
  const SumTag d;
  HWY_ALIGN float sums[R * kSums * C];
  for (ptrdiff_t n = 0; n < count; n += C, w += C / kSums * Format::kBytes) {
    const ptrdiff_t groups = HWY_MIN(C, count - n) / kSums;
    std::memset(sums, 0, sizeof sums);
    for (ptrdiff_t first = 0; first < width; first += kJoinedRows) {
      const ptrdiff_t ahead = first + 2 * kJoinedRows <= width ? kJoinedRows * row_bytes : 0;
      for (ptrdiff_t j = 0; j < kSums; ++j) {
        ptrdiff_t k = first + j;
        if (k + (kJoined - 1) * kSums < width) {
          AddRows<Format, R, kJoined>(x + k, ldx, w + k * row_bytes, row_bytes, ahead, groups, sums + j * C, kSums * C);
          continue;
        }
        for (; k < width; k += kSums) {
          AddRows<Format, R, 1>(x + k, ldx, w + k * row_bytes, row_bytes, 0, groups, sums + j * C, kSums * C);
        }
      }
    }
    for (int m = 0; m < R; ++m) {
      for (ptrdiff_t i = 0; i < groups * kSums; i += kLanes) {
        SumVector tree[kSums];
        for (ptrdiff_t j = 0; j < kSums; ++j) tree[j] = hn::Load(d, sums + (m * kSums + j) * C + i);
        for (ptrdiff_t half = kSums / 2; half > 0; half /= 2) {
          for (ptrdiff_t j = 0; j < half; ++j) tree[j] = hn::Add(tree[j], tree[j + half]);
        }
        const SumVector sum = bias != nullptr ? hn::Add(tree[0], hn::LoadU(d, bias + n + i)) : tree[0];
        hn::StoreU(sum, d, y + m * ldy + n + i);
      }
    }
  }
}

// The same for up to four rows.
template <class Format>
void TransposedProduct(const float *x, ptrdiff_t ldx, ptrdiff_t rows, const uint8_t *w, ptrdiff_t row_bytes, ptrdiff_t count,
                       ptrdiff_t width, const float *bias, float *y, ptrdiff_t ldy) {
  WithRows<4>(rows, [&](auto number) HWY_ATTR {
    TransposedColumns<Format, decltype(number)::value>(x, ldx, w, row_bytes, count, width, bias, y, ldy);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
