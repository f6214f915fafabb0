#include "exact.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "dot-inl.h"
#include "formats-inl.h"
#include "packed-inl.h"
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

// Few activations with float32 rows [count, width].
void MultiplyFloats(const float *w, ptrdiff_t count, const Activations &x, const float *bias, float *y, ptrdiff_t ldy,
                    bool streamed) {
  Product(x.rows, x.stride, x.count, w, x.width, count, x.width, bias, y, ldy, streamed);
}

// Lines of stored rows that are worth prefetching during a product.
HWY_INLINE Fetch Ahead(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count) {
  if (w.transposed != 0 || count <= 0) return {};
  return {reinterpret_cast<const char *>(StoredRow(w, first)), count * w.row_bytes / 64};
}

static_assert(kWholeLines % kPackedColumns == 0, "whole groups");

// Up to this number of activations, packing float32 weights costs more than reading them in place.
constexpr ptrdiff_t kInPlaceRows = 256;

// Many activations with rows of any format, packed into groups a strip at a time; float32 rows are read in place if a
// register holds all partial sums and activations are not too many.
void MultiplyPacked(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count, const Activations &x, const float *bias,
                    float *y, ptrdiff_t ldy) {
  const ptrdiff_t padded = PackedSteps(w.columns) * kSums;
  Cut cut = CutOf(x.count, count, w.columns);
  if (w.transposed != 0) cut.strip = kWholeLines;
  float *kept = OwnBuffers().kept.Floats(KeptFloats(cut.strip, w.columns));
  const RowKernels &kernels = RowKernelsOf(w);
  const auto transpose = w.transposed != 0 ? kernels.groups_transposed : nullptr;
  const auto decode = w.transposed == 0 && w.columns % kernels.values == 0 ? kernels.group : nullptr;
  if (kParts == 1 && x.count <= kInPlaceRows && InPlace(w) && padded == w.columns && count >= kPackedColumns) {
    for (ptrdiff_t n = 0; n < count / kPackedColumns * kPackedColumns; n += cut.strip) {
      const ptrdiff_t taken = std::min(cut.strip, count / kPackedColumns * kPackedColumns - n);
      PackedProduct<false>(x.packed, x.count, cut.block, reinterpret_cast<const float *>(StoredRow(w, first + n)), taken, w.columns,
                           bias != nullptr ? bias + n : nullptr, y + n, ldy, kept,
                           Ahead(w, first + n + taken, std::min(taken, count - n - taken)));
    }
    const ptrdiff_t done = count / kPackedColumns * kPackedColumns;
    first += done;
    count -= done;
    bias = bias != nullptr ? bias + done : nullptr;
    y += done;
  }
  for (ptrdiff_t n = 0; n < count; n += cut.strip) {
    const ptrdiff_t taken = std::min(cut.strip, count - n);
    float *panel = OwnBuffers().panel.Floats((taken + kPackedColumns - 1) / kPackedColumns * kPackedColumns * padded);
    if (transpose != nullptr) transpose(StoredColumn(w, first + n), w.row_bytes, taken, w.columns, panel);
    for (ptrdiff_t i = 0; decode != nullptr && i < taken; i += kPackedColumns) {
      decode(StoredRow(w, first + n + i), w.row_bytes, std::min(kPackedColumns, taken - i), w.columns, panel + i * padded);
    }
    for (ptrdiff_t i = 0; !transpose && !decode && i < taken; i += kPackedColumns) {
      const ptrdiff_t rows = std::min(kPackedColumns, taken - i);
      const float *values = PanelRows(w, first + n + i, rows, OwnBuffers().row);
      if (rows < kPackedColumns) std::fill(panel + i * padded, panel + (i + kPackedColumns) * padded, 0.0f);
      PackRows(values, w.columns, rows, w.columns, kPackedColumns, kPackedColumns * padded / kParts, panel + i * padded);
    }
    PackedProduct<true>(x.packed, x.count, cut.block, panel, taken, w.columns, bias != nullptr ? bias + n : nullptr, y + n,
                        ldy, kept, Ahead(w, first + n + taken, std::min(cut.strip, count - n - taken)));
  }
}

// Groups of packed activations from row `first` to `end`, which are starts of groups.
void Pack(const float *x, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t end, ptrdiff_t rows, ptrdiff_t width,
          float *packed) {
  const ptrdiff_t all = PackedSteps(width), wide = ChunkSteps(all);
  for (ptrdiff_t m = first; m < end;) {
    const ptrdiff_t taken = NextRows(rows - m);
    for (ptrdiff_t s = 0; s < all; s += wide) {
      const ptrdiff_t steps = std::min(wide, all - s);
      PackRows(x + m * stride + s * kSums, stride, taken, std::min(steps * kSums, width - s * kSums), taken, rows * all * kLanes,
               packed + (rows * s + m * steps) * kLanes);
    }
    m += taken;
  }
}

ptrdiff_t TileHeight() { return kTileRows; }

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
HWY_EXPORT(TileHeight);

// Up to this number of activations, stored numbers are decoded again for every four of them, or read in place.
constexpr ptrdiff_t kStoredRows = 4;
constexpr ptrdiff_t kFloatRows = 8;

bool Few(const strata_matrix &w, ptrdiff_t rows) {
  return rows <= (w.decode == nullptr && w.transposed == 0 ? kFloatRows : kStoredRows);
}

}  // namespace

Activations TakeUp(strata_pool &pool, const float *x, ptrdiff_t stride, ptrdiff_t rows, const strata_matrix &w) {
  Activations taken = {x, stride, rows, w.columns, nullptr};
  if (Few(w, rows)) return taken;
  float *packed = pool.buffer().Floats(rows * PackedSteps(w.columns) * 16);
  const ptrdiff_t step = 8 * HWY_DYNAMIC_DISPATCH(TileHeight)();
  const auto pack = HWY_DYNAMIC_DISPATCH(Pack);
  // The last task takes all remaining rows, because their grouping depends on their number.
  const ptrdiff_t tasks = std::max<ptrdiff_t>(1, (rows - 2) / step);
  pool.Run(tasks, [&](ptrdiff_t task, ptrdiff_t) {
    pack(x, stride, task * step, task + 1 == tasks ? rows : (task + 1) * step, rows, w.columns, packed);
  });
  taken.packed = packed;
  return taken;
}

void MultiplyRows(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count, const Activations &x, const float *bias,
                  float *y, ptrdiff_t ldy) {
  if (x.packed != nullptr) {
    HWY_DYNAMIC_DISPATCH(MultiplyPacked)(w, first, count, x, bias, y, ldy);
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
    // Rows are decoded into a panel that stays in cache.
    const ptrdiff_t strip = whole ? count : std::max<ptrdiff_t>(16, 32 * 1024 / std::max<ptrdiff_t>(1, w.columns));
    for (ptrdiff_t n = 0; n < count; n += strip) {
      const ptrdiff_t taken = std::min(strip, count - n);
      const float *rows = PanelRows(w, first + n, taken, scratch);
      HWY_DYNAMIC_DISPATCH(MultiplyFloats)(rows, taken, x, bias != nullptr ? bias + n : nullptr, y + n, ldy, whole);
    }
  }
}

}  // namespace strata

#endif
