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

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Partial sums of a product, whatever the width of a vector register.
constexpr ptrdiff_t kSums = 16;
using SumTag = hn::CappedTag<float, kSums>;
using SumVector = hn::Vec<SumTag>;
// Registers that hold the sixteen sums.
constexpr ptrdiff_t kLanes = static_cast<ptrdiff_t>(hn::MaxLanes(SumTag()));
constexpr ptrdiff_t kParts = kSums / kLanes;

// Rows and columns of the tile whose partial sums fit the registers.
constexpr int kTileRows = kParts == 1 ? 4 : 2;
constexpr int kTileColumns = kParts == 1 ? 6 : 3;

template <class D>
HWY_INLINE float FoldHalves(D, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) == 1) {
    return hn::GetLane(v);
  } else {
    const hn::Half<D> half;
    return FoldHalves(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

// Adds lane j and j + 8, then j + 4, j + 2, j + 1: the same tree for every register width.
HWY_INLINE float Fold(const SumVector (&sums)[kParts]) {
  const SumTag d;
  if constexpr (kParts == 1) {
    return FoldHalves(d, sums[0]);
  } else if constexpr (kParts == 2) {
    return FoldHalves(d, hn::Add(sums[0], sums[1]));
  } else if constexpr (kParts == 4) {
    return FoldHalves(d, hn::Add(hn::Add(sums[0], sums[2]), hn::Add(sums[1], sums[3])));
  } else {
    float lanes[kSums];
    for (ptrdiff_t p = 0; p < kParts; ++p) hn::StoreU(sums[p], d, lanes + p * kLanes);
    for (ptrdiff_t half = kSums / 2; half > 0; half /= 2) {
      for (ptrdiff_t j = 0; j < half; ++j) lanes[j] += lanes[j + half];
    }
    return lanes[0];
  }
}

// y[m, n] = sum_k x[m, k] w[n, k] (+ bias[n]) for an R x C tile.
template <int R, int C>
HWY_INLINE void Tile(const float *HWY_RESTRICT x, ptrdiff_t ldx, const float *HWY_RESTRICT w, ptrdiff_t ldw,
                     ptrdiff_t width, const float *bias, float *HWY_RESTRICT y, ptrdiff_t ldy) {
  const SumTag d;
  SumVector sums[R][C][kParts];
  for (int m = 0; m < R; ++m) {
    for (int n = 0; n < C; ++n) {
      for (ptrdiff_t p = 0; p < kParts; ++p) sums[m][n][p] = hn::Zero(d);
    }
  }
  ptrdiff_t k = 0;
  for (; k + kSums <= width; k += kSums) {
    for (ptrdiff_t p = 0; p < kParts; ++p) {
      SumVector rows[R];
      for (int m = 0; m < R; ++m) rows[m] = hn::LoadU(d, x + m * ldx + k + p * kLanes);
      for (int n = 0; n < C; ++n) {
        const SumVector column = hn::LoadU(d, w + n * ldw + k + p * kLanes);
        for (int m = 0; m < R; ++m) sums[m][n][p] = hn::MulAdd(rows[m], column, sums[m][n][p]);
      }
    }
  }
  if (k < width) {
    // The last few products, padded with zeros to whole registers.
    const size_t bytes = static_cast<size_t>(width - k) * sizeof(float);
    float a[R][kSums] = {};
    float b[C][kSums] = {};
    for (int m = 0; m < R; ++m) std::memcpy(a[m], x + m * ldx + k, bytes);
    for (int n = 0; n < C; ++n) std::memcpy(b[n], w + n * ldw + k, bytes);
    for (ptrdiff_t p = 0; p < kParts; ++p) {
      for (int n = 0; n < C; ++n) {
        const SumVector column = hn::LoadU(d, b[n] + p * kLanes);
        for (int m = 0; m < R; ++m) {
          sums[m][n][p] = hn::MulAdd(hn::LoadU(d, a[m] + p * kLanes), column, sums[m][n][p]);
        }
      }
    }
  }
  for (int m = 0; m < R; ++m) {
    for (int n = 0; n < C; ++n) {
      const float sum = Fold(sums[m][n]);
      y[m * ldy + n] = bias != nullptr ? sum + bias[n] : sum;
    }
  }
}

template <int C>
HWY_INLINE void Columns(const float *x, ptrdiff_t ldx, ptrdiff_t rows, const float *w, ptrdiff_t ldw, ptrdiff_t width,
                        const float *bias, float *y, ptrdiff_t ldy) {
  ptrdiff_t m = 0;
  for (; m + kTileRows <= rows; m += kTileRows) {
    Tile<kTileRows, C>(x + m * ldx, ldx, w, ldw, width, bias, y + m * ldy, ldy);
  }
  for (; m < rows; ++m) Tile<1, C>(x + m * ldx, ldx, w, ldw, width, bias, y + m * ldy, ldy);
}

// y [rows, columns] = x [rows, width] times the transpose of w [columns, width], all float32.
HWY_INLINE void Product(const float *x, ptrdiff_t ldx, ptrdiff_t rows, const float *w, ptrdiff_t ldw,
                        ptrdiff_t columns, ptrdiff_t width, const float *bias, float *y, ptrdiff_t ldy) {
  // Rows are taken in blocks that stay in the second-level cache while all columns pass.
  const ptrdiff_t block = HWY_MAX(kTileRows, (96 * 1024 / (width > 0 ? width : 1)) / kTileRows * kTileRows);
  for (ptrdiff_t m = 0; m < rows; m += block) {
    const ptrdiff_t count = HWY_MIN(block, rows - m);
    const float *xs = x + m * ldx;
    float *ys = y + m * ldy;
    ptrdiff_t n = 0;
    for (; n + kTileColumns <= columns; n += kTileColumns) {
      Columns<kTileColumns>(xs, ldx, count, w + n * ldw, ldw, width, bias ? bias + n : nullptr, ys + n, ldy);
    }
    for (; n < columns; ++n) {
      Columns<1>(xs, ldx, count, w + n * ldw, ldw, width, bias ? bias + n : nullptr, ys + n, ldy);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
