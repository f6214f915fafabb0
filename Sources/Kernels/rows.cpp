#include "exact.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "dot-inl.h"
#include "formats-inl.h"
#include "outer-inl.h"
#include "panel.h"
#include "pool.h"
#include "rows.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

const uint8_t *StoredRow(const strata_matrix &w, ptrdiff_t row) {
  return static_cast<const uint8_t *>(w.data) + row * w.row_bytes;
}

// The first value of a row of a matrix that is stored as [in, out].
const uint8_t *StoredColumn(const strata_matrix &w, ptrdiff_t row) {
  return static_cast<const uint8_t *>(w.data) + row * w.value_bytes;
}

// Few activations with stored blocks; false when the format is not decoded in registers.
bool MultiplyStored(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count, const Activations &x, const float *bias,
                    float *y, ptrdiff_t ldy) {
  const RowKernels &kernels = RowKernelsOf(w);
  if (w.transposed != 0 || kernels.multiply == nullptr || w.columns % kernels.values != 0) return false;
  kernels.multiply(x.rows, x.stride, x.count, StoredRow(w, first), w.row_bytes, count, w.columns, bias, y, ldy);
  return true;
}

// The same with rows [first, first + count) of a matrix stored as [in, out]; returns how many of them, counted from the
// first, were multiplied.
ptrdiff_t MultiplyTransposed(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count, const Activations &x, const float *bias,
                             float *y, ptrdiff_t ldy) {
  const auto multiply = RowKernelsOf(w).multiply_transposed;
  if (w.transposed == 0 || multiply == nullptr) return 0;
  const ptrdiff_t whole = count / kSums * kSums;
  multiply(x.rows, x.stride, x.count, StoredColumn(w, first), w.row_bytes, whole, w.columns, bias, y, ldy);
  return whole;
}

// Few activations with float32 rows [count, width], `ldw` floats apart.
void MultiplyFloats(const float *w, ptrdiff_t ldw, ptrdiff_t count, const Activations &x, const float *bias, float *y,
                    ptrdiff_t ldy, bool streamed) {
  Product(x.rows, x.stride, x.count, w, ldw, count, x.width, bias, y, ldy, streamed);
}

// Lines of stored rows that are worth prefetching during a product.
HWY_INLINE Fetch Ahead(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count) {
  if (w.transposed != 0 || count <= 0) return {};
  return {reinterpret_cast<const char *>(StoredRow(w, first)), count * w.row_bytes / 64};
}

// A matrix stored as [in, out] is read along its rows, each on a page of its own: columns that are whole cache lines in every
// format, and enough of them to be worth the page.
constexpr ptrdiff_t kWholeLines = 64;

// Packs `count` <= kGroup columns of any format from `first` on.
void PackGroup(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count, float *group) {
  const RowKernels &kernels = RowKernelsOf(w);
  if (w.transposed == 0 && kernels.pack != nullptr && w.columns % kernels.values == 0) {
    kernels.pack(StoredRow(w, first), w.row_bytes, count, w.columns, group);
  } else if (InPlace(w)) {
    PackFloats(reinterpret_cast<const float *>(StoredRow(w, first)), w.row_bytes / ptrdiff_t{sizeof(float)}, count, w.columns, group);
  } else {
    PackFloats(PanelRows(w, first, count, OwnBuffers().row), w.columns, count, w.columns, group);
  }
}

// Many activations with rows of any format, which are packed a strip at a time.
void MultiplyPacked(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count, const Activations &x, const float *bias,
                    float *y, ptrdiff_t ldy, ptrdiff_t following) {
  const ptrdiff_t padded = PackedFloats(w.columns);
  const ptrdiff_t strip = std::max(StripColumns(x.count, count, w.columns), w.transposed != 0 ? kWholeLines : kGroup);
  float *panel = OwnBuffers().panel.Floats(strip * padded);
  float *waiting = OwnBuffers().waiting.Floats(WaitingFloats(x.count, strip, w.columns));
  const auto pack_transposed = w.transposed != 0 ? RowKernelsOf(w).pack_transposed : nullptr;
  for (ptrdiff_t n = 0; n < count; n += strip) {
    const ptrdiff_t taken = std::min(strip, count - n);
    if (pack_transposed != nullptr) {
      pack_transposed(StoredColumn(w, first + n), w.row_bytes, taken, w.columns, panel);
    } else {
      for (ptrdiff_t i = 0; i < taken; i += kGroup) PackGroup(w, first + n + i, std::min(kGroup, taken - i), panel + i * padded);
    }
    OuterProduct(x.packed, x.count, panel, taken, w.columns, bias != nullptr ? bias + n : nullptr, y + n, ldy, waiting,
                 Ahead(w, first + n + taken, std::min(strip, count + following - n - taken)));
  }
}

// Packs tiles `first` ..< `end` of activations.
void Pack(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t first, ptrdiff_t end, float *packed) {
  const Tiles tiles(rows);
  for (ptrdiff_t t = first; t < end; ++t) {
    const ptrdiff_t start = tiles.Start(t);
    PackTile(x + start * stride, stride, tiles.Start(t + 1) - start, width, packed + start * PackedFloats(width));
  }
}

ptrdiff_t TileCount(ptrdiff_t rows) { return Tiles(rows).count; }

// Whether packing costs more than it saves: so few activations multiply stored numbers as these are decoded, or read in place.
// Measured: decoding twice is faster than packing, with AVX-512 unless the first-level cache holds far from all activations of
// a part, so that they come slower than the multipliers take them.
bool AreFew(const strata_matrix &w, ptrdiff_t rows) {
  if (w.decode == nullptr && w.transposed == 0) return rows <= 8;
  if (w.transposed != 0) return rows <= 4;
  return rows <= (kParts == 1 && w.columns > 4096 ? 1 : 2) * kStoredTogether;
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace strata {

namespace {

HWY_EXPORT(MultiplyStored);
HWY_EXPORT(MultiplyTransposed);
HWY_EXPORT(MultiplyFloats);
HWY_EXPORT(MultiplyPacked);
HWY_EXPORT(Pack);
HWY_EXPORT(TileCount);
HWY_EXPORT(AreFew);

}  // namespace

Activations TakeUp(strata_pool &pool, const float *x, ptrdiff_t stride, ptrdiff_t rows, const strata_matrix &w) {
  Activations taken = {x, stride, rows, w.columns, nullptr};
  if (HWY_DYNAMIC_DISPATCH(AreFew)(w, rows)) return taken;
  float *packed = pool.buffer().Floats(rows * PackedFloats(w.columns));
  const ptrdiff_t tiles = HWY_DYNAMIC_DISPATCH(TileCount)(rows);
  const auto pack = HWY_DYNAMIC_DISPATCH(Pack);
  pool.Run(tiles, [&](ptrdiff_t tile, ptrdiff_t) { pack(x, stride, rows, w.columns, tile, tile + 1, packed); });
  taken.packed = packed;
  return taken;
}

void MultiplyRows(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count, const Activations &x, const float *bias,
                  float *y, ptrdiff_t ldy, ptrdiff_t following) {
  if (x.packed != nullptr) {
    HWY_DYNAMIC_DISPATCH(MultiplyPacked)(w, first, count, x, bias, y, ldy, following);
    return;
  }
  if (w.transposed != 0) {
    const ptrdiff_t done = HWY_DYNAMIC_DISPATCH(MultiplyTransposed)(w, first, count, x, bias, y, ldy);
    first += done;
    count -= done;
    y += done;
    bias = bias != nullptr ? bias + done : nullptr;
  }
  if (!HWY_DYNAMIC_DISPATCH(MultiplyStored)(w, first, count, x, bias, y, ldy)) {
    Buffer &scratch = OwnBuffers().panel;
    const bool whole = InPlace(w);
    // Rows of several matrices may alternate in a file.
    const ptrdiff_t apart = whole ? w.row_bytes / ptrdiff_t{sizeof(float)} : w.columns;
    // Rows are decoded into a panel that stays in cache.
    const ptrdiff_t strip = whole ? count : std::max<ptrdiff_t>(16, 32 * 1024 / std::max<ptrdiff_t>(1, w.columns));
    for (ptrdiff_t n = 0; n < count; n += strip) {
      const ptrdiff_t taken = std::min(strip, count - n);
      const float *rows = PanelRows(w, first + n, taken, scratch);
      HWY_DYNAMIC_DISPATCH(MultiplyFloats)(rows, apart, taken, x, bias != nullptr ? bias + n : nullptr, y + n, ldy, whole);
    }
  }
}

}  // namespace strata

#endif
