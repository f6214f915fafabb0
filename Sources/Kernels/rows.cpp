#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "blocks-inl.h"
#include "dot-inl.h"
#include "include/strata_decode.h"
#include "panel.h"
#include "rows.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

void MultiplyPanel(const float *x, ptrdiff_t ldx, ptrdiff_t rows, const float *w, ptrdiff_t columns, ptrdiff_t width,
                   const float *bias, float *y, ptrdiff_t ldy) {
  Product(x, ldx, rows, w, width, columns, width, bias, y, ldy);
}

// Multiplies with stored blocks where the format is one of those that are decoded in registers; false where it is not.
bool MultiplyStored(strata_decode decode, const uint8_t *w, ptrdiff_t row_bytes, ptrdiff_t count, ptrdiff_t width,
                    const float *x, ptrdiff_t ldx, ptrdiff_t rows, const float *bias, float *y, ptrdiff_t ldy) {
  const auto multiply = [&](auto product) {
    product(x, ldx, rows, w, row_bytes, count, width, bias, y, ldy);
    return true;
  };
  if (decode == strata_decode_q8_0) return multiply(StoredProduct<BlocksQ80>);
  if (decode == strata_decode_q4_0) return multiply(StoredProduct<BlocksQ40>);
  if (decode == strata_decode_q4_1) return multiply(StoredProduct<BlocksQ41>);
  if (decode == strata_decode_q5_0) return multiply(StoredProduct<BlocksQ50>);
  if (decode == strata_decode_q4_k) return multiply(StoredProduct<BlocksQ4K>);
  if (decode == strata_decode_q6_k) return multiply(StoredProduct<BlocksQ6K>);
  if (decode == strata_decode_bf16 && width % BlocksBF16::kValues == 0) return multiply(StoredProduct<BlocksBF16>);
  return false;
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace strata {

namespace {

HWY_EXPORT(MultiplyPanel);
HWY_EXPORT(MultiplyStored);

// From so many activations on, decoding once into memory is cheaper than decoding for every four of them.
constexpr ptrdiff_t kStoredRows = 4;

}  // namespace

void MultiplyRows(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count, const float *x, ptrdiff_t ldx,
                  ptrdiff_t rows_x, const float *bias, float *y, ptrdiff_t ldy, std::vector<float> &scratch) {
  if (rows_x <= kStoredRows && w.decode != nullptr && w.transposed == 0) {
    const uint8_t *rows = static_cast<const uint8_t *>(w.data) + first * w.row_bytes;
    if (HWY_DYNAMIC_DISPATCH(MultiplyStored)(
            w.decode, rows, w.row_bytes, count, w.columns, x, ldx, rows_x, bias, y, ldy)) {
      return;
    }
  }
  const float *rows = PanelRows(w, first, count, scratch);
  HWY_DYNAMIC_DISPATCH(MultiplyPanel)(x, ldx, rows_x, rows, count, w.columns, bias, y, ldy);
}

}  // namespace strata

#endif
