// The model's own output from its whole logits, in double.
#include "exact.h"

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "summary.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>

#include "include/strata_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The number of partial sums, independent of the width of vector registers: place i adds to sum i modulo eight.
constexpr ptrdiff_t kDoubles = 8;

// Largest logit, NaN when one is not a number.
float Largest(const float *logits, ptrdiff_t count) {
  const hn::CappedTag<float, 16> d;
  const ptrdiff_t lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
  const auto infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  auto maxima = hn::Neg(infinity);
  auto numbers = hn::Eq(infinity, infinity);
  ptrdiff_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto own = hn::LoadU(d, logits + i);
    numbers = hn::And(numbers, hn::Eq(own, own));
    maxima = hn::Max(maxima, own);
  }
  float largest = hn::GetLane(hn::MaxOfLanes(d, maxima));
  bool all = hn::AllTrue(d, numbers);
  for (; i < count; ++i) {
    all = all && !std::isnan(logits[i]);
    if (logits[i] > largest) largest = logits[i];
  }
  return all ? largest : std::numeric_limits<float>::quiet_NaN();
}

// sum of exp(logit - largest)
double SumExp(const float *logits, ptrdiff_t count, float largest) {
  const hn::CappedTag<double, kDoubles> d;
  const hn::Rebind<float, decltype(d)> df;
  const ptrdiff_t lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
  const auto bound = hn::Set(d, static_cast<double>(largest));
  HWY_ALIGN double sums[kDoubles] = {};
  ptrdiff_t i = 0;
  for (ptrdiff_t part = 0; part < kDoubles; part += lanes) {
    auto sum = hn::Zero(d);
    for (i = 0; i + kDoubles <= count; i += kDoubles) {
      const auto own = hn::PromoteTo(d, hn::LoadU(df, logits + i + part));
      sum = hn::Add(sum, hn::Exp(d, hn::Sub(own, bound)));
    }
    hn::Store(sum, d, sums + part);
  }
  for (ptrdiff_t j = 0; i + j < count; ++j) sums[j] += std::exp(static_cast<double>(logits[i + j]) - largest);
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace strata {
namespace {

HWY_EXPORT(Largest);
HWY_EXPORT(SumExp);

strata_output_summary Summarise(const float *logits, ptrdiff_t count) {
  const float largest = HWY_DYNAMIC_DISPATCH(Largest)(logits, count);
  if (std::isnan(largest)) return {0, logits[0], std::numeric_limits<double>::quiet_NaN()};
  strata_output_summary summary = {0, largest, 0};
  while (logits[summary.largest] != largest) ++summary.largest;
  summary.log_sum_exp = largest + std::log(HWY_DYNAMIC_DISPATCH(SumExp)(logits, count, largest));
  return summary;
}

}  // namespace
}  // namespace strata

strata_output_summary strata_summarise(const float *logits, ptrdiff_t count) { return strata::Summarise(logits, count); }

#endif
