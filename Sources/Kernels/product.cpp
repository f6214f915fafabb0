// Products of activations with stored weights: panels of rows are decoded once and shared by all activations.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "dot-inl.h"
#include "include/strata_kernels.h"
#include "panel.h"
#include "pool.h"
#include "rows.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

float Dot(const float *a, const float *b, ptrdiff_t count) {
  float sum;
  Tile<1, 1>(a, count, b, count, count, nullptr, &sum, 1, 0);
  return sum;
}

const char *InstructionSet() { return hwy::TargetName(HWY_TARGET); }

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace strata {
namespace {

HWY_EXPORT(Dot);
HWY_EXPORT(InstructionSet);

// Whole tiles of every kind, and of packed groups alone.
constexpr ptrdiff_t kWide = 48, kNarrow = 12;

void Multiply(strata_pool &pool, const float *x, ptrdiff_t ldx, ptrdiff_t rows_x, const strata_matrix &w,
              const float *bias, float *y, ptrdiff_t ldy) {
  const Activations taken = TakeUp(pool, x, ldx, rows_x, w);
  // Several shares for every thread, so that a slow one does not hold up the rest.
  const ptrdiff_t share = w.rows / (4 * pool.threads());
  const ptrdiff_t unit = share < 2 * kWide ? kNarrow : kWide;
  const ptrdiff_t step = std::max(unit, (share + unit - 1) / unit * unit);
  pool.Run((w.rows + step - 1) / step, [&](ptrdiff_t task, ptrdiff_t) {
    const ptrdiff_t first = task * step;
    MultiplyRows(w, first, std::min(step, w.rows - first), taken, bias != nullptr ? bias + first : nullptr, y + first,
                 ldy);
  });
}

float DotOf(const float *a, const float *b, ptrdiff_t count) { return HWY_DYNAMIC_DISPATCH(Dot)(a, b, count); }

const char *NameOfInstructionSet() { return HWY_DYNAMIC_DISPATCH(InstructionSet)(); }

}  // namespace
}  // namespace strata

void strata_multiply(strata_pool *pool, const float *x, ptrdiff_t ldx, ptrdiff_t rows_x, const strata_matrix *w,
                     const float *bias, float *y, ptrdiff_t ldy) {
  strata::Multiply(*pool, x, ldx, rows_x, *w, bias, y, ldy);
}

float strata_dot(const float *a, const float *b, ptrdiff_t count) { return strata::DotOf(a, b, count); }

const char *strata_instruction_set(void) { return strata::NameOfInstructionSet(); }

#endif
