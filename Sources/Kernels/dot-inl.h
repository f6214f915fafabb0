// Sums of products in sixteen interleaved partial sums; included once per instruction set by Highway's foreach_target.
#if defined(STRATA_DOT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_DOT_INL_H
#undef STRATA_DOT_INL_H
#else
#define STRATA_DOT_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "fold-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Rows of the largest tile: its partial sums, one part at a time, and their operands fit the registers.
constexpr int kTileRows = kParts == 2 ? 3 : 4;

// Calls `body` with a number of rows, 1 to Most, as a constant.
template <int Most, class Body>
HWY_INLINE void WithRows(ptrdiff_t rows, Body body) {
  if constexpr (Most > 1) {
    if (rows < Most) return WithRows<Most - 1>(rows, body);
  }
  body(std::integral_constant<int, Most>());
}

// Columns of a tile of R rows: enough sums to keep the multipliers busy, and whole groups to fold.
template <int R>
constexpr int TileColumns() {
  return R == 1 ? static_cast<int>(HWY_MAX(kLanes, 8)) : R == 2 ? (kParts == 2 ? 6 : 8) : 4;
}

// y[m, n] = sum_k x[m, k] w[n, k] (+ bias[n]) for an R x C tile; rows `ahead` further on are prefetched, 0 for none.
template <int R, int C>
HWY_INLINE void Tile(const float *HWY_RESTRICT x, ptrdiff_t ldx, const float *HWY_RESTRICT w, ptrdiff_t ldw,
                     ptrdiff_t width, const float *bias, float *HWY_RESTRICT y, ptrdiff_t ldy, ptrdiff_t ahead) {
  const SumTag d;
  const ptrdiff_t whole = width / kSums * kSums;
  // The last few products, padded with zeros to whole registers.
  HWY_ALIGN float tail[R + C][kSums];
  if (whole < width) {
    const size_t bytes = static_cast<size_t>(width - whole) * sizeof(float);
    std::memset(tail, 0, sizeof tail);
    for (int m = 0; m < R; ++m) std::memcpy(tail[m], x + m * ldx + whole, bytes);
    for (int n = 0; n < C; ++n) std::memcpy(tail[R + n], w + n * ldw + whole, bytes);
  }
  SumVector parts[kParts][R * C];
  for (ptrdiff_t p = 0; p < kParts; ++p) {
    SumVector sums[R * C];
    for (int i = 0; i < R * C; ++i) sums[i] = hn::Zero(d);
    const float *xs = x + p * kLanes;
    const float *ws = w + p * kLanes;
    if (ahead != 0 && p == 0) {
      for (ptrdiff_t k = 0; k < whole; k += kSums) {
        SumVector rows[R];
        for (int m = 0; m < R; ++m) rows[m] = hn::LoadU(d, xs + m * ldx + k);
        for (int n = 0; n < C; ++n) {
          const float *column = ws + n * ldw + k;
          __builtin_prefetch(column + ahead * ldw, 0, 2);
          const SumVector values = hn::LoadU(d, column);
          for (int m = 0; m < R; ++m) sums[m * C + n] = hn::MulAdd(rows[m], values, sums[m * C + n]);
        }
      }
    } else {
      for (ptrdiff_t k = 0; k < whole; k += kSums) {
        SumVector rows[R];
        for (int m = 0; m < R; ++m) rows[m] = hn::LoadU(d, xs + m * ldx + k);
        for (int n = 0; n < C; ++n) {
          const SumVector values = hn::LoadU(d, ws + n * ldw + k);
          for (int m = 0; m < R; ++m) sums[m * C + n] = hn::MulAdd(rows[m], values, sums[m * C + n]);
        }
      }
    }
    if (whole < width) {
      for (int n = 0; n < C; ++n) {
        const SumVector values = hn::Load(d, tail[R + n] + p * kLanes);
        for (int m = 0; m < R; ++m) {
          sums[m * C + n] = hn::MulAdd(hn::Load(d, tail[m] + p * kLanes), values, sums[m * C + n]);
        }
      }
    }
    for (int i = 0; i < R * C; ++i) parts[p][i] = sums[i];
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

// All columns for R rows.
template <int R>
HWY_INLINE void Rows(const float *x, ptrdiff_t ldx, const float *w, ptrdiff_t ldw, ptrdiff_t columns, ptrdiff_t width,
                     const float *bias, float *y, ptrdiff_t ldy, bool ahead) {
  constexpr int C = TileColumns<R>();
  ptrdiff_t n = 0;
  for (; n + C <= columns; n += C) {
    Tile<R, C>(x, ldx, w + n * ldw, ldw, width, bias ? bias + n : nullptr, y + n, ldy, ahead ? C : 0);
  }
  if constexpr (C > 4) {
    for (; n + 4 <= columns; n += 4) {
      Tile<R, 4>(x, ldx, w + n * ldw, ldw, width, bias ? bias + n : nullptr, y + n, ldy, 0);
    }
  }
  for (; n < columns; ++n) {
    Tile<R, 1>(x, ldx, w + n * ldw, ldw, width, bias ? bias + n : nullptr, y + n, ldy, 0);
  }
}

// The same for any number of rows up to kTileRows.
HWY_INLINE void RowsOf(ptrdiff_t rows, const float *x, ptrdiff_t ldx, const float *w, ptrdiff_t ldw, ptrdiff_t columns,
                       ptrdiff_t width, const float *bias, float *y, ptrdiff_t ldy, bool ahead) {
  switch (rows) {
    case 1: return Rows<1>(x, ldx, w, ldw, columns, width, bias, y, ldy, ahead);
    case 2: return Rows<2>(x, ldx, w, ldw, columns, width, bias, y, ldy, ahead);
    case 3: return Rows<3>(x, ldx, w, ldw, columns, width, bias, y, ldy, ahead);
    default: return Rows<kTileRows>(x, ldx, w, ldw, columns, width, bias, y, ldy, ahead);
  }
}

// How many of `rows` rows make the next tile: whole tiles, but with high tiles never a last tile of a single row.
HWY_INLINE ptrdiff_t NextRows(ptrdiff_t rows) {
  if (rows <= kTileRows) return rows;
  return rows == kTileRows + 1 && kTileRows > 2 ? kTileRows - 1 : kTileRows;
}

// y [rows, columns] = x [rows, width] times the transpose of w [columns, width], all float32.
//
// `streamed`: w comes from memory and is read once, front to back.
HWY_INLINE void Product(const float *x, ptrdiff_t ldx, ptrdiff_t rows, const float *w, ptrdiff_t ldw,
                        ptrdiff_t columns, ptrdiff_t width, const float *bias, float *y, ptrdiff_t ldy,
                        bool streamed) {
  // A strip of columns stays in the first-level cache during a pass over rows, a block of rows in the second-level cache
  // during a pass over strips.
  const ptrdiff_t strip = TileColumns<1>();
  const ptrdiff_t block = HWY_MAX(kTileRows, (96 * 1024 / (width > 0 ? width : 1)) / kTileRows * kTileRows);
  for (ptrdiff_t first = 0; first < rows; first += block) {
    const ptrdiff_t end = HWY_MIN(rows, first + block);
    for (ptrdiff_t n = 0; n < columns; n += strip) {
      const ptrdiff_t count = HWY_MIN(strip, columns - n);
      for (ptrdiff_t m = first; m < end;) {
        const ptrdiff_t taken = NextRows(end - m);
        RowsOf(taken, x + m * ldx, ldx, w + n * ldw, ldw, count, width, bias ? bias + n : nullptr, y + m * ldy + n, ldy,
               streamed && m == 0);
        m += taken;
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
