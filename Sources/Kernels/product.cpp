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
  Tile<1, 1>(a, count, b, count, count, nullptr, &sum, 1);
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

constexpr ptrdiff_t kPanelStep = 12;  // whole tiles of every instruction set
constexpr ptrdiff_t kPanelFloats = 32 * 1024;  // half of a small second-level cache

ptrdiff_t PanelColumns(const strata_matrix &w, ptrdiff_t threads) {
  const ptrdiff_t fitting = kPanelFloats / std::max<ptrdiff_t>(w.columns, 1) / kPanelStep * kPanelStep;
  // Several panels for every thread, so that a slow one does not hold up the rest.
  const ptrdiff_t fair = (w.rows / (4 * threads) + kPanelStep - 1) / kPanelStep * kPanelStep;
  return std::max(kPanelStep, std::min(fitting, fair));
}

void Multiply(strata_pool &pool, const float *x, ptrdiff_t ldx, ptrdiff_t rows_x, const strata_matrix &w,
              const float *bias, float *y, ptrdiff_t ldy) {
  const ptrdiff_t panel = PanelColumns(w, pool.threads());
  pool.Run((w.rows + panel - 1) / panel, [&](ptrdiff_t task, ptrdiff_t) {
    const ptrdiff_t first = task * panel;
    const ptrdiff_t count = std::min(panel, w.rows - first);
    MultiplyRows(w, first, count, x, ldx, rows_x, bias != nullptr ? bias + first : nullptr, y + first, ldy,
                 ThreadScratch());
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
