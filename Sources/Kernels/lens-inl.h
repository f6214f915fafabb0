// The reductions of one vocabulary tile of the lens; included once per instruction set by Highway's foreach_target.
#if defined(STRATA_LENS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_LENS_INL_H
#undef STRATA_LENS_INL_H
#else
#define STRATA_LENS_INL_H
#endif

#include <hwy/highway.h>

#include <cmath>
#include <cstddef>

#include "fold-inl.h"
#include "lens.h"
#include "map-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

// The model's operations on logits [rows, count] after the product.
void Transform(ptrdiff_t rows, ptrdiff_t count, float scale, float softcap, float *logits, ptrdiff_t ld) {
  if (scale == 1.0f && softcap == 0.0f) return;
  for (ptrdiff_t r = 0; r < rows; ++r) {
    float *row = logits + r * ld;
    for (ptrdiff_t i = 0; i < count; ++i) row[i] *= scale;
    if (softcap != 0.0f) Softcap(row, softcap, count);
  }
}

// exp(x - maximum) of one state's tile, 0 past the end of the vocabulary.
void Weigh(const float *x, float maximum, ptrdiff_t count, float *weights) {
  const SumTag d;
  const SumVector bounds = hn::Set(d, maximum);
  for (ptrdiff_t i = 0; i < kTile; i += kLanes) {
    const auto inside = hn::Lt(hn::Iota(d, static_cast<float>(i)), hn::Set(d, static_cast<float>(count)));
    // Places past the end do not count: their weight is set to zero, not computed from -inf.
    const SumVector below = hn::IfThenElseZero(inside, hn::Sub(hn::LoadU(d, x + i), bounds));
    hn::StoreU(hn::IfThenElseZero(inside, hn::Exp(d, below)), d, weights + i);
  }
}

// Reduces one state's tile of kTile logits, those past the vocabulary -inf; `other` and `likely` are the logits and weights of
// the reference state.
Partial Reduce(const float *x, float maximum, const float *other, const float *likely, ptrdiff_t count) {
  const SumTag d;
  const SumVector bounds = hn::Set(d, maximum);
  SumVector sum[kParts], weighted[kParts], crossed[kParts];
  for (ptrdiff_t p = 0; p < kParts; ++p) sum[p] = weighted[p] = crossed[p] = hn::Zero(d);
  const auto take = [&](ptrdiff_t at, ptrdiff_t p, SumVector logit, SumVector reference, SumVector weight) HWY_ATTR {
    const SumVector below = hn::Sub(logit, bounds);
    sum[p] = hn::Add(sum[p], weight);
    weighted[p] = hn::MulAdd(weight, below, weighted[p]);
    crossed[p] = hn::MulAdd(hn::LoadU(d, likely + at), hn::Sub(reference, logit), crossed[p]);
  };
  ptrdiff_t i = 0;
  for (; i + kSums <= count; i += kSums) {
    for (ptrdiff_t p = 0; p < kParts; ++p) {
      const ptrdiff_t at = i + p * kLanes;
      const SumVector logit = hn::LoadU(d, x + at);
      take(at, p, logit, hn::LoadU(d, other + at), hn::Exp(d, hn::Sub(logit, bounds)));
    }
  }
  for (ptrdiff_t p = 0; i < count && p < kParts; ++p) {
    const ptrdiff_t at = i + p * kLanes;
    const auto inside = hn::Lt(hn::Iota(d, static_cast<float>(at)), hn::Set(d, static_cast<float>(count)));
    const SumVector logit = hn::IfThenElseZero(inside, hn::LoadU(d, x + at));
    const SumVector reference = hn::IfThenElseZero(inside, hn::LoadU(d, other + at));
    take(at, p, logit, reference, hn::IfThenElseZero(inside, hn::Exp(d, hn::Sub(logit, bounds))));
  }
  return {maximum, Fold(sum), Fold(weighted), Fold(crossed)};
}

float TileMaximum(const float *x) {
  const SumTag d;
  SumVector maxima = hn::Set(d, -INFINITY);
  for (ptrdiff_t i = 0; i < kTile; i += kLanes) maxima = hn::Max(maxima, hn::LoadU(d, x + i));
  return hn::GetLane(hn::MaxOfLanes(d, maxima));
}

ptrdiff_t CountGreater(const float *x, ptrdiff_t count, float bound) {
  const SumTag d;
  const SumVector bounds = hn::Set(d, bound);
  ptrdiff_t greater = 0;
  // Places past the vocabulary are -inf and never greater.
  for (ptrdiff_t i = 0; i < count; i += kLanes) {
    greater += static_cast<ptrdiff_t>(hn::CountTrue(d, hn::Gt(hn::LoadU(d, x + i), bounds)));
  }
  return greater;
}

// First place at or after `from` whose logit is at least `bound`; kTile when there is none.
ptrdiff_t NextAtLeast(const float *x, ptrdiff_t from, float bound) {
  const SumTag d;
  const SumVector bounds = hn::Set(d, bound);
  ptrdiff_t i = from;
  for (; i % kLanes != 0; ++i) {
    if (x[i] >= bound) return i;
  }
  for (; i < kTile; i += kLanes) {
    const intptr_t found = hn::FindFirstTrue(d, hn::Ge(hn::LoadU(d, x + i), bounds));
    if (found >= 0) return i + static_cast<ptrdiff_t>(found);
  }
  return kTile;
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
