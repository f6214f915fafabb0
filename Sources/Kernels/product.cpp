// Products of activations with stored weights: panels of rows are decoded once and shared by all activations.
#include "exact.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "dot-inl.h"
#include "include/strata_kernels.h"
#include "packed.h"
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

void Multiply(strata_pool &pool, const float *x, ptrdiff_t ldx, ptrdiff_t rows_x, const strata_matrix &w,
              const float *bias, float *y, ptrdiff_t ldy) {
  const Activations taken = TakeUp(pool, x, ldx, rows_x, w);
  // Several shares for every thread, so that a slow thread does not delay the rest; of about equal size, because the call
  // waits for the last one.
  const ptrdiff_t unit = taken.packed != nullptr || w.transposed != 0 ? kWholeGroups : kFewColumns;
  const ptrdiff_t units = (w.rows + unit - 1) / unit, shares = std::min(units, 4 * pool.threads());
  pool.Run(shares, [&](ptrdiff_t task, ptrdiff_t) {
    const ptrdiff_t first = units * task / shares * unit, end = std::min(w.rows, units * (task + 1) / shares * unit);
    MultiplyRows(w, first, end - first, taken, bias != nullptr ? bias + first : nullptr, y + first, ldy);
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
