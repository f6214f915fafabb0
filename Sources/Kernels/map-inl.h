// A function of one number along a vector; included once per instruction set by Highway's foreach_target.
#if defined(STRATA_MAP_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_MAP_INL_H
#undef STRATA_MAP_INL_H
#else
#define STRATA_MAP_INL_H
#endif

#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// x = f(x) * gated for whole registers; the last few values go through a padded register, so that a value's result
// does not depend on its position in the vector.
template <class Function>
HWY_INLINE void Map(float *x, const float *gated, ptrdiff_t count, Function function) {
  const hn::CappedTag<float, 16> d;
  const ptrdiff_t lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
  ptrdiff_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    auto v = function(d, hn::LoadU(d, x + i));
    if (gated != nullptr) v = hn::Mul(v, hn::LoadU(d, gated + i));
    hn::StoreU(v, d, x + i);
  }
  if (i == count) return;
  float in[16] = {};
  float gate[16] = {};
  for (ptrdiff_t j = i; j < count; ++j) {
    in[j - i] = x[j];
    gate[j - i] = gated != nullptr ? gated[j] : 1.0f;
  }
  hn::StoreU(hn::Mul(function(d, hn::LoadU(d, in)), hn::LoadU(d, gate)), d, in);
  for (ptrdiff_t j = i; j < count; ++j) x[j] = in[j - i];
}

// x = cap * tanh(x / cap); NaN stays NaN, which the vector tanh does not promise.
HWY_INLINE void Softcap(float *x, float cap, ptrdiff_t count) {
  Map(x, nullptr, count, [cap](auto d, auto v) HWY_ATTR {
    const auto capped = hn::Mul(hn::Set(d, cap), hn::Tanh(d, hn::Div(v, hn::Set(d, cap))));
    return hn::IfThenElse(hn::Eq(v, v), capped, v);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
